"""A MARKET order for so much money in the book: at each level the most lots that what is left pays for."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books

if not cython.compiled:
    from openbell.core.codes import E_OK, MARKET
    from openbell.core.numbers import lots_for, value_up
    from openbell.core.state import M_REFUSED
    from openbell.core.types import i64


class Spending:
    """Enters such an order: it trades and ends, and never rests."""

    def __init__(self, memory: Any, books: Books) -> None:
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.events = memory["events"]
        self.inbox = books.inbox
        self.books = books

    def enter(self, i: i64, n: i64, code: i64) -> None:
        """Take the order in message `i`; `code` is what the phase says to it."""
        side: i64 = self.inbox[i].side
        price: i64 = self.inbox[i].price
        self.books.cause = self.inbox[i].cause
        self.books.leaves = 0
        self.books.filled = 0
        if code == E_OK:
            code = self.books.checks.check(n, side, MARKET, price, 0)
        if code != E_OK:
            self.books.refuse(i, M_REFUSED, code)
            return
        price = self.books.bands.clip(n, side, price)
        self.books.accept(i, n, side, price)
        self.events[self.books.outbox.count - 1].notional = self.inbox[i].leaves
        self.books.reprice(i, price)
        self.books.take_on(i)
        self.spend(i, n, side, price)

    def spend(self, i: i64, n: i64, side: i64, price: i64) -> None:
        """Done when it got what it could pay for at a level; else it goes on while a lot is affordable."""
        budget: i64 = self.inbox[i].value
        extra: i64 = self.inbox[i].limit
        passed: i64 = 0
        while True:
            level: i64 = self.books.ladder.at(n, 1 - side, passed)
            if level < 0 or not self.books.rehearsal.crosses(side, price, self.levels[level].price):
                break
            at: i64 = self.levels[level].price
            lots: i64 = min(lots_for(budget, at + extra, 1), self.inbox[i].quantity - self.books.filled)
            lots -= lots % self.instruments[n].lot_size
            if lots == 0:
                break
            spent: i64 = self.instruments[n].day_notional
            filled: i64 = self.books.filled
            self.books.leaves = lots
            passed += self.books.sweep(n, side, level, at)
            budget -= self.instruments[n].day_notional - spent + value_up(extra, self.books.filled - filled)
            if self.books.leaves == 0:
                self.books.end_cut(i)
                return
        self.books.end(i, self.books.bands.why_left(n, side, price, MARKET))
