"""What an order would meet, found out without doing it: a FOK fills whole, or nothing happens at all."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.ladder import Ladder

if not cython.compiled:
    from openbell.core.codes import BUY, CANCEL_OLDEST
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Rehearsal:
    """Walks a side of a book as an incoming order would."""

    def __init__(self, memory: Any, ladder: Ladder) -> None:
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.ladder = ladder
        self.left = 0

    def crosses(self, side: i64, price: i64, at: i64) -> bool:
        """Whether an order of `side` at `price` takes what rests at `at`."""
        return at <= price if side == BUY else at >= price

    def fillable(self, n: i64, side: i64, price: i64, quantity: i64, owner: i64, mode: i64) -> bool:
        """Whether an order of `owner` would fill whole; its self-trade `mode` counts."""
        if not self.holds(n, side, price, quantity):
            return False
        self.left = quantity
        rank: i64 = 0
        while self.left > 0:
            level: i64 = self.ladder.at(n, 1 - side, rank)
            if level < 0 or not self.crosses(side, price, self.levels[level].price):
                return False
            if not self.pass_queue(self.levels[level].head, owner, mode):
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
            if quantity <= 0:
                return True
            rank += 1

    def pass_queue(self, slot: i64, owner: i64, mode: i64) -> bool:
        """Take a queue's sizes off `left`; False where a self-trade would come before it is full."""
        while slot != NIL and self.left > 0:
            if self.orders[slot].owner != owner:
                self.left -= self.orders[slot].leaves
            elif mode != CANCEL_OLDEST:
                return False
            slot = self.orders[slot].next
        return True
