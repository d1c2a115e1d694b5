"""Mergeable heaps of orders: lowest key first, then lowest stamp.

Leftist heaps (Crane 1972; Knuth, TAOCP 3, 5.2.3) with links upwards: all heaps of one kind share one array of
knots, addressed by the slot of their order, and a heap is known by its root. The way down to the right is
never longer than log2(n + 1), so joining two heaps, adding an order and taking out any order cost O(log n);
looking at the first costs nothing.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Heap:
    """Heaps over one array of `Knot` records; a root of NIL is an empty heap."""

    def __init__(self, knots: Any) -> None:
        self.knots = knots

    def push(self, root: i64, slot: i64, key: i64, stamp: i64) -> i64:
        """Add an order that is in no heap of this kind; returns the root."""
        self.knots[slot].key = key
        self.knots[slot].stamp = stamp
        self.knots[slot].left = NIL
        self.knots[slot].right = NIL
        self.knots[slot].up = NIL
        self.knots[slot].rank = 1
        return self.meld(root, slot)

    def remove(self, root: i64, slot: i64) -> i64:
        """Take any order out of its heap; returns the root, which is `root` unless that was taken out."""
        above: i64 = self.knots[slot].up
        rest: i64 = self.meld(self.knots[slot].left, self.knots[slot].right)
        if rest != NIL:
            self.knots[rest].up = above
        if above == NIL:
            return rest
        if self.knots[above].left == slot:
            self.knots[above].left = rest
        else:
            self.knots[above].right = rest
        while above != NIL and self.settle(above):
            above = self.knots[above].up
        return root

    def is_root(self, slot: i64) -> bool:
        """Whether an order is the first of its heap."""
        return self.knots[slot].up == NIL

    def second(self, root: i64) -> i64:
        """The order that would be the first without `root`, or NIL."""
        left: i64 = self.knots[root].left
        right: i64 = self.knots[root].right
        if right == NIL or self.before(left, right):
            return left
        return right

    def root(self, slot: i64) -> i64:
        """The first order of the heap that an order is in; for queries, the way may be long."""
        while self.knots[slot].up != NIL:
            slot = self.knots[slot].up
        return slot

    def before(self, one: i64, other: i64) -> bool:
        if self.knots[one].key != self.knots[other].key:
            return self.knots[one].key < self.knots[other].key
        return self.knots[one].stamp < self.knots[other].stamp

    def meld(self, one: i64, other: i64) -> i64:
        """Make two heaps one down their right sides; returns the root. The link above it is the caller's."""
        if one == NIL:
            return other
        if other == NIL:
            return one
        if self.before(other, one):
            swap: i64 = one
            one = other
            other = swap
        below: i64 = self.meld(self.knots[one].right, other)
        self.knots[one].right = below
        self.knots[below].up = one
        self.settle(one)
        return one

    def rank(self, slot: i64) -> i64:
        if slot == NIL:
            return 0
        return self.knots[slot].rank

    def settle(self, slot: i64) -> bool:
        """Put the higher child to the left; whether the knot's own rank has changed."""
        left: i64 = self.knots[slot].left
        right: i64 = self.knots[slot].right
        if self.rank(left) < self.rank(right):
            self.knots[slot].left = right
            self.knots[slot].right = left
            right = left
        rank: i64 = self.rank(right) + 1
        changed: bool = rank != self.knots[slot].rank
        self.knots[slot].rank = rank
        return changed
