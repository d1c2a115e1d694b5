"""Size that the book does not show: icebergs' rests and hidden orders (trading-rules: Iceberg and hidden).

A hidden order stands in a queue of its own at its price, an iceberg's shown slice in the displayed one. What
goes beyond a plain order lies in arrays beside it, touched only where the order's flags or the level's count
of shaded orders say so. Slices that wait in icebergs count against half the capacity of orders: so one
command prints at most one and a half trades for each order that a book can hold.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.ladder import Ladder
from openbell.core.queue import Queue

if not cython.compiled:
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import F_HIDDEN, F_ICEBERG, F_SHADED, NIL
    from openbell.core.types import i64


class Hidden:
    """What is not shown of orders and levels, by the same slots."""

    def __init__(self, memory: Any, genesis: Any, ladder: Ladder, queue: Queue) -> None:
        self.scalars = memory["scalars"]
        self.levels = memory["levels"]
        self.shades = memory["shades"]
        self.orders = memory["book_orders"]
        self.extras = memory["extras"]
        self.ladder = ladder
        self.queue = queue
        self.slices_max = genesis.orders // 2

    # -- one order -------------------------------------------------------------------------------

    def open(self, slot: i64) -> i64:
        """All that is open of a resting order, shown or not."""
        if self.orders[slot].flags & F_ICEBERG:
            return self.orders[slot].leaves + self.extras[slot].rest
        return self.orders[slot].leaves

    def left(self, slot: i64) -> i64:
        """All that an order may still trade: of a leg also what it waits for."""
        if self.orders[slot].flags & (F_ICEBERG | B_GROUPED):
            return self.orders[slot].leaves + self.extras[slot].rest
        return self.orders[slot].leaves

    def display(self, slot: i64) -> i64:
        """How much the order shows at a time; 0: nothing, -1: all."""
        if self.orders[slot].flags & F_SHADED:
            return self.extras[slot].display
        return -1

    def put(self, slot: i64, n: i64, side: i64, price: i64, leaves: i64) -> None:
        """Rest any order behind all others of its kind at `price`."""
        if self.orders[slot].flags & F_SHADED:
            self.append(slot, n, side, price, leaves)
        else:
            self.queue.append(slot, n, side, price, leaves)

    def dress(self, slot: i64, display: i64, least: i64) -> None:
        """Give an order that rests nowhere its display and the least that it trades at once."""
        flags: i64 = self.orders[slot].flags & ~F_SHADED
        if display == 0:
            flags |= F_HIDDEN
        elif display > 0:
            flags |= F_ICEBERG
        self.orders[slot].flags = flags
        if display >= 0:
            self.extras[slot].display = display
            self.extras[slot].least = least
            self.extras[slot].rest = 0

    def waiting(self, slot: i64) -> i64:
        """How many slices an iceberg will still show."""
        return (self.extras[slot].rest + self.extras[slot].display - 1) // self.extras[slot].display

    # -- places ----------------------------------------------------------------------------------

    def append(self, slot: i64, n: i64, side: i64, price: i64, leaves: i64) -> None:
        """Rest an iceberg or a hidden order behind all others of its kind at `price`."""
        if self.orders[slot].flags & F_HIDDEN:
            self.append_hidden(slot, n, side, price, leaves)
            return
        shown: i64 = self.extras[slot].display
        if shown > leaves:
            shown = leaves
        self.extras[slot].rest = leaves - shown
        self.queue.append(slot, n, side, price, shown)
        level: i64 = self.orders[slot].level
        self.shade(level)
        self.shades[level].hidden += leaves - shown
        self.scalars[0].slices += self.waiting(slot)

    def append_hidden(self, slot: i64, n: i64, side: i64, price: i64, leaves: i64) -> None:
        level: i64 = self.ladder.find(n, side, price)
        if level < 0:
            level = self.ladder.add(n, side, price)
        self.shade(level)
        self.orders[slot].price = price
        self.orders[slot].leaves = leaves
        self.orders[slot].level = level
        tail: i64 = self.shades[level].tail
        self.orders[slot].prev = tail
        self.orders[slot].next = NIL
        if tail == NIL:
            self.shades[level].head = slot
        else:
            self.orders[tail].next = slot
        self.shades[level].tail = slot
        self.shades[level].hidden += leaves
        self.shades[level].orders += 1

    def shade(self, level: i64) -> None:
        """One more order at this level shows less than it has."""
        if self.levels[level].shaded == 0:
            self.shades[level].hidden = 0
            self.shades[level].head = NIL
            self.shades[level].tail = NIL
            self.shades[level].orders = 0
        self.levels[level].shaded += 1

    def detach(self, slot: i64, level: i64) -> None:
        """Take any order and its sizes out of its level; event and empty level are the caller's."""
        flags: i64 = self.orders[slot].flags
        if flags & F_HIDDEN:
            self.shades[level].hidden -= self.orders[slot].leaves
            self.unlink_hidden(slot, level)
            self.levels[level].shaded -= 1
            return
        self.levels[level].quantity -= self.orders[slot].leaves
        self.queue.unlink(slot, level)
        if flags & F_ICEBERG:
            self.shades[level].hidden -= self.extras[slot].rest
            self.scalars[0].slices -= self.waiting(slot)
            self.levels[level].shaded -= 1

    def unlink_hidden(self, slot: i64, level: i64) -> None:
        before: i64 = self.orders[slot].prev
        after: i64 = self.orders[slot].next
        if before == NIL:
            self.shades[level].head = after
        else:
            self.orders[before].next = after
        if after == NIL:
            self.shades[level].tail = before
        else:
            self.orders[after].prev = before
        self.shades[level].orders -= 1

    def remove(self, slot: i64) -> None:
        """Take an order out of the book, keeping its slot; an emptied level or list goes."""
        if self.orders[slot].flags & F_SHADED == 0:
            self.queue.remove(slot)
            return
        level: i64 = self.orders[slot].level
        n: i64 = self.orders[slot].instrument
        side: i64 = self.orders[slot].side
        self.detach(slot, level)
        if self.orders[slot].flags & F_HIDDEN == 0:
            self.queue.tell(n, side, level)
        if self.levels[level].orders == 0 and self.levels[level].shaded == 0:
            self.ladder.drop(n, side, level)

    def alone(self, slot: i64) -> bool:
        """Whether the order is the only one at its price."""
        level: i64 = self.orders[slot].level
        count: i64 = self.levels[level].orders
        if self.levels[level].shaded != 0:
            count += self.shades[level].orders
        return count == 1

    # -- sizes -----------------------------------------------------------------------------------

    def lower(self, slot: i64, level: i64, by: i64) -> bool:
        """Take less than all off any order's open size, unshown first; returns whether less is shown."""
        flags: i64 = self.orders[slot].flags
        if flags & F_HIDDEN:
            self.orders[slot].leaves -= by
            self.shades[level].hidden -= by
            return False
        if flags & F_ICEBERG:
            self.scalars[0].slices -= self.waiting(slot)
            unseen: i64 = by
            if unseen > self.extras[slot].rest:
                unseen = self.extras[slot].rest
            self.extras[slot].rest -= unseen
            self.shades[level].hidden -= unseen
            self.scalars[0].slices += self.waiting(slot)
            by -= unseen
        self.orders[slot].leaves -= by
        self.levels[level].quantity -= by
        return by > 0

    def shrink(self, slot: i64, leaves: i64) -> None:
        """Lower a resting order's open size; it keeps its place."""
        if self.orders[slot].flags & F_SHADED == 0:
            self.queue.shrink(slot, leaves)
            return
        level: i64 = self.orders[slot].level
        if self.lower(slot, level, self.open(slot) - leaves):
            self.queue.tell(self.orders[slot].instrument, self.orders[slot].side, level)

    def take(self, slot: i64, level: i64, by: i64) -> None:
        """Take what an auction trades off any order, what it shows first; the next slice is the caller's."""
        shown: i64 = min(by, self.orders[slot].leaves)
        self.orders[slot].leaves -= shown
        if self.orders[slot].flags & F_HIDDEN:
            self.shades[level].hidden -= shown
            return
        self.levels[level].quantity -= shown
        if shown < by:
            self.scalars[0].slices -= self.waiting(slot)
            self.extras[slot].rest -= by - shown
            self.shades[level].hidden -= by - shown
            self.scalars[0].slices += self.waiting(slot)

    def refill(self, slot: i64, level: i64) -> bool:
        """Show an iceberg's next slice, behind all displayed orders of its price; False if none is left."""
        rest: i64 = self.extras[slot].rest
        if rest == 0:
            self.levels[level].shaded -= 1
            return False
        shown: i64 = self.extras[slot].display
        if shown > rest:
            shown = rest
        self.extras[slot].rest = rest - shown
        self.shades[level].hidden -= shown
        self.scalars[0].slices -= 1
        self.orders[slot].leaves = shown
        self.levels[level].quantity += shown
        tail: i64 = self.levels[level].tail
        if tail != slot:
            self.queue.unlink(slot, level)
            self.orders[slot].prev = tail
            self.orders[slot].next = NIL
            self.orders[tail].next = slot
            self.levels[level].tail = slot
            self.levels[level].orders += 1
        return True
