"""Request keys: the same request twice has one effect and one answer.

A request is kept while its order works and for the time to live of log time after it ended, at most so
many ended ones per account and in all; when one goes, its order's ticket goes with it.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.table import Table
from openbell.core.tickets import Tickets

if not cython.compiled:
    from openbell.core.state import NIL
    from openbell.core.types import GOLDEN, WORD, i64, u64


def fingerprint(account: i64, low: u64, high: u64) -> u64:
    """A non-zero 64-bit mix of an account and its key; equal keys give equal fingerprints."""
    mixed: u64 = ((low ^ account) * GOLDEN) & WORD
    mixed = ((mixed ^ (mixed >> 32) ^ high) * GOLDEN) & WORD
    return mixed | 1


class Requests:
    """Slots of requests, found by (account, key) and listed by the time they ended."""

    def __init__(self, memory: Any, genesis: Any, tickets: Tickets) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.requests = memory["requests"]
        self.index = Table(memory["request_cells"], 0)
        self.tickets = tickets
        self.capacity = len(self.requests)
        self.ended_max = genesis.ended_per_account
        self.ttl = genesis.request_ttl_ns
        self.mark = 0  # fingerprint of the key looked for last
        self.evicted = 0  # how often the longest ended of all went

    def find(self, account: i64, low: u64, high: u64) -> i64:
        """The request of `account` with this key, or -1."""
        mark: u64 = fingerprint(account, low, high)
        self.mark = mark
        cell: i64 = self.index.first(mark)
        while cell >= 0:
            r: i64 = self.index.cells[cell].value
            if (
                self.requests[r].key_low == low
                and self.requests[r].key_high == high
                and self.requests[r].account == account
            ):
                return r
            cell = self.index.following(cell, mark)
        return -1

    def make_room(self) -> bool:
        """Room for one more request and ticket, at the cost of the longest ended; False if there is none."""
        while True:
            free: bool = self.scalars[0].request_free != NIL or self.scalars[0].request_used < self.capacity
            if free and self.tickets.has_room():
                return True
            if self.scalars[0].ended_head == NIL:
                return False
            self.evict(self.scalars[0].ended_head)

    def make_rooms(self, count: i64) -> bool:
        """The same for so many at once."""
        while True:
            free: i64 = self.capacity - self.scalars[0].requests
            if free >= count and self.tickets.capacity - self.scalars[0].tickets >= count:
                return True
            if self.scalars[0].ended_head == NIL:
                return False
            self.evict(self.scalars[0].ended_head)

    def add(self, account: i64, low: u64, high: u64, body: u64, ticket: i64) -> i64:
        """A new request, not ended; the caller has made room, and looked for the key just before."""
        r: i64 = self.scalars[0].request_free
        if r != NIL:
            self.scalars[0].request_free = self.requests[r].next
        else:
            r = self.scalars[0].request_used
            self.scalars[0].request_used = r + 1
        self.scalars[0].requests += 1
        self.requests[r].key_low = low
        self.requests[r].key_high = high
        self.requests[r].body = body
        self.requests[r].account = account
        self.requests[r].ticket = ticket
        self.requests[r].ended = 0
        if low != 0 or high != 0:
            self.index.insert(self.mark, r)
        return r

    def end(self, r: i64, a: i64, now: i64) -> None:
        """The request of account `a`, or its order, is over: start its time to live."""
        self.requests[r].ended_ts = now
        self.requests[r].ended = 1
        tail: i64 = self.accounts[a].ended_tail
        self.requests[r].next = NIL
        if tail == NIL:
            self.accounts[a].ended_head = r
        else:
            self.requests[tail].next = r
        self.accounts[a].ended_tail = r
        self.accounts[a].ended += 1
        tail = self.scalars[0].ended_tail
        self.requests[r].ended_prev = tail
        self.requests[r].ended_next = NIL
        if tail == NIL:
            self.scalars[0].ended_head = r
        else:
            self.requests[tail].ended_next = r
        self.scalars[0].ended_tail = r

    def trim(self, account: i64) -> None:
        """Forget an account's longest ended requests above its limit."""
        while self.accounts[account].ended > self.ended_max:
            self.evict(self.accounts[account].ended_head)

    def expire(self, now: i64) -> None:
        """Forget every request whose time to live is over at `now`, in the order they ended."""
        while self.scalars[0].ended_head != NIL:
            r: i64 = self.scalars[0].ended_head
            if self.requests[r].ended_ts > now - self.ttl:
                return
            self.evict(r)

    def evict(self, r: i64) -> None:
        """Forget an ended request, the longest ended of its account, and its order's ticket."""
        a: i64 = self.requests[r].account
        self.accounts[a].ended_head = self.requests[r].next
        if self.requests[r].next == NIL:
            self.accounts[a].ended_tail = NIL
        self.accounts[a].ended -= 1
        before: i64 = self.requests[r].ended_prev
        after: i64 = self.requests[r].ended_next
        if before == NIL:
            self.scalars[0].ended_head = after
            self.evicted += 1
        else:
            self.requests[before].ended_next = after
        if after == NIL:
            self.scalars[0].ended_tail = before
        else:
            self.requests[after].ended_prev = before
        self.free(r)

    def free(self, r: i64) -> None:
        if self.requests[r].ticket != NIL:
            self.tickets.free(self.requests[r].ticket)
        self.unindex(r)
        self.requests[r].ended = 0
        self.requests[r].key_low = 0
        self.requests[r].key_high = 0
        self.requests[r].next = self.scalars[0].request_free
        self.scalars[0].request_free = r
        self.scalars[0].requests -= 1

    def unindex(self, r: i64) -> None:
        if self.requests[r].key_low == 0 and self.requests[r].key_high == 0:
            return
        mark: u64 = fingerprint(self.requests[r].account, self.requests[r].key_low, self.requests[r].key_high)
        cell: i64 = self.index.first(mark)
        while cell >= 0:
            if self.index.cells[cell].value == r:
                self.index.remove_cell(cell)
                return
            cell = self.index.following(cell, mark)

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        r: i64
        for r in range(self.scalars[0].request_used):
            if self.requests[r].key_low != 0 or self.requests[r].key_high != 0:
                mark: u64 = fingerprint(
                    self.requests[r].account, self.requests[r].key_low, self.requests[r].key_high
                )
                self.index.insert(mark, r)
