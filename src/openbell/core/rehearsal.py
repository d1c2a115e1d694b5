"""What an order would meet, found out without doing it: a FOK fills whole, or nothing happens at all."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.kin import Kin
from openbell.core.ladder import Ladder

if not cython.compiled:
    from openbell.core.codes import BUY, CANCEL_OLDEST
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import F_ICEBERG, NIL
    from openbell.core.types import i64


class Rehearsal:
    """Walks a side of a book as an incoming order would."""

    def __init__(self, memory: Any, ladder: Ladder) -> None:
        self.levels = memory["levels"]
        self.shades = memory["shades"]
        self.orders = memory["book_orders"]
        self.extras = memory["extras"]
        self.ladder = ladder
        self.kin = Kin(memory)
        self.tours = memory["tours"]
        self.tour = 0
        self.left = 0

    def crosses(self, side: i64, price: i64, at: i64) -> bool:
        """Whether an order of `side` at `price` takes what rests at `at`."""
        return at <= price if side == BUY else at >= price

    def fillable(self, n: i64, side: i64, price: i64, quantity: i64, owner: i64, mode: i64) -> bool:
        """Whether an order of `owner` would fill whole; its self-trade `mode` counts."""
        if not self.holds(n, side, price, quantity):
            return False
        self.left = quantity
        self.tour += 1
        rank: i64 = 0
        while self.left > 0:
            level: i64 = self.ladder.at(n, 1 - side, rank)
            if level < 0 or not self.crosses(side, price, self.levels[level].price):
                return False
            if not self.pass_level(level, owner, mode):
                return False
            rank += 1
        return True

    def holds(self, n: i64, side: i64, price: i64, quantity: i64) -> bool:
        """Whether the other side has `quantity` up to `price`, whoever's it is: the cheap question first."""
        rank: i64 = 0
        while True:
            level: i64 = self.ladder.at(n, 1 - side, rank)
            if level < 0 or not self.crosses(side, price, self.levels[level].price):
                return False
            quantity -= self.levels[level].quantity
            if self.levels[level].shaded != 0:
                quantity -= self.shades[level].hidden
            if quantity <= 0:
                return True
            rank += 1

    def pass_level(self, level: i64, owner: i64, mode: i64) -> bool:
        """Take a level's sizes off `left`; False where a self-trade would come before it is full.

        Every displayed order is met once before the first slice comes again, so icebergs' rests count after.
        """
        rests: i64 = 0
        slot: i64 = self.levels[level].head
        while slot != NIL and self.left > 0:
            if self.orders[slot].owner != owner:
                if self.orders[slot].flags & B_GROUPED:
                    self.left -= self.gives(slot)
                else:
                    self.left -= self.orders[slot].leaves
                if self.orders[slot].flags & F_ICEBERG:
                    rests += self.extras[slot].rest
            elif mode != CANCEL_OLDEST:
                return False
            slot = self.orders[slot].next
        if self.left <= 0 or self.levels[level].shaded == 0:
            return True
        self.left -= rests
        return self.pass_hidden(self.shades[level].head, owner, mode)

    def gives(self, slot: i64) -> i64:
        """What a leg of a group gives: what its sibling gave before, it has no more."""
        self.tours[slot].number = self.tour
        sibling: i64 = self.kin.sibling(slot)
        if sibling == NIL or self.tours[sibling].number != self.tour:
            return self.orders[slot].leaves
        return self.kin.beside(slot, self.orders[sibling].leaves)

    def pass_hidden(self, slot: i64, owner: i64, mode: i64) -> bool:
        """The same for a level's hidden orders, but for those that ask for more than is left."""
        while slot != NIL and self.left > 0:
            if self.asks(slot) <= self.left:
                if self.orders[slot].owner != owner:
                    self.left -= self.orders[slot].leaves
                elif mode != CANCEL_OLDEST:
                    return False
            slot = self.orders[slot].next
        return True

    def asks(self, slot: i64) -> i64:
        """The least that a hidden order trades with one incoming order."""
        return min(self.extras[slot].least, self.orders[slot].leaves)

    def meets(self, n: i64, side: i64, price: i64, quantity: i64) -> i64:
        """The price at which an order would trade first, or 0."""
        rank: i64 = 0
        while True:
            level: i64 = self.ladder.at(n, 1 - side, rank)
            if level < 0 or not self.crosses(side, price, self.levels[level].price):
                return 0
            if self.levels[level].orders != 0:
                return self.levels[level].price
            slot: i64 = self.shades[level].head
            while slot != NIL:
                if self.asks(slot) <= quantity:
                    return self.levels[level].price
                slot = self.orders[slot].next
            rank += 1
