"""The recorded flow of the core's measurement, as our commands and as messages for the books alone.

The flow's records and the plain-Python book that defines what each must do lie outside the repository,
in a folder with `wire.py` and `pybook.py` (columns in its README).
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

from openbell.core import codes, records, state

PRICE = 100  # flow prices are cents; ours are 1/10,000 USD
SHARE = records.QUANTITY_SCALE
START_NS = 1_700_000_000_000_000_000
CASH = 39 * 10**12  # per account: above its dearest market order; in all, below the most there can be
HOUSE = records.FIRST_ACCOUNT
COLLAR = 90_000_000  # basis points: a market order crosses at any price
NEW, CANCEL, MODIFY = 1, 2, 3


class Peer:
    """The plain-Python book's run over a flow: its time, its trades, its final books."""

    def __init__(self, folder: Path, flow: bytes, symbols: int) -> None:
        self.wire, self.book = load(folder, "wire"), load(folder, "pybook")
        self.exchange = self.book.Exchange(symbols)
        started = time.perf_counter()
        self.exchange.run(flow)
        self.seconds = time.perf_counter() - started

    def trades(self) -> list[tuple[int, int, int, int, int]]:
        """Sequence, taker, maker, price and quantity of each trade, in order."""
        kind = self.wire.TRADE
        rows = self.wire.EVT.iter_unpack(self.exchange.out)
        return [(e[0], e[1], e[2], e[3], e[4]) for e in rows if e[8] == kind]

    def books(self, symbol: int) -> list[list[list[tuple[int, int]]]]:
        """Both sides of one final book: per price, worst first, each order's id and open size."""
        sides = []
        for ladder in self.exchange.books[symbol].sides:
            levels = []
            for key in ladder.keys:
                queue, order = [], ladder.levels[key * ladder.sign].head
                while order is not None:
                    queue.append((order.id, order.qty))
                    order = order.next
                levels.append(queue)
            sides.append(levels)
        return sides


