"""Looks ahead in a batch and asks the processor for the memory that the next commands will touch.

A command's time goes mostly into waiting for memory that nothing has touched lately: its request key's
cell, its account, its holding, its order. All are named by the record itself, so they can be on their way
while the commands before it are applied. It changes nothing; interpreted it is not used.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.queue import Queue
from openbell.core.requests import Requests
from openbell.core.tickets import Tickets
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import C_CANCEL, C_MODIFY, C_NEW_ORDER
    from openbell.core.requests import fingerprint
    from openbell.core.state import HEADER_WORDS, NIL
    from openbell.core.types import FAR, NEAR_AHEAD, i64, prefetch


class Scout:
    """Two marks in the batch: at the far one cells are asked for, at the near one what the cells name."""

    def __init__(self, memory: Any, tickets: Tickets, requests: Requests, vault: Vault, queue: Queue) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.holdings = memory["holdings"]
        self.rows = memory["tickets"]
        self.orders = memory["book_orders"]
        self.kept = memory["kept"]
        self.tickets = tickets
        self.requests = requests
        self.vault = vault
        self.queue = queue
        self.far = 0
        self.near = 0
        self.stop = 0

    def read(self, source: Any) -> None:
        """Look into this batch from now on."""
        self.source = source

    def begin(self, at: i64, stop: i64) -> None:
        """Start at the record at word `at` of the batch."""
        self.far = at
        self.near = at
        self.stop = stop
        _i: i64
        for _i in range(FAR):
            self.far = self.look_far(self.far)
        for _i in range(NEAR_AHEAD):
            self.near = self.look_near(self.near)

    def step(self) -> None:
        """One command is about to be applied: move both marks, and ask for the slots it will take."""
        slot: i64 = self.scalars[0].ticket_used + NEAR_AHEAD
        if slot < self.tickets.capacity:
            prefetch(cython.address(self.rows[slot].id))
            prefetch(cython.address(self.rows[slot].prev))
            prefetch(cython.address(self.rows[slot].text0))
        slot = self.scalars[0].request_used + NEAR_AHEAD
        if slot < self.requests.capacity:
            prefetch(cython.address(self.requests.requests[slot].key_low))
            prefetch(cython.address(self.kept[slot].seq))
            prefetch(cython.address(self.kept[slot].events))
        self.far = self.look_far(self.far)
        self.near = self.look_near(self.near)

    def owner(self, ticket: i64, account: i64) -> None:
        """A fill or an end of this order is about to be settled."""
        prefetch(cython.address(self.rows[ticket].id))
        prefetch(cython.address(self.rows[ticket].prev))
        prefetch(cython.address(self.accounts[account].cash))
        prefetch(cython.address(self.accounts[account].holdings))

    def after(self, at: i64) -> i64:
        """Where the record behind the one at `at` begins; the end of the batch for what is no record."""
        size: i64 = (self.source[at] & 0xFFFF) // 8
        if size <= HEADER_WORDS or size > self.stop - at:
            return self.stop
        return at + size

    def look_far(self, at: i64) -> i64:
        """Ask for the cells and the account of the record at `at`; returns where the next begins."""
        if at >= self.stop:
            return at
        following: i64 = self.after(at)
        if following == self.stop:
            return following
        kind: i64 = (self.source[at] >> 16) & 255
        account: i64 = self.source[at + 8] & 0xFFFFFFF
        if account >= self.scalars[0].accounts:
            return following
        self.requests.index.expect(fingerprint(account, self.source[at + 6], self.source[at + 7]))
        prefetch(cython.address(self.accounts[account].cash))
        prefetch(cython.address(self.accounts[account].holdings))
        if kind == C_NEW_ORDER:
            self.vault.index.expect(account << 32 | (self.source[at + 10] & NIL))
        elif kind == C_CANCEL or kind == C_MODIFY:
            self.tickets.index.expect(self.source[at + HEADER_WORDS])
            self.queue.index.expect(self.source[at + HEADER_WORDS])
        return following

    def look_near(self, at: i64) -> i64:
        """Ask for the holding or order of the record at `at`; returns where the next begins."""
        if at >= self.stop:
            return at
        following: i64 = self.after(at)
        if following == self.stop:
            return following
        kind: i64 = (self.source[at] >> 16) & 255
        slot: i64
        if kind == C_NEW_ORDER:
            slot = self.vault.find(self.source[at + 8] & 0xFFFFFFF, self.source[at + 10] & NIL)
            if slot >= 0:
                prefetch(cython.address(self.holdings[slot].quantity))
        elif kind == C_CANCEL or kind == C_MODIFY:
            slot = self.tickets.find(self.source[at + HEADER_WORDS])
            if slot >= 0:
                prefetch(cython.address(self.rows[slot].id))
                prefetch(cython.address(self.rows[slot].holding))
            slot = self.queue.find(self.source[at + HEADER_WORDS])
            if slot >= 0:
                prefetch(cython.address(self.orders[slot].id))
        return following
