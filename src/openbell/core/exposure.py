"""Exposure: what an account's, and a firm's, open orders are worth at their limits, both sides added up.

It is kept only for accounts that a limit of it was set for, and for all accounts of firms.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.numbers import value_up
    from openbell.core.rulebook import WATCH_EXPOSURE
    from openbell.core.state import NIL
    from openbell.core.types import CASH_TOP, i64


class Exposure:
    """Keeps each order's part, and the sums, exact."""

    def __init__(self, memory: Any) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.rows = memory["tickets"]
        self.charges = memory["charges"]
        self.own = memory["limits"]
        self.firms = memory["firm_limits"]

    def value(self, t: i64) -> i64:
        """What the order's open part is worth at its limit."""
        return value_up(self.rows[t].price, self.rows[t].quantity - self.rows[t].filled)

    def update(self, t: i64, over: bool) -> None:
        """The order changed, or (`over`) ended; its account's exposure is kept."""
        a: i64 = self.rows[t].account
        value: i64 = 0 if over else self.value(t)
        change: i64 = value - self.charges[t].exposure
        self.charges[t].exposure = value
        self.own[a].exposure += change
        f: i64 = self.accounts[a].firm
        if f != 0:
            self.firms[f].exposure += change

    def kept(self, a: i64) -> bool:
        return ((self.accounts[a].watch | self.scalars[0].watch) & WATCH_EXPOSURE) != 0

    def total(self, a: i64) -> i64:
        """The sum over an account's open orders, or -1 if it is above CASH_TOP."""
        total: i64 = 0
        t: i64 = self.accounts[a].work_head
        while t != NIL:
            total += self.value(t)
            if total > CASH_TOP:
                return -1
            t = self.rows[t].next
        return total

    def keep(self, a: i64) -> None:
        """From now on an account's exposure is kept; it was not, and its total is in range."""
        t: i64 = self.accounts[a].work_head
        while t != NIL:
            self.update(t, False)
            t = self.rows[t].next
