"""MODIFY of orders that rest: another price, size or display, whole or not at all."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books

if not cython.compiled:
    from openbell.core.codes import (
        E_FILLED_SINCE,
        E_OK,
        E_UNSUPPORTED,
        IN_CONTINUOUS,
        PRIORITY_KEPT,
        SET_DISPLAY,
        SET_PRICE,
        SET_QUANTITY,
        UNCHANGED,
        WHY_USER,
    )
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import M_MODIFIED, M_NOT_FOUND, M_NOT_MODIFIED
    from openbell.core.types import i64


class Changes:
    """The book's part of a MODIFY; what waits for a stop price is `floor.py`'s."""

    def __init__(self, memory: Any, books: Books) -> None:
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.books = books
        self.inbox = books.inbox
        self.letters = books.letters

    def modify(self, i: i64) -> None:
        slot: i64 = self.books.queue.find(self.inbox[i].order)
        if slot < 0:
            self.books.refuse(i, M_NOT_FOUND, E_OK)
            return
        filled: i64 = self.orders[slot].filled
        if self.inbox[i].limit >= 0 and self.inbox[i].limit != filled:
            self.books.checks.limit = self.inbox[i].limit
            self.books.checks.observed = filled
            self.books.refuse(i, M_NOT_MODIFIED, E_FILLED_SINCE)
            return
        if self.orders[slot].flags & B_GROUPED and not self.books.legs.kin.rests(slot):
            self.books.checks.limit = 0
            self.books.checks.observed = 0
            self.books.refuse(i, M_NOT_MODIFIED, E_UNSUPPORTED)  # it does not work yet
            return
        self.books.leaves = self.books.hidden.left(slot)
        price: i64 = self.orders[slot].price
        total: i64 = filled + self.books.leaves
        if self.inbox[i].flags & SET_PRICE:
            price = self.inbox[i].price
        if self.inbox[i].flags & SET_QUANTITY:
            total = self.inbox[i].quantity
        if total <= filled:
            self.books.hidden.remove(slot)
            self.books.queue.forget(slot)
            self.books.end(i, WHY_USER)
            return
        self.replace(i, slot, price, total - filled)

    def replace(self, i: i64, slot: i64, price: i64, leaves: i64) -> None:
        """Give the resting order at `slot` a price, an open size and a display, whole or not at all."""
        n: i64 = self.orders[slot].instrument
        side: i64 = self.orders[slot].side
        display: i64 = self.books.hidden.display(slot)
        same: bool = price == self.orders[slot].price
        if self.inbox[i].flags & SET_DISPLAY and self.inbox[i].value != display:
            display = self.inbox[i].value
            same = False
        kept: bool = same and leaves <= self.books.leaves
        unchanged: bool = same and leaves == self.books.leaves
        code: i64 = (
            E_OK if unchanged else self.books.checks.change(slot, n, side, kept, price, leaves, display)
        )
        if code != E_OK:
            self.books.refuse(i, M_NOT_MODIFIED, code)
            return
        if not kept:
            price = self.books.bands.clip(n, side, price)
        letter: i64 = self.books.reply(i, M_MODIFIED)
        self.letters[letter].leaves = leaves
        self.letters[letter].price = price
        self.letters[letter].value = display
        if not kept:
            self.letters[letter].flags = self.inbox[i].flags & SET_DISPLAY
            if self.orders[slot].flags & B_GROUPED:
                self.books.legs.again(slot, price)
                return
            self.books.cut = 0
            self.requeue(slot, n, side, price, leaves, display)
            self.books.end_cut(i)
        elif unchanged:
            self.letters[letter].flags = PRIORITY_KEPT | UNCHANGED
        else:
            self.letters[letter].flags = PRIORITY_KEPT
            self.books.hidden.shrink(slot, leaves)

    def requeue(self, slot: i64, n: i64, side: i64, price: i64, leaves: i64, display: i64) -> None:
        """Take an order out, match it as if it were new, and rest what remains under its own id."""
        level: i64 = self.orders[slot].level
        if self.levels[level].price == 0:
            self.books.queue.move(slot, price, leaves)
            return
        self.books.leaves = leaves
        self.books.hidden.remove(slot)
        if display != self.books.hidden.display(slot):
            self.books.hidden.dress(slot, display, 0)
        if self.instruments[n].status != IN_CONTINUOUS:
            self.books.hidden.put(slot, n, side, price, leaves)
            return
        self.books.taker = self.orders[slot].id
        self.books.taker_ref = self.orders[slot].ref
        self.books.taker_account = self.orders[slot].account
        self.books.stand(n, self.orders[slot].owner, self.orders[slot].flags)
        self.books.filled = self.orders[slot].filled
        self.books.match(n, side, price)
        if self.books.leaves == 0:
            self.books.queue.forget(slot)
            return
        self.orders[slot].filled = self.books.filled
        self.books.hidden.put(slot, n, side, price, self.books.leaves)
