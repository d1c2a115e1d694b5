"""Restricted lists: the instruments that an account, a firm or everybody may not trade."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.table import Table

if not cython.compiled:
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Restrictions:
    """Slots of (scope, number, instrument), found by these three."""

    def __init__(self, memory: Any) -> None:
        self.scalars = memory["scalars"]
        self.rows = memory["restrictions"]
        self.index = Table(memory["restriction_cells"], 0)
        self.capacity = len(self.rows)

    def key(self, scope: i64, number: i64, n: i64) -> i64:
        """One number for the three; instruments are fewer than 2**28."""
        return number << 31 | n << 3 | scope

    def holds(self, scope: i64, number: i64, n: i64) -> bool:
        """Whether instrument `n` is on the list of account, firm or (0) venue `number`."""
        return self.scalars[0].restrictions != 0 and self.index.find(self.key(scope, number, n)) >= 0

    def has_room(self) -> bool:
        return self.scalars[0].restrictions < self.capacity

    def add(self, scope: i64, number: i64, n: i64) -> i64:
        """Put an instrument on a list; by how many it got longer. The caller has made sure of room."""
        if self.holds(scope, number, n):
            return 0
        slot: i64 = self.scalars[0].restriction_free
        if slot != NIL:
            self.scalars[0].restriction_free = self.rows[slot].next
        else:
            slot = self.scalars[0].restriction_used
            self.scalars[0].restriction_used = slot + 1
        self.scalars[0].restrictions += 1
        self.rows[slot].key = self.key(scope, number, n)
        self.index.insert(self.key(scope, number, n), slot)
        return 1

    def drop(self, scope: i64, number: i64, n: i64) -> i64:
        """Take an instrument off a list; by how many it got shorter."""
        if not self.holds(scope, number, n):
            return 0
        slot: i64 = self.index.find(self.key(scope, number, n))
        self.index.remove(self.key(scope, number, n))
        self.rows[slot].key = 0
        self.rows[slot].next = self.scalars[0].restriction_free
        self.scalars[0].restriction_free = slot
        self.scalars[0].restrictions -= 1
        return 1

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        slot: i64
        for slot in range(self.scalars[0].restriction_used):
            if self.rows[slot].key != 0:
                self.index.insert(self.rows[slot].key, slot)
