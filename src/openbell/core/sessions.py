"""Sessions: what an account's connection entered is cancelled when the connection is lost.

A session is opened, and kept for a while, again and again, by whoever holds the connection (trading-rules:
cancel on disconnect and dead-man timers are opt-in). One that nobody keeps lapses, and its orders are
cancelled. An order may name a session only while it is kept: none comes too late to be cancelled with it.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.outbox import Outbox
from openbell.core.table import Table
from openbell.core.timers import Timers

if not cython.compiled:
    from openbell.core.codes import (
        E_BAD_AMOUNT,
        E_NOT_ALLOWED,
        E_OK,
        E_TIMERS_FULL,
        E_UNKNOWN_SESSION,
        E_UNSUPPORTED,
        EV_SESSION,
        SESSION_END,
        SESSION_KEEP,
        SESSION_LOST,
        SESSION_OPEN,
    )
    from openbell.core.records import FIRST_ACCOUNT
    from openbell.core.state import NIL, SESSIONS_AN_ACCOUNT
    from openbell.core.types import AFTER_ORDERS, DAY_NS, i64


class Sessions:
    """The sessions that are kept, and SESSION; `limit` and `observed` explain a refusal."""

    def __init__(self, memory: Any, command: Command, timers: Timers, outbox: Outbox) -> None:
        self.scalars = memory["scalars"]
        self.rows = memory["sessions"]
        self.counts = memory["session_counts"]
        self.events = memory["events"]
        self.index = Table(memory["session_cells"], 0)
        self.timers = timers
        self.tickets = len(memory["tickets"])
        self.head = command.head
        self.order = command.session
        self.outbox = outbox
        self.capacity = len(self.rows)
        self.limit = 0
        self.observed = 0

    def find(self) -> i64:
        """The session that the command on the desk is about, or -1."""
        return self.index.find(self.head[0].account << 32 | self.head[0].actor)

    def lookup(self, account: i64, number: i64) -> i64:
        """The row of an account's session, or -1."""
        return self.index.find(account << 32 | number)

    def shape(self) -> i64:
        """Whether the command names a session, and a span that makes sense for what it says."""
        self.limit = SESSION_LOST
        self.observed = self.order[0].op
        if self.observed < SESSION_OPEN or self.observed > SESSION_LOST:
            return E_UNSUPPORTED
        self.limit = 0
        self.observed = self.head[0].account
        if self.observed < FIRST_ACCOUNT:
            return E_NOT_ALLOWED
        self.observed = self.head[0].actor
        if self.observed == 0:
            return E_NOT_ALLOWED
        opens: bool = self.order[0].op == SESSION_OPEN
        self.limit = DAY_NS if opens or self.order[0].op == SESSION_KEEP else 0
        self.observed = self.order[0].span
        if self.observed < opens or self.observed > self.limit:
            return E_BAD_AMOUNT
        self.limit = 0
        self.observed = self.head[0].actor
        if self.find() >= 0:
            return E_NOT_ALLOWED if opens else E_OK
        return E_OK if opens else E_UNKNOWN_SESSION

    def session(self) -> i64:
        """SESSION, but for what is cancelled with a session that is lost: OPEN, KEEP or END it."""
        code: i64 = self.shape()
        if code != E_OK or self.order[0].op == SESSION_LOST:
            return code
        if self.order[0].op == SESSION_END:
            self.forget(self.find(), SESSION_END, 0)
            return E_OK
        if self.order[0].op == SESSION_OPEN:
            return self.open()
        self.keep()
        return E_OK

    def open(self) -> i64:
        self.limit = SESSIONS_AN_ACCOUNT
        self.observed = self.counts[self.head[0].account].count + 1
        if self.observed > self.limit:
            return E_TIMERS_FULL
        s: i64 = self.room()
        if s < 0:
            self.limit = self.capacity
            self.observed = self.capacity + 1
            return E_TIMERS_FULL
        self.rows[s].key = self.head[0].account << 32 | self.head[0].actor
        self.index.insert(self.rows[s].key, s)
        self.counts[self.head[0].account].count += 1
        self.scalars[0].sessions += 1
        self.begin(s, SESSION_OPEN)
        return E_OK

    def keep(self) -> None:
        s: i64 = self.find()
        self.timers.drop(self.rows[s].timer)
        self.begin(s, SESSION_KEEP)

    def begin(self, s: i64, what: i64) -> None:
        """The session's span begins now; the command's answer tells span and end."""
        if self.order[0].span != 0:
            self.rows[s].span = self.order[0].span
        self.rows[s].due = self.head[0].ts + self.rows[s].span
        self.start(s)
        self.tell(s, what, 0)
        self.limit = self.rows[s].due
        self.observed = self.rows[s].span

    def room(self) -> i64:
        """A free row, or -1."""
        s: i64 = self.scalars[0].session_free
        if s != NIL:
            self.scalars[0].session_free = self.rows[s].next
        elif self.scalars[0].session_used < self.capacity:
            s = self.scalars[0].session_used
            self.scalars[0].session_used = s + 1
        else:
            s = -1
        return s

    def start(self, s: i64) -> None:
        """Set the timer that ends a session: one of the orders' heap, numbered and due after theirs."""
        key: i64 = AFTER_ORDERS | self.rows[s].key
        self.rows[s].timer = self.timers.add(self.rows[s].due, key, self.tickets + s)

    def account_of(self, s: i64) -> i64:
        return self.rows[s].key >> 32

    def number_of(self, s: i64) -> i64:
        return self.rows[s].key & NIL

    def forget(self, s: i64, what: i64, cancelled: i64) -> None:
        """A session is over."""
        self.tell(s, what, cancelled)
        self.timers.drop(self.rows[s].timer)
        self.index.remove(self.rows[s].key)
        self.counts[self.account_of(s)].count -= 1
        self.rows[s].key = 0
        self.rows[s].due = 0
        self.rows[s].span = 0
        self.rows[s].next = self.scalars[0].session_free
        self.scalars[0].session_free = s
        self.scalars[0].sessions -= 1

    def tell(self, s: i64, what: i64, cancelled: i64) -> None:
        e: i64 = self.outbox.event(EV_SESSION, 0, self.account_of(s), 0)
        self.events[e].order_type = what
        self.events[e].observed = self.number_of(s)
        self.events[e].quantity = cancelled
        self.events[e].notional = self.rows[s].span
        self.events[e].limit = self.rows[s].due if what <= SESSION_KEEP else 0

    def reindex(self) -> None:
        """Build index, counts and timers anew from the rows, after a snapshot was loaded."""
        s: i64
        for s in range(self.scalars[0].session_used):
            if self.rows[s].key != 0:
                self.index.insert(self.rows[s].key, s)
                self.counts[self.account_of(s)].count += 1
                self.start(s)