def load(folder: Path, name: str) -> ModuleType:
    """A module of the flow's folder."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return __import__(name)


class Flow:
    """One flow with what its conversion needs: totals for modifies, shares to sell, our order ids."""

    def __init__(self, rows: list[tuple[Any, ...]], trades: list[tuple[int, int, int, int, int]]) -> None:
        self.rows = rows
        self.symbols = 1 + max(row[6] for row in rows)
        self.sold: dict[tuple[int, int], int] = defaultdict(int)
        self.accounts = 1 + max(row[2] for row in rows)
        self.traded = {(row[2], row[6]) for row in rows}
        self.totals = self.modify_totals(trades)
        self.first = 0  # log position of the flow's first command, set by `commands`
        self.position: dict[int, int] = {}

    def modify_totals(self, trades: list[tuple[int, int, int, int, int]]) -> dict[int, int]:
        """New total quantity of each modify (by sequence): filled so far plus what shall remain."""
        filled: dict[int, int] = defaultdict(int)
        totals, at = {}, 0
        owner: dict[int, tuple[int, int, int]] = {}
        for seq, order, account, _, quantity, _, symbol, kind, side, *_ in self.rows:
            while at < len(trades) and trades[at][0] < seq:
                filled[trades[at][1]] += trades[at][4]
                filled[trades[at][2]] += trades[at][4]
                at += 1
            if kind == NEW:
                owner[order] = (account, symbol, side)
                if side == codes.SELL:
                    self.sold[account, symbol] += quantity
            elif kind == MODIFY:
                totals[seq] = filled[order] + quantity
                if owner[order][2] == codes.SELL:
                    self.sold[owner[order][:2]] += quantity
        return totals

    def genesis(self) -> bytes:
        """Capacities that this flow fits into."""
        body = records.Genesis(
            rules=records.RULES_VERSION,
            accounts=self.accounts + 16,
            instruments=self.symbols,
            positions=len(self.traded) + self.symbols,
            orders=1 << 18,
            ended_orders=len(self.rows),
            requests=len(self.rows),
            levels=4096,
            open_orders_per_account=100_000,
            ended_per_account=10_000,
            slice=1024,
            request_ttl_ns=86_400 * 10**9,
            order_quantity_max=records.QUANTITY_MAX,
            order_value_max=records.NOTIONAL_MAX,
        )
        return bytes(records.pack(codes.C_GENESIS, bytes(body), seq=1, ts=START_NS))

    def listing(self) -> list[bytearray]:
        """Commands that list the symbols, with protections off."""
        made = []
        for n in range(self.symbols):
            low, high = records.symbol_words(f"S{n}")
            body = records.List(
                symbol_low=low,
                symbol_high=high,
                tick_size=1,
                lot_size=1,
                reference_price=10_000 * PRICE,
                last_lot=SHARE,
                market_collar=COLLAR,
                limit_collar=COLLAR,
                flags=codes.PROTECTIONS_OFF,
            )
            made.append(records.pack(codes.C_LIST, bytes(body)))
        return made

    def funding(self) -> list[bytearray]:
        """Commands that open every account with cash and give each the shares it will sell."""
        made = []
        body = bytes(records.OpenAccount(kind=codes.KIND_USER))
        cash = bytes(records.Amount(amount=CASH))
        for account in range(self.accounts):
            made.append(records.pack(codes.C_OPEN_ACCOUNT, body))
            made.append(records.pack(codes.C_DEPOSIT, cash, account=HOUSE + account))
        for (account, symbol), quantity in self.sold.items():
            shares = bytes(records.Issue(quantity=quantity * SHARE, price=PRICE))
            made.append(records.pack(codes.C_ISSUE, shares, account=HOUSE + account, instrument=symbol))
        return made

    def commands(self, first: int) -> bytes:
        """The flow as sequenced command records from log position `first`, each with a request key."""
        self.first = first
        made = bytearray()
        for offset, row in enumerate(self.rows):
            if row[7] == NEW:
                self.position[row[1]] = first + offset
            made += self.command(first + offset, row)
        return bytes(made)

    def command(self, seq: int, row: tuple[Any, ...]) -> bytes:
        _, order, account, price, quantity, ts, symbol, kind, side, order_type, tif, _ = row
        head = {
            "seq": seq,
            "ts": START_NS + ts,
            "account": HOUSE + account,
            "instrument": symbol,
            "key_low": row[0] * 0x9E3779B97F4A7C15 & (1 << 64) - 1,
            "key_high": row[0],
        }
        if kind == NEW:
            body = records.NewOrder(
                price=price * PRICE,
                quantity=quantity * SHARE,
                display=-1,
                side=side,
                order_type=codes.MARKET if order_type else codes.LIMIT,
                tif=(codes.GTC, codes.IOC, codes.FOK)[tif],
            )
            return bytes(records.pack(codes.C_NEW_ORDER, bytes(body), **head))
        number = self.number(order)
        if kind == CANCEL:
            return bytes(records.pack(codes.C_CANCEL, bytes(records.Cancel(order=number)), **head))
        change = records.Modify(
            order=number,
            price=price * PRICE,
            quantity=self.totals[row[0]] * SHARE,
            if_filled=-1,
            flags=codes.SET_PRICE | codes.SET_QUANTITY,
        )
        return bytes(records.pack(codes.C_MODIFY, bytes(change), **head))

    def number(self, order: int) -> int:
        """Our id of the flow's order."""
        return records.make_id(0, self.position[order])

    def messages(self) -> Any:
        """The flow as messages for the books alone; call `commands` first."""
        made = (state.Message * len(self.rows))()
        for offset, row in enumerate(self.rows):
            _, order, account, price, quantity, _, symbol, kind, side, order_type, tif, _ = row
            message = made[offset]
            message.cause = self.first + offset
            message.order = self.number(order)
            message.account = HOUSE + account
            message.other_account = HOUSE + account  # its owner
            message.instrument = symbol
            message.side = side
            message.limit = -1
            message.reason = codes.WHY_USER
            message.kind = {NEW: state.M_ENTER, CANCEL: state.M_CANCEL, MODIFY: state.M_MODIFY}[kind]
            message.price = price * PRICE
            message.quantity = quantity * SHARE
            if kind == NEW:
                message.order_type = codes.MARKET if order_type else codes.LIMIT
                message.tif = (codes.GTC, codes.IOC, codes.FOK)[tif]
                if order_type:
                    message.price = records.PRICE_MAX if side == codes.BUY else 1
            elif kind == MODIFY:
                message.quantity = self.totals[row[0]] * SHARE
                message.flags = codes.SET_PRICE | codes.SET_QUANTITY
        return made
