"""Orders that wait outside the ladders: MARKET orders for an auction, CLS orders for the closing one.

A list is a level without a price, first in, first out. It is there as long as an order is in it, so that
levels never run out: there are as many of them as orders.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import BUY, SELL
    from openbell.core.state import NIL
    from openbell.core.types import CLOSES, i64


class Lists:
    """The lists of all instruments: `which` is BUY or SELL for market orders, CLOSES for CLS orders."""

    def __init__(self, memory: Any) -> None:
        self.scalars = memory["scalars"]
        self.schedules = memory["schedules"]
        self.levels = memory["levels"]

    def find(self, n: i64, which: i64) -> i64:
        """The list's level, or NIL."""
        if which == BUY:
            return self.schedules[n].buys
        if which == SELL:
            return self.schedules[n].sells
        return self.schedules[n].closes

    def count(self, n: i64) -> i64:
        """How many lists an instrument has now."""
        count: i64 = 0
        which: i64
        for which in range(BUY, CLOSES + 1):
            if self.find(n, which) != NIL:
                count += 1
        return count

    def open(self, n: i64, which: i64) -> i64:
        """The list's level, made if need be."""
        level: i64 = self.find(n, which)
        if level != NIL:
            return level
        level = self.scalars[0].level_free
        if level != NIL:
            self.scalars[0].level_free = self.levels[level].head
        else:
            level = self.scalars[0].level_used
            self.scalars[0].level_used = level + 1
        self.levels[level].price = 0
        self.levels[level].quantity = 0
        self.levels[level].head = NIL
        self.levels[level].tail = NIL
        self.levels[level].orders = 0
        self.levels[level].shaded = 0
        self.put(n, which, level)
        return level

    def drop(self, n: i64, level: i64) -> None:
        """Remove an empty list."""
        self.put(n, self.which(n, level), NIL)
        self.levels[level].head = self.scalars[0].level_free
        self.scalars[0].level_free = level

    def which(self, n: i64, level: i64) -> i64:
        """Which of the instrument's lists a level is."""
        if self.schedules[n].buys == level:
            return BUY
        return SELL if self.schedules[n].sells == level else CLOSES

    def put(self, n: i64, which: i64, level: i64) -> None:
        if which == BUY:
            self.schedules[n].buys = level
        elif which == SELL:
            self.schedules[n].sells = level
        else:
            self.schedules[n].closes = level
