"""Resting orders: their slots, their place in a level's first-in-first-out queue, their index by id."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.ladder import Ladder
from openbell.core.lists import Lists
from openbell.core.outbox import Outbox
from openbell.core.records import ID_INDEX_BITS
from openbell.core.table import Table

if not cython.compiled:
    from openbell.core.codes import EV_LEVEL
    from openbell.core.state import NIL
    from openbell.core.types import i64, prefetch


class Queue:
    """Slots of resting orders. An order is linked into exactly one level, or free."""

    def __init__(self, memory: Any, ladder: Ladder, outbox: Outbox) -> None:
        self.scalars = memory["scalars"]
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.index = Table(memory["book_cells"], ID_INDEX_BITS)
        self.ladder = ladder
        self.lists = Lists(memory)
        self.outbox = outbox
        self.events = memory["events"]
        self.guess = 0  # the slot looked at first: the scout's of this command

    def find(self, order: i64) -> i64:
        """The slot of a resting order, or -1."""
        if order != 0 and self.orders[self.guess].id == order:
            return self.guess
        return self.index.find(order)

    def fresh(self, order: i64, n: i64, side: i64, filled: i64) -> i64:
        """The slot of an order that is linked nowhere yet."""
        slot: i64 = self.scalars[0].book_free
        if slot != NIL:
            self.scalars[0].book_free = self.orders[slot].next
            if cython.compiled and self.orders[slot].next != NIL:
                prefetch(cython.address(self.orders[self.orders[slot].next].id))
        else:
            slot = self.scalars[0].book_used
            self.scalars[0].book_used = slot + 1
        self.scalars[0].book_live += 1
        self.orders[slot].id = order
        self.orders[slot].instrument = n
        self.orders[slot].side = side
        self.orders[slot].filled = filled
        self.index.insert(order, slot)
        return slot

    def append(self, slot: i64, n: i64, side: i64, price: i64, leaves: i64) -> None:
        """Link the order at `slot` behind all others of instrument and side at `price`."""
        level: i64 = self.ladder.find(n, side, price)
        if level < 0:
            level = self.ladder.add(n, side, price)
        self.link(slot, level, price, leaves)
        self.tell(n, side, level)

    def wait(self, slot: i64, which: i64, price: i64, leaves: i64) -> None:
        """Link the order at `slot` behind all others of a list."""
        self.link(slot, self.lists.open(self.orders[slot].instrument, which), price, leaves)

    def link(self, slot: i64, level: i64, price: i64, leaves: i64) -> None:
        """Put the order at `slot` last in a level's queue."""
        self.orders[slot].price = price
        self.orders[slot].leaves = leaves
        self.orders[slot].level = level
        tail: i64 = self.levels[level].tail
        self.orders[slot].prev = tail
        self.orders[slot].next = NIL
        if tail == NIL:
            self.levels[level].head = slot
        else:
            self.orders[tail].next = slot
        self.levels[level].tail = slot
        self.levels[level].quantity += leaves
        self.levels[level].orders += 1

    def unlink(self, slot: i64, level: i64) -> None:
        """Take an order out of its level's queue; the level's size is the caller's."""
        before: i64 = self.orders[slot].prev
        after: i64 = self.orders[slot].next
        if before == NIL:
            self.levels[level].head = after
        else:
            self.orders[before].next = after
        if after == NIL:
            self.levels[level].tail = before
        else:
            self.orders[after].prev = before
        self.levels[level].orders -= 1

    def remove(self, slot: i64) -> None:
        """Take an order out of the book, keeping its slot; an emptied level or list goes."""
        level: i64 = self.orders[slot].level
        self.unlink(slot, level)
        self.levels[level].quantity -= self.orders[slot].leaves
        n: i64 = self.orders[slot].instrument
        side: i64 = self.orders[slot].side
        if self.levels[level].price == 0:
            if self.levels[level].orders == 0:
                self.lists.drop(n, level)
            return
        self.tell(n, side, level)
        if self.levels[level].orders == 0 and self.levels[level].shaded == 0:
            self.ladder.drop(n, side, level)

    def move(self, slot: i64, price: i64, leaves: i64) -> None:
        """Put an order behind all others of its list."""
        level: i64 = self.orders[slot].level
        which: i64 = self.lists.which(self.orders[slot].instrument, level)
        self.remove(slot)
        self.wait(slot, which, price, leaves)

    def shrink(self, slot: i64, leaves: i64) -> None:
        """Lower an order's open size; it keeps its place."""
        level: i64 = self.orders[slot].level
        self.levels[level].quantity -= self.orders[slot].leaves - leaves
        self.orders[slot].leaves = leaves
        if self.levels[level].price != 0:
            self.tell(self.orders[slot].instrument, self.orders[slot].side, level)

    def forget(self, slot: i64) -> None:
        """Free the slot of an order that has left the book."""
        self.index.remove(self.orders[slot].id)
        self.orders[slot].id = 0
        self.orders[slot].leaves = 0
        self.orders[slot].next = self.scalars[0].book_free
        self.scalars[0].book_free = slot
        self.scalars[0].book_live -= 1

    def tell(self, n: i64, side: i64, level: i64) -> None:
        """Publish a level's size and order count."""
        e: i64 = self.outbox.event(EV_LEVEL, n, 0, 0)
        self.events[e].side = side
        self.events[e].price = self.levels[level].price
        self.events[e].quantity = self.levels[level].quantity
        self.events[e].leaves = self.levels[level].orders

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        slot: i64
        for slot in range(self.scalars[0].book_used):
            if self.orders[slot].id != 0:
                self.index.insert(self.orders[slot].id, slot)
