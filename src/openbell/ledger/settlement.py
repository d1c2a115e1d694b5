"""Trades, fills and what they move by column: the rows that `Projection` makes, in batches of thousands.

What fills do to balances is still done one by one, in the order of the log: a sale's cost depends on what
the fills before it left.
"""

from __future__ import annotations

import numpy as np

from openbell.core import codes
from openbell.ledger import events as ev
from openbell.ledger import tables
from openbell.ledger.balances import (
    A_CASH,
    A_REALISED,
    A_ROLLED,
    A_SEQ,
    CLEARING,
    ERRORS,
    FEES,
    H_COST,
    H_QUANTITY,
    H_REALISED,
    H_ROLLED,
    H_SEQ,
    Accounts,
    CannotApply,
    Holdings,
)
from openbell.ledger.columns import SINGLE, Array, Events, Flags, Ints
from openbell.ledger.cost import cost_of_sale
from openbell.ledger.pgcopy import layout_of as of
from openbell.ledger.pgcopy import pack
from openbell.ledger.projection import Projection

TRADE = {
    "trade": "trade",
    "instrument": "instrument",
    "price": "price",
    "quantity": "quantity",
    "value": "notional",
    "taker_order": "order",
    "taker_account": "account",
    "maker_order": "other_order",
    "maker_account": "other_account",
    "taker_side": "side",
    "eligible": "status",  # 1: eligible, it moves `last`
}
FILL = {
    "account": "account",
    "trade": "trade",
    "order_id": "order",
    "instrument": "instrument",
    "price": "price",
    "quantity": "quantity",
    "value": "observed",
    "fee": "limit",
    "other_order": "other_order",
    "other_account": "other_account",
    "side": "side",
    "liquidity": "reason",
}


