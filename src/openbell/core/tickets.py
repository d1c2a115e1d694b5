"""Orders as their owners see them: slots, index by id, and the lists of those that work."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.records import ID_INDEX_BITS
from openbell.core.table import Table

if not cython.compiled:
    from openbell.core.codes import ST_NONE
    from openbell.core.rulebook import F_FEES
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Tickets:
    """One ticket per order, kept while it works and as long after as its request is kept."""

    def __init__(self, memory: Any, genesis: Any) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.tickets = memory["tickets"]
        self.charges = memory["charges"]
        self.index = Table(memory["ticket_cells"], ID_INDEX_BITS)
        self.capacity = len(self.tickets)
        self.working_max = genesis.orders
        self.guess = 0  # the ticket looked at first: the scout's of this command

    def find(self, order: i64) -> i64:
        """The ticket of an order that works or ended lately, or -1."""
        if order != 0 and self.tickets[self.guess].id == order:
            return self.guess
        return self.index.find(order)

    def has_room(self) -> bool:
        return self.scalars[0].ticket_free != NIL or self.scalars[0].ticket_used < self.capacity

    def new(self, order: i64, account: i64, instrument: i64, session: i64) -> i64:
        """A fresh ticket, linked nowhere; the caller has made room."""
        t: i64 = self.scalars[0].ticket_free
        if t != NIL:
            self.scalars[0].ticket_free = self.tickets[t].next
        else:
            t = self.scalars[0].ticket_used
            self.scalars[0].ticket_used = t + 1
        self.scalars[0].tickets += 1
        self.tickets[t].id = order
        self.tickets[t].account = account
        self.tickets[t].instrument = instrument
        self.tickets[t].session = session
        self.tickets[t].filled = 0
        self.tickets[t].notional = 0
        self.tickets[t].reserved = 0
        self.tickets[t].holding = NIL
        self.tickets[t].request = NIL
        self.tickets[t].reason = 0
        self.tickets[t].pending = 0
        self.tickets[t].code = 0
        self.tickets[t].flags = 0
        self.tickets[t].limit = 0
        self.tickets[t].observed = 0
        self.index.insert(order, t)
        return t

    def free(self, t: i64) -> None:
        """Forget an ended order."""
        self.index.remove(self.tickets[t].id)
        if self.tickets[t].flags & F_FEES:
            self.charges[t].fee = 0
            self.charges[t].taken = 0
            self.charges[t].auctioned = 0
            self.charges[t].schedule = 0
        self.tickets[t].id = 0
        self.tickets[t].status = ST_NONE
        self.tickets[t].next = self.scalars[0].ticket_free
        self.scalars[0].ticket_free = t
        self.scalars[0].tickets -= 1

    def link(self, t: i64) -> None:
        """Put an order last in its account's list of working orders."""
        a: i64 = self.tickets[t].account
        tail: i64 = self.accounts[a].work_tail
        self.tickets[t].prev = tail
        self.tickets[t].next = NIL
        if tail == NIL:
            self.accounts[a].work_head = t
        else:
            self.tickets[tail].next = t
        self.accounts[a].work_tail = t
        self.accounts[a].open_orders += 1
        self.scalars[0].working += 1

    def unlink(self, t: i64) -> None:
        """Take an order out of its account's list of working orders."""
        a: i64 = self.tickets[t].account
        before: i64 = self.tickets[t].prev
        after: i64 = self.tickets[t].next
        if before == NIL:
            self.accounts[a].work_head = after
        else:
            self.tickets[before].next = after
        if after == NIL:
            self.accounts[a].work_tail = before
        else:
            self.tickets[after].prev = before
        self.accounts[a].open_orders -= 1
        self.scalars[0].working -= 1

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        t: i64
        for t in range(self.scalars[0].ticket_used):
            if self.tickets[t].id != 0:
                self.index.insert(self.tickets[t].id, t)
