"""Price levels of every book: one sorted array of rungs per side, best price last.

A rung's key is the price for bids and its negative for asks, so both sides sort the same way and the
best is always at the end, where most work happens.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import BUY
    from openbell.core.state import NIL
    from openbell.core.types import NEAR, i64


class Ladder:
    """The levels of all instruments: `side` of instrument `n` is ladder number 2 * n + side."""

    def __init__(self, memory: Any, depth: int) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.rungs = memory["rungs"]
        self.levels = memory["levels"]
        self.depth = depth
        self.guess = 0  # looked at first: the last search's result, unless the scout knows better

    def count(self, n: i64, side: i64) -> i64:
        """How many prices a side has."""
        if side == BUY:
            return self.instruments[n].bids
        return self.instruments[n].asks

    def best(self, n: i64, side: i64) -> i64:
        """The best level's index, or -1."""
        count: i64 = self.count(n, side)
        if count == 0:
            return -1
        return self.rungs[(2 * n + side) * self.depth + count - 1].level

    def at(self, n: i64, side: i64, rank: i64) -> i64:
        """The index of the level `rank` prices behind the best, or -1."""
        count: i64 = self.count(n, side)
        if rank >= count:
            return -1
        return self.rungs[(2 * n + side) * self.depth + count - 1 - rank].level

    def place(self, n: i64, side: i64, key: i64) -> i64:
        """The position of the first rung whose key is not below `key`, counted from the worst."""
        base: i64 = (2 * n + side) * self.depth
        high: i64 = self.count(n, side)
        if self.guess <= high and self.holds(base, high, self.guess, key):
            return self.guess
        self.guess = self.search(base, high, key)
        return self.guess

    def holds(self, base: i64, count: i64, place: i64, key: i64) -> bool:
        """Whether `place` is the position of the first of `count` rungs whose key is not below `key`."""
        if place < count and self.rungs[base + place].key < key:
            return False
        return place == 0 or self.rungs[base + place - 1].key < key

    def search(self, base: i64, high: i64, key: i64) -> i64:
        """That position: near the best one rung at a time, farther away by halves."""
        low: i64 = 0
        near: i64 = high - NEAR
        while high > 0 and high > near:
            if self.rungs[base + high - 1].key < key:
                return high
            high -= 1
        while low < high:
            middle: i64 = (low + high) // 2
            if self.rungs[base + middle].key < key:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, n: i64, side: i64, price: i64) -> i64:
        """The level at `price`, or -1."""
        key: i64 = price if side == BUY else -price
        place: i64 = self.place(n, side, key)
        if place == self.count(n, side):
            return -1
        base: i64 = (2 * n + side) * self.depth
        if self.rungs[base + place].key != key:
            return -1
        return self.rungs[base + place].level

    def add(self, n: i64, side: i64, price: i64) -> i64:
        """A new empty level at `price`; the caller has checked that it is new and that there is room."""
        level: i64 = self.scalars[0].level_free
        if level != NIL:
            self.scalars[0].level_free = self.levels[level].head
        else:
            level = self.scalars[0].level_used
            self.scalars[0].level_used = level + 1
        self.levels[level].price = price
        self.levels[level].quantity = 0
        self.levels[level].head = NIL
        self.levels[level].tail = NIL
        self.levels[level].orders = 0
        self.levels[level].shaded = 0
        key: i64 = price if side == BUY else -price
        place: i64 = self.place(n, side, key)
        base: i64 = (2 * n + side) * self.depth
        i: i64 = self.count(n, side)
        while i > place:
            self.rungs[base + i].key = self.rungs[base + i - 1].key
            self.rungs[base + i].level = self.rungs[base + i - 1].level
            i -= 1
        self.rungs[base + place].key = key
        self.rungs[base + place].level = level
        if side == BUY:
            self.instruments[n].bids += 1
        else:
            self.instruments[n].asks += 1
        return level

    def relink(self) -> None:
        """Link the free levels anew, after a snapshot of an older layout was loaded."""
        self.scalars[0].level_free = NIL
        level: i64
        for level in range(self.scalars[0].level_used):
            if self.levels[level].orders == 0 and self.levels[level].shaded == 0:
                self.levels[level].head = self.scalars[0].level_free
                self.scalars[0].level_free = level

    def drop(self, n: i64, side: i64, level: i64) -> None:
        """Remove an empty level."""
        price: i64 = self.levels[level].price
        key: i64 = price if side == BUY else -price
        base: i64 = (2 * n + side) * self.depth
        i: i64 = self.place(n, side, key)
        last: i64 = self.count(n, side) - 1
        while i < last:
            self.rungs[base + i].key = self.rungs[base + i + 1].key
            self.rungs[base + i].level = self.rungs[base + i + 1].level
            i += 1
        if side == BUY:
            self.instruments[n].bids -= 1
        else:
            self.instruments[n].asks -= 1
        self.levels[level].orders = 0
        self.levels[level].head = self.scalars[0].level_free
        self.scalars[0].level_free = level
