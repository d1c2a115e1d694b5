"""Timers: what happens at a time of the log, in the order of (time, key).

A binary heap of slots over one array. Every timer knows its place, so that one which is no longer wanted
leaves at once and the array can never hold more than what waits: each working order and session at most once.
Timers are not state: each is made anew from what it ends when a snapshot is loaded.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.state import NIL
    from openbell.core.types import NEVER, i64


class Timers:
    """Slots of timers; the caller keeps the slot and sees that there is room."""

    def __init__(self, memory: Any) -> None:
        self.timers = memory["timers"]
        self.due = NEVER
        self.count = 0
        self.used = 0
        self.free = NIL

    def add(self, due: i64, key: i64, ref: i64) -> i64:
        """A timer for `ref` at `due`; of those due at once the lowest key comes first. Returns its slot."""
        slot: i64 = self.free
        if slot != NIL:
            self.free = self.timers[slot].ref
        else:
            slot = self.used
            self.used = slot + 1
        self.timers[slot].due = due
        self.timers[slot].key = key
        self.timers[slot].ref = ref
        self.count += 1
        self.put(self.count - 1, slot)
        self.rise(self.count - 1)
        self.due = self.timers[self.timers[0].slot].due
        return slot

    def first(self) -> i64:
        """What the first timer is for; there must be one."""
        return self.timers[self.timers[0].slot].ref

    def drop(self, slot: i64) -> None:
        """Take a timer out that is no longer wanted."""
        place: i64 = self.timers[slot].place
        last: i64 = self.count - 1
        self.count = last
        if place != last:
            self.put(place, self.timers[last].slot)
            self.sink(place)
            self.rise(place)
        self.timers[slot].ref = self.free
        self.free = slot
        self.due = NEVER if last == 0 else self.timers[self.timers[0].slot].due

    def put(self, place: i64, slot: i64) -> None:
        self.timers[place].slot = slot
        self.timers[slot].place = place

    def before(self, one: i64, other: i64) -> bool:
        """Whether the timer at place `one` comes before the one at place `other`."""
        a: i64 = self.timers[one].slot
        b: i64 = self.timers[other].slot
        if self.timers[a].due != self.timers[b].due:
            return self.timers[a].due < self.timers[b].due
        return self.timers[a].key < self.timers[b].key

    def swap(self, one: i64, other: i64) -> None:
        slot: i64 = self.timers[one].slot
        self.put(one, self.timers[other].slot)
        self.put(other, slot)

    def rise(self, place: i64) -> None:
        """Move a timer towards the front until the one above it comes first."""
        while place > 0:
            above: i64 = (place - 1) // 2
            if not self.before(place, above):
                return
            self.swap(place, above)
            place = above

    def sink(self, place: i64) -> None:
        """Move a timer back until both below it come later."""
        while 2 * place + 1 < self.count:
            below: i64 = 2 * place + 1
            if below + 1 < self.count and self.before(below + 1, below):
                below += 1
            if not self.before(below, place):
                return
            self.swap(place, below)
            place = below