class Settlement:
    """What the units of `events` do to balances, and the rows of it.

    Args:
        accounts, holdings, day: as `Projection` takes them; changed in place.

    Attributes:
        single: the rows of the events that are not of trading.
        fills: columns of `tables.fills`.

    Raises:
        CannotApply: an event contradicts the balances, or cannot be taken by column.
    """

    def __init__(self, events: Events, accounts: Accounts, holdings: Holdings, day: int) -> None:
        self.events = events
        self.single = Projection(accounts, holdings, day)
        self.at = events.of(codes.EV_FILL)
        array = events.array[self.at]
        self.fills: dict[str, Ints] = {name: array[field].astype(np.int64) for name, field in FILL.items()}
        self.fills["seq"], self.fills["ts"] = events.seq[self.at], events.ts[self.at]
        self.bought: Flags = self.fills["side"] == codes.BUY
        if (self.fills["account"] <= ERRORS).any():
            raise CannotApply("one of the exchange's own accounts trades")
        self._check_clearing()
        self.realised: list[int] = []
        self._settle_in_order()
        self.fills["realised"] = np.array(self.realised, dtype=np.int64)

    def _check_clearing(self) -> None:
        """What a command takes from buyers and sellers it gives to them, in cash and in each instrument."""
        unit, instrument = self.events.unit[self.at], self.fills["instrument"]
        order = np.lexsort((instrument, unit))
        unit, instrument = unit[order], instrument[order]
        other_unit = np.append(True, unit[1:] != unit[:-1])[: len(unit)]
        other_asset = other_unit | np.append(True, instrument[1:] != instrument[:-1])[: len(unit)]
        for column, begins in (("value", other_unit), ("quantity", other_asset)):
            given = np.where(self.bought, self.fills[column], -self.fills[column])[order]
            if not sums_to_nothing(given, np.flatnonzero(begins)):
                raise CannotApply(f"a command leaves some {column} unmatched between its accounts")

    def _settle_in_order(self) -> None:
        """Fills and the single events, as the log has them."""
        events, single = self.events, self.single
        columns = ("account", "instrument", "side", "quantity", "value", "fee", "seq")
        fills = list(zip(*(self.fills[name].tolist() for name in columns), strict=True))
        at = events.of(*SINGLE)
        begun, unit = 0, -1
        for place, before in zip(at.tolist(), np.searchsorted(self.at, at).tolist(), strict=True):
            self._settle(fills[begun:before])
            begun = before
            if events.unit[place] != unit:
                single.balances.end()
                unit = int(events.unit[place])
                single.begin(events.units[unit])
            single.handle(ev.EVENT.unpack(events.array[place : place + 1].tobytes()))
        single.balances.end()
        self._settle(fills[begun:])

    def _settle(self, fills: list[tuple[int, ...]]) -> None:
        """As `Balances.fill`, of fills that follow each other."""
        balances = self.single.balances
        accounts, holdings, day = balances.accounts, balances.holdings, balances.day
        fees = last_fee = 0
        for account, instrument, side, quantity, value, fee, seq in fills:
            cash = accounts.get(account)
            if cash is None:
                raise CannotApply(f"command {seq} names account {account}, which was never opened")
            holding = holdings.get((account, instrument)) or balances.holding_of(account, instrument)
            if cash[A_ROLLED] != day:
                balances.roll(cash)
            if holding[H_ROLLED] != day:
                balances.roll_holding(holding)
            realised = 0
            if side == codes.BUY:
                cash[A_CASH] -= value + fee
                holding[H_QUANTITY] += quantity
                holding[H_COST] += value
            else:
                held = holding[H_QUANTITY]
                if quantity > held:
                    raise CannotApply(
                        f"command {seq} sells {quantity} of instrument {instrument} from account {account}, "
                        f"which holds {held}"
                    )
                removed = cost_of_sale(holding[H_COST], held, quantity)
                realised = value - removed
                holding[H_QUANTITY] = held - quantity
                holding[H_COST] -= removed
                holding[H_REALISED] += realised
                cash[A_CASH] += value - fee
                cash[A_REALISED] += realised
            if cash[A_CASH] < 0:
                raise CannotApply(f"account {account} would have {cash[A_CASH]} of cash after command {seq}")
            cash[A_SEQ] = holding[H_SEQ] = seq
            if fee:
                fees, last_fee = fees + fee, seq
            self.realised.append(realised)
        if last_fee:
            row = balances.account_of(FEES)
            balances.roll(row)
            row[A_CASH] += fees
            row[A_SEQ] = last_fee

    # --- rows ---------------------------------------------------------------------------------

    def trade_rows(self) -> bytes:
        at = self.events.of(codes.EV_TRADE)
        array: Array = self.events.array[at]
        columns = {name: array[field].astype(np.int64) for name, field in TRADE.items()}
        return pack(of("trades"), columns | {"seq": self.events.seq[at], "ts": self.events.ts[at]})

    def fill_rows(self) -> bytes:
        return pack(of("fills"), self.fills)

    def entry_rows(self) -> bytes:
        """The legs of the fills, then those of the single events."""
        fills, bought = self.fills, self.bought
        count = len(bought)
        fee, value = fills["fee"], fills["value"]
        legs = {name: np.empty((count, 3), np.int64) for name, _ in of("entries")}
        legs["seq"][:] = fills["seq"][:, None]
        legs["ts"][:] = fills["ts"][:, None]
        legs["index"][:] = self.events.array["index"][self.at][:, None]
        legs["leg"][:] = (0, 1, 2)
        legs["kind"][:] = (tables.KIND_TRADE, tables.KIND_TRADE, tables.KIND_FEE)
        buyer = np.where(bought, fills["account"], CLEARING)
        seller = np.where(bought, CLEARING, fills["account"])
        cash, fees = np.full(count, tables.CASH), np.full(count, FEES)
        legs["asset"] = np.stack((cash, fills["instrument"], cash), axis=1)
        legs["debit"] = np.stack((buyer, seller, fills["account"]), axis=1)
        legs["credit"] = np.stack((seller, buyer, fees), axis=1)
        legs["amount"] = np.stack((value, fills["quantity"], fee), axis=1)
        # A fill of a few hundred-millionths can be worth less than the smallest unit of cash.
        there = np.stack((value != 0, np.ones(count, bool), fee != 0), axis=1).ravel()
        rest = np.array(self.single.balances.entries, dtype=np.int64).reshape(-1, len(of("entries")))
        columns = {
            name: np.concatenate((legs[name].ravel()[there], rest[:, place]))
            for place, (name, _) in enumerate(of("entries"))
        }
        return pack(of("entries"), columns)


def sums_to_nothing(numbers: Ints, begins: Ints) -> bool:
    """Whether each run of `numbers`, which begin at `begins`, has the sum 0; exact beyond 64 bits too."""
    if not len(numbers):
        return True
    high = np.add.reduceat(numbers >> 32, begins)
    low = np.add.reduceat(numbers & 0xFFFFFFFF, begins)
    return not (low & 0xFFFFFFFF).any() and not (high + (low >> 32)).any()
