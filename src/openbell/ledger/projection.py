"""From units of the event stream to rows: what each event means for orders, balances and the books.

Nothing here reads or writes a database: the store loads the balances that a batch touches, this applies
the events to them in order, and the store writes what came out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from openbell.core import codes
from openbell.ledger import events as ev
from openbell.ledger import tables
from openbell.ledger.cost import cost_of_sale
from openbell.ledger.events import EventTuple

# What moves cash and shares outside of trading: command type -> kind of entry.
MOVEMENT_KINDS = {
    codes.C_DEPOSIT: tables.KIND_DEPOSIT,
    codes.C_WITHDRAW: tables.KIND_WITHDRAWAL,
    codes.C_TRANSFER: tables.KIND_TRANSFER,
    codes.C_ISSUE: tables.KIND_ISSUE,
    codes.C_OPEN_ACCOUNT: tables.KIND_GRANT,
    codes.C_CLOSE_ACCOUNT: tables.KIND_CLOSING,
}
CLEARING = 1
FEES = 2
ERRORS = 3

# Places in a balance's and in an order's row (the order of their tables' columns).
A_CASH, A_REALISED, A_REALM, A_SEQ, A_KIND, A_STATUS = 1, 2, 3, 5, 6, 7
H_QUANTITY, H_COST, H_REALISED, H_SEQ = 2, 3, 4, 5
O_PRICE, O_QUANTITY, O_FILLED, O_LEAVES, O_NOTIONAL, O_SEQ, O_UPDATED = 3, 4, 5, 6, 7, 10, 12
O_STATUS, O_REASON = 16, 17
# Columns of an order that a later event changes, in a change's row after the order's id.
CHANGED = ("price", "quantity", "filled", "leaves", "notional", "seq", "updated_ts", "status", "reason")
C_PRICE = 1
KEEP = -1  # a change's price when the event does not name the order's: as it was

AccountRow = list[int]
HoldingRow = list[int]
Accounts = dict[int, AccountRow]
Holdings = dict[tuple[int, int], HoldingRow]


class CannotApply(Exception):
    """An event contradicts what the ledger holds; the ledger stops before it and changes nothing more."""


class UnitLike(Protocol):
    """What the projection needs of a unit: one command and its events."""

    @property
    def seq(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def command(self) -> bytes: ...
    @property
    def events(self) -> bytes: ...


def touched(units: Iterable[UnitLike]) -> tuple[set[int], set[tuple[int, int]]]:
    """The accounts, and the (account, instrument) holdings, whose balances these units change."""
    accounts: set[int] = set()
    holdings: set[tuple[int, int]] = set()
    for unit in units:
        for event in ev.unpack(unit.events):
            kind = event[ev.TYPE]
            if kind == codes.EV_FILL:
                accounts.add(event[ev.ACCOUNT])
                holdings.add((event[ev.ACCOUNT], event[ev.INSTRUMENT]))
                if event[ev.LIMIT]:
                    accounts.add(FEES)
            elif kind in (codes.EV_CASH, codes.EV_ACCOUNT):
                accounts.add(event[ev.ACCOUNT])
            elif kind == codes.EV_SHARES:
                holdings.add((event[ev.ACCOUNT], event[ev.INSTRUMENT]))
    return accounts, holdings


class Projection:
    """The rows that a batch of units makes, starting from the balances it touches.

    Args:
        accounts: the touched accounts that exist, as rows of `tables.accounts`; changed in place.
        holdings: the touched holdings that exist, as rows of `tables.holdings`; changed in place.
    """

    def __init__(self, accounts: Accounts, holdings: Holdings) -> None:
        self.accounts = accounts
        self.holdings = holdings
        self.orders: dict[int, list[int | str]] = {}
        self.changes: dict[int, list[int]] = {}
        self.trades: list[tuple[int, ...]] = []
        self.fills: list[tuple[int, ...]] = []
        self.entries: list[tuple[int, ...]] = []
        self.instruments: dict[int, list[int | str]] = {}
        self.suspensions: dict[int, tuple[int, int]] = {}
        self.days: list[tuple[int, ...]] = []
        self.closes: list[tuple[int, ...]] = []
        self.seq = 0
        self.ts = 0
        self.command = b""
        self.open_legs: dict[int, int] = {}
        self.handlers = {
            codes.EV_ACCEPTED: self.order_entered,
            codes.EV_REJECTED: self.order_entered,
            codes.EV_TRADE: self.trade,
            codes.EV_FILL: self.fill,
            codes.EV_CANCELLED: self.order_ended,
            codes.EV_EXPIRED: self.order_ended,
            codes.EV_MODIFIED: self.order_modified,
            codes.EV_ACCOUNT: self.account,
            codes.EV_CASH: self.cash,
            codes.EV_SHARES: self.shares,
            codes.EV_INSTRUMENT: self.instrument,
            codes.EV_CLOSE: self.close,
            codes.EV_DAY: self.day,
        }

    def apply(self, unit: UnitLike) -> None:
        """Apply one command's events.

        Raises:
            CannotApply: an event contradicts the balances or orders, or is of an unknown type.
        """
        self.seq, self.ts, self.command = unit.seq, unit.ts, unit.command
        handlers = self.handlers
        for event in ev.unpack(unit.events):
            kind = event[ev.TYPE]
            if kind == codes.EV_LEVEL or kind == codes.EV_REFUSED:
                continue  # a level is market data; a refused command moved nothing
            handler = handlers.get(kind)
            if handler is None:
                raise CannotApply(
                    f"event {event[ev.INDEX]} of command {unit.seq} has the unknown type {kind}"
                )
            handler(event)
        if self.open_legs:
            self.check_legs()

    def check_legs(self) -> None:
        """What a command took from accounts, it gave to accounts: nothing stays with clearing."""
        for asset, left in self.open_legs.items():
            if left:
                what = "cash" if asset == tables.CASH else f"instrument {asset}"
                raise CannotApply(
                    f"command {self.seq} leaves {left} of {what} unmatched between its accounts"
                )
        self.open_legs.clear()

    # --- orders -------------------------------------------------------------------------------

    def order_entered(self, event: EventTuple) -> None:
        account = event[ev.ACCOUNT]
        if account >> 63:  # no such account can exist; its 64 bits are kept for the audit, as a negative
            account -= 1 << 64
        self.orders[event[ev.ORDER]] = [
            event[ev.ORDER],
            account,
            event[ev.INSTRUMENT],
            event[ev.PRICE],
            event[ev.QUANTITY],
            0,
            event[ev.LEAVES],
            0,
            event[ev.LIMIT],
            event[ev.OBSERVED],
            self.seq,
            self.ts,
            self.ts,
            event[ev.SIDE],
            event[ev.ORDER_TYPE],
            event[ev.TIF],
            event[ev.STATUS],
            event[ev.REASON],
            event[ev.CODE],
            ev.client_id(self.command),
        ]

    def order_changed(self, event: EventTuple, quantity: int, leaves: int, price: int, reason: int) -> None:
        row = self.orders.get(event[ev.ORDER])
        if row is None:
            change = self.changes.get(event[ev.ORDER])
            if change is not None and price == KEEP:
                price = change[C_PRICE]
            self.changes[event[ev.ORDER]] = [
                event[ev.ORDER],
                price,
                quantity,
                event[ev.FILLED],
                leaves,
                event[ev.NOTIONAL],
                self.seq,
                self.ts,
                event[ev.STATUS],
                reason,
            ]
            return
        if price != KEEP:
            row[O_PRICE] = price
        row[O_QUANTITY] = quantity
        row[O_FILLED] = event[ev.FILLED]
        row[O_LEAVES] = leaves
        row[O_NOTIONAL] = event[ev.NOTIONAL]
        row[O_SEQ] = self.seq
        row[O_UPDATED] = self.ts
        row[O_STATUS] = event[ev.STATUS]
        row[O_REASON] = reason

    def order_ended(self, event: EventTuple) -> None:
        self.order_changed(event, event[ev.QUANTITY], 0, event[ev.PRICE], event[ev.REASON])

    def order_modified(self, event: EventTuple) -> None:
        self.order_changed(event, event[ev.QUANTITY], event[ev.LEAVES], event[ev.PRICE], codes.WHY_NONE)

    # --- trades -------------------------------------------------------------------------------

    def trade(self, event: EventTuple) -> None:
        self.trades.append(
            (
                event[ev.TRADE],
                self.seq,
                self.ts,
                event[ev.INSTRUMENT],
                event[ev.PRICE],
                event[ev.QUANTITY],
                event[ev.NOTIONAL],
                event[ev.ORDER],
                event[ev.ACCOUNT],
                event[ev.OTHER_ORDER],
                event[ev.OTHER_ACCOUNT],
                event[ev.SIDE],
                event[ev.STATUS],  # 1: eligible, it moves `last`
            )
        )

    def fill(self, event: EventTuple) -> None:
        account, instrument = event[ev.ACCOUNT], event[ev.INSTRUMENT]
        quantity, value, fee = event[ev.QUANTITY], event[ev.OBSERVED], event[ev.LIMIT]
        total = event[ev.FILLED] + event[ev.LEAVES]
        self.order_changed(event, total, event[ev.LEAVES], KEEP, codes.WHY_NONE)
        cash = self.account_of(account)
        holding = self.holding_of(account, instrument)
        realised = 0
        if event[ev.SIDE] == codes.BUY:
            cash[A_CASH] -= value + fee
            holding[H_QUANTITY] += quantity
            holding[H_COST] += value
            self.pay(event, account, CLEARING, value, CLEARING, account, quantity)
        else:
            realised = value - self.take_cost(holding, quantity)
            cash[A_CASH] += value - fee
            cash[A_REALISED] += realised
            holding[H_REALISED] += realised
            self.pay(event, CLEARING, account, value, account, CLEARING, quantity)
        cash[A_SEQ] = holding[H_SEQ] = self.seq
        if fee:
            self.charge(event, account, fee)
        if cash[A_CASH] < 0 and account != ERRORS:
            raise CannotApply(f"account {account} would have {cash[A_CASH]} of cash after command {self.seq}")
        self.fills.append(
            (
                account,
                self.ts,
                event[ev.TRADE],
                event[ev.ORDER],
                self.seq,
                instrument,
                event[ev.PRICE],
                quantity,
                value,
                fee,
                realised,
                event[ev.OTHER_ORDER],
                event[ev.OTHER_ACCOUNT],
                event[ev.SIDE],
                event[ev.REASON],
            )
        )

    def take_cost(self, holding: HoldingRow, quantity: int) -> int:
        """Take `quantity` shares out of a holding; returns the part of its cost that goes with them."""
        if quantity > holding[H_QUANTITY]:
            raise CannotApply(
                f"command {self.seq} sells {quantity} of instrument {holding[1]} from account {holding[0]}, "
                f"which holds {holding[H_QUANTITY]}"
            )
        removed = cost_of_sale(holding[H_COST], holding[H_QUANTITY], quantity)
        holding[H_QUANTITY] -= quantity
        holding[H_COST] -= removed
        return removed

    def pay(
        self,
        event: EventTuple,
        payer: int,
        payee: int,
        value: int,
        giver: int,
        taker: int,
        quantity: int,
    ) -> None:
        """Post a fill: cash one way and shares the other, between an account and clearing."""
        index, instrument = event[ev.INDEX], event[ev.INSTRUMENT]
        if value:  # a fill of a few hundred-millionths can be worth less than the smallest unit of cash
            self.entries.append(
                (self.seq, index, 0, tables.KIND_TRADE, self.ts, tables.CASH, payer, payee, value)
            )
        self.entries.append(
            (self.seq, index, 1, tables.KIND_TRADE, self.ts, instrument, giver, taker, quantity)
        )
        sign = 1 if payee == CLEARING else -1
        legs = self.open_legs
        legs[tables.CASH] = legs.get(tables.CASH, 0) + sign * value
        legs[instrument] = legs.get(instrument, 0) - sign * quantity

    def charge(self, event: EventTuple, account: int, fee: int) -> None:
        """Post a fill's fee, already part of the account's cash."""
        fees = self.account_of(FEES)
        fees[A_CASH] += fee
        fees[A_SEQ] = self.seq
        self.entries.append(
            (self.seq, event[ev.INDEX], 2, tables.KIND_FEE, self.ts, tables.CASH, account, FEES, fee)
        )

    # --- accounts -----------------------------------------------------------------------------

    def account_of(self, account: int) -> AccountRow:
        row = self.accounts.get(account)
        if row is None:
            raise CannotApply(f"command {self.seq} names account {account}, which was never opened")
        return row

    def holding_of(self, account: int, instrument: int) -> HoldingRow:
        row = self.holdings.get((account, instrument))
        if row is None:
            row = self.holdings[account, instrument] = [account, instrument, 0, 0, 0, 0]
        return row

    def account(self, event: EventTuple) -> None:
        number, status = event[ev.ACCOUNT], event[ev.STATUS]
        opens = ev.command_type(self.command) == codes.C_OPEN_ACCOUNT
        if opens == (number in self.accounts):
            was = "already open" if opens else "never opened"
            raise CannotApply(f"command {self.seq} changes account {number}, which was {was}")
        if opens:
            kind, realm = event[ev.ORDER_TYPE], ev.realm_of(self.command)
            self.accounts[number] = [number, 0, 0, realm, self.ts, self.seq, kind, status]
            return
        row = self.accounts[number]
        row[A_STATUS], row[A_SEQ] = status, self.seq

    def movement_kind(self, event: EventTuple) -> int:
        kind = MOVEMENT_KINDS.get(event[ev.REASON])
        if kind is None:
            raise CannotApply(
                f"command {self.seq} moves cash or shares for the unknown cause {event[ev.REASON]}"
            )
        return kind

    def cash(self, event: EventTuple) -> None:
        row, amount = self.account_of(event[ev.ACCOUNT]), event[ev.QUANTITY]
        row[A_CASH] += amount
        row[A_SEQ] = self.seq
        if row[A_CASH] != event[ev.NOTIONAL]:
            raise CannotApply(
                f"account {row[0]} has {row[A_CASH]} of cash after command {self.seq}; "
                f"the exchange says {event[ev.NOTIONAL]}"
            )
        self.move(event, tables.CASH, amount)

    def shares(self, event: EventTuple) -> None:
        row = self.holding_of(event[ev.ACCOUNT], event[ev.INSTRUMENT])
        row[H_QUANTITY] += event[ev.QUANTITY]
        row[H_COST] += event[ev.NOTIONAL]
        row[H_SEQ] = self.seq
        if row[H_QUANTITY] < 0 or row[H_COST] < 0:
            raise CannotApply(
                f"account {row[0]} would hold {row[H_QUANTITY]} of instrument {row[1]} "
                f"at a cost of {row[H_COST]} after command {self.seq}"
            )
        self.move(event, event[ev.INSTRUMENT], event[ev.QUANTITY])

    def move(self, event: EventTuple, asset: int, amount: int) -> None:
        """Post cash or shares that an account gave to, or got from, another one or the outside.

        Between two accounts there are two events; the giver's is the entry, and both must cancel out.
        """
        kind, account, other = self.movement_kind(event), event[ev.ACCOUNT], event[ev.OTHER_ACCOUNT]
        if other != tables.OUTSIDE:
            self.open_legs[asset] = self.open_legs.get(asset, 0) + amount
            if amount > 0:
                return
        if amount:
            giver, taker = (account, other) if amount < 0 else (other, account)
            self.entries.append(
                (self.seq, event[ev.INDEX], 0, kind, self.ts, asset, giver, taker, abs(amount))
            )

    # --- instruments and days -----------------------------------------------------------------

    def instrument(self, event: EventTuple) -> None:
        number, status = event[ev.INSTRUMENT], event[ev.STATUS]
        if status == codes.LISTED:
            realm, symbol = ev.realm_of(self.command), ev.symbol_of(self.command)
            price = event[ev.PRICE]
            self.instruments[number] = [number, price, realm, self.seq, self.ts, status, symbol]
        elif number in self.instruments:
            self.instruments[number][5] = status
        else:
            self.suspensions[number] = (number, status)

    def close(self, event: EventTuple) -> None:
        self.closes.append((event[ev.QUANTITY], event[ev.INSTRUMENT], event[ev.PRICE], event[ev.NOTIONAL]))

    def day(self, event: EventTuple) -> None:
        self.days.append((event[ev.QUANTITY], self.seq, self.ts))
