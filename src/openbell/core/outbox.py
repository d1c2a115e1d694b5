"""Events of the commands applied since the output was last taken."""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.types import i64


class Outbox:
    """An array of events; `events[event(kind)]` is a fresh one to fill in."""

    def __init__(self, memory: Any) -> None:
        self.events = memory["events"]
        self.count = 0
        self.start = 0
        self.seq = 0

    def begin(self, seq: i64) -> None:
        """Further events belong to the command at log position `seq`."""
        self.seq = seq
        self.start = self.count

    def event(self, kind: i64, instrument: i64, account: i64, order: i64) -> i64:
        """The index of a new event with these fields set and all others zero."""
        e: i64 = self.count
        self.events[e].type = kind
        self.events[e].side = 0
        self.events[e].order_type = 0
        self.events[e].tif = 0
        self.events[e].status = 0
        self.events[e].reason = 0
        self.events[e].code = 0
        self.events[e].seq = self.seq
        self.events[e].index = e - self.start
        self.events[e].instrument = instrument
        self.events[e].order = order
        self.events[e].account = account
        self.events[e].price = 0
        self.events[e].quantity = 0
        self.events[e].filled = 0
        self.events[e].leaves = 0
        self.events[e].notional = 0
        self.events[e].other_order = 0
        self.events[e].other_account = 0
        self.events[e].other_leaves = 0
        self.events[e].trade = 0
        self.events[e].limit = 0
        self.events[e].observed = 0
        self.count = e + 1
        return e
