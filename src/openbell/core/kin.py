"""The ring of a group's legs in the book: who is whose sibling, and what a child may work for.

All legs of a group ask for the same quantity, so siblings have the same size open at any time.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.codes import ROLE_PARENT
    from openbell.core.state import NIL
    from openbell.core.stop_layouts import B_WAITS
    from openbell.core.types import i64


class Kin:
    """Reads rings; only legs (`B_GROUPED`) are in one."""

    def __init__(self, memory: Any) -> None:
        self.orders = memory["book_orders"]
        self.extras = memory["extras"]
        self.legs = memory["book_legs"]

    def sibling(self, slot: i64) -> i64:
        """The other alternative of a leg, or NIL; a parent has none."""
        if self.legs[slot].role == ROLE_PARENT:
            return NIL
        other: i64 = self.legs[slot].next
        while other != slot:
            if self.legs[other].role != ROLE_PARENT:
                return other
            other = self.legs[other].next
        return NIL

    def parent_open(self, slot: i64) -> i64:
        """What the parent in a leg's group has still open; 0 if it has ended, or there is none."""
        other: i64 = self.legs[slot].next
        while other != slot:
            if self.legs[other].role == ROLE_PARENT:
                return self.orders[other].leaves
            other = self.legs[other].next
        return 0

    def released(self, slot: i64) -> i64:
        """What a leg that is no parent may work for now."""
        return self.orders[slot].leaves + self.extras[slot].rest - self.parent_open(slot)

    def rests(self, slot: i64) -> bool:
        """Whether a leg is linked into a level or list."""
        if self.orders[slot].flags & B_WAITS or self.orders[slot].level == NIL:
            return False
        return self.orders[slot].leaves > 0

    def beside(self, slot: i64, taken: i64) -> i64:
        """What a leg gives when `taken` is taken off its sibling before."""
        return max(0, min(self.orders[slot].leaves, self.released(slot) - taken))
