"""Looks ahead in a batch and asks the processor for the memory that the next commands will touch.

A command's time goes mostly into waiting for memory that nothing has touched lately: its request key's
cell, its account, its holding, its order, and what lies beside that order in its lists. The record names
the first of these and each names the next, so they are asked for in stages, a few commands apart, while
the commands before are applied. It changes nothing; interpreted it is not used.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.ladder import Ladder
from openbell.core.queue import Queue
from openbell.core.requests import Requests
from openbell.core.tickets import Tickets
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import BUY, C_CANCEL, C_MODIFY, C_NEW_ORDER, LIMIT, SELL
    from openbell.core.requests import fingerprint
    from openbell.core.state import HEADER_WORDS, NEW_ORDER_WORDS, NIL
    from openbell.core.types import (
        CELLS_AHEAD,
        LINKS_AHEAD,
        MAKERS_AHEAD,
        MARKS,
        OLD_AHEAD,
        OWNERS_AHEAD,
        ROWS_AHEAD,
        i64,
        prefetch,
        u64,
    )


class Scout:
    """Marks of the next commands: what each stage found is where the next stage starts."""

    def __init__(
        self,
        memory: Any,
        shard: int,
        tickets: Tickets,
        requests: Requests,
        vault: Vault,
        queue: Queue,
        ladder: Ladder,
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.holdings = memory["holdings"]
        self.rows = memory["tickets"]
        self.orders = memory["book_orders"]
        self.levels = memory["levels"]
        self.asked = memory["requests"]
        self.kept = memory["kept"]
        self.marks = memory["marks"]
        self.tickets = tickets
        self.requests = requests
        self.vault = vault
        self.queue = queue
        self.ladder = ladder
        self.shard = shard
        self.far = 0
        self.stop = 0
        self.count = 0
        self.old = 0
        self.newest = 0

    def read(self, source: Any) -> None:
        """Look into this batch from now on."""
        self.source = source

    def begin(self, at: i64, stop: i64) -> None:
        """Start at the record at word `at` of the batch."""
        self.far = at
        self.stop = stop
        i: i64
        for i in range(CELLS_AHEAD):
            self.cells(self.count + i)
        for i in range(ROWS_AHEAD):
            self.records(self.count + i)
        for i in range(LINKS_AHEAD):
            self.links(self.count + i)
        for i in range(MAKERS_AHEAD):
            self.makers(self.count + i)
        for i in range(OWNERS_AHEAD):
            self.owners(self.count + i)

    def step(self) -> None:
        """One command is about to be applied: move every stage by one."""
        self.cells(self.count + CELLS_AHEAD)
        self.records(self.count + ROWS_AHEAD)
        self.links(self.count + LINKS_AHEAD)
        self.makers(self.count + MAKERS_AHEAD)
        self.owners(self.count + OWNERS_AHEAD)
        self.suggest(self.count & (MARKS - 1))
        self.count += 1
        self.fresh()
        if self.old < self.requests.evicted + OLD_AHEAD:
            self.oldest()

    def suggest(self, m: i64) -> None:
        """Say where the order of the command to be applied lies, or where in its ladder it will."""
        if self.marks[m].kind == C_NEW_ORDER:
            self.ladder.guess = self.marks[m].slot
        elif self.marks[m].kind != 0 and self.marks[m].ticket != NIL and self.marks[m].slot != NIL:
            self.tickets.guess = self.marks[m].ticket
            self.queue.guess = self.marks[m].slot

    def owner(self, ticket: i64, account: i64) -> None:
        """A fill or an end of this order is about to be settled."""
        prefetch(cython.address(self.rows[ticket].id))
        prefetch(cython.address(self.rows[ticket].prev))
        prefetch(cython.address(self.accounts[account].cash))
        prefetch(cython.address(self.accounts[account].unsettled))

    def fresh(self) -> None:
        """Ask for the slots that were never used and will be taken next."""
        slot: i64 = self.scalars[0].ticket_used + ROWS_AHEAD
        if slot != self.newest and slot < self.tickets.capacity:
            self.newest = slot
            prefetch(cython.address(self.rows[slot].id))
            prefetch(cython.address(self.rows[slot].prev))
            prefetch(cython.address(self.rows[slot].text0))
        slot = self.scalars[0].request_used + ROWS_AHEAD
        if slot < self.requests.capacity:
            prefetch(cython.address(self.asked[slot].key_low))
            prefetch(cython.address(self.kept[slot].leaves))  # it begins where the one before it ends
            prefetch(cython.address(self.kept[slot].events))

    def empty(self) -> None:
        """Ask for the holding that an account's first order in an instrument will take."""
        slot: i64 = self.scalars[0].holding_used + ROWS_AHEAD
        if slot < self.vault.capacity:
            prefetch(cython.address(self.holdings[slot].quantity))

    # -- stages of a command ---------------------------------------------------------------------

    def cells(self, number: i64) -> None:
        """Mark the record behind the last one marked; ask for its account and the cells it is found by."""
        m: i64 = number & (MARKS - 1)
        self.marks[m].kind = 0
        at: i64 = self.far
        if at >= self.stop:
            return
        size: i64 = (self.source[at] & 0xFFFF) // 8
        if size <= HEADER_WORDS or size > self.stop - at:
            self.far = self.stop
            return
        self.far = at + size
        kind: i64 = (self.source[at] >> 16) & 255
        account: i64 = self.source[at + 8] & 0xFFFFFFF
        if account >= self.scalars[0].accounts:
            return
        self.requests.index.expect(fingerprint(account, self.source[at + 6], self.source[at + 7]))
        prefetch(cython.address(self.accounts[account].cash))
        order: u64 = self.source[at + HEADER_WORDS]
        if kind == C_NEW_ORDER and size >= HEADER_WORDS + NEW_ORDER_WORDS:
            self.vault.index.expect(account << 32 | (self.source[at + 10] & NIL))
            order = self.shard << 53 | self.source[at + 2] << 8
        elif kind != C_CANCEL and kind != C_MODIFY:
            return
        self.tickets.index.expect(order)
        self.queue.index.expect(order)
        self.marks[m].at = at
        self.marks[m].kind = kind
        self.marks[m].account = account

    def records(self, number: i64) -> None:
        """Ask for the holding or order of a marked record, and for the ends of its account's lists."""
        m: i64 = number & (MARKS - 1)
        kind: i64 = self.marks[m].kind
        if kind == 0:
            return
        at: i64 = self.marks[m].at
        account: i64 = self.marks[m].account
        slot: i64
        if kind == C_NEW_ORDER:
            slot = self.accounts[account].work_tail
            if slot != NIL:
                prefetch(cython.address(self.rows[slot].prev))
            slot = self.vault.find(account, self.source[at + 10] & NIL)
            if slot < 0:
                prefetch(cython.address(self.accounts[account].holdings))
                self.empty()
            elif self.source[at + HEADER_WORDS + 7] & 1 == SELL:
                prefetch(cython.address(self.holdings[slot].quantity))
            return
        slot = self.accounts[account].ended_tail
        if slot != NIL:
            prefetch(cython.address(self.asked[slot].key_low))
        slot = self.tickets.index.find(self.source[at + HEADER_WORDS])
        self.marks[m].ticket = NIL
        if slot >= 0:
            self.marks[m].ticket = slot
            prefetch(cython.address(self.rows[slot].id))
            prefetch(cython.address(self.rows[slot].prev))
        slot = self.queue.index.find(self.source[at + HEADER_WORDS])
        self.marks[m].slot = NIL
        if slot >= 0:
            self.marks[m].slot = slot
            prefetch(cython.address(self.orders[slot].id))

    def links(self, number: i64) -> None:
        """Ask for what lies beside a marked record's order, or where a new one will lie."""
        m: i64 = number & (MARKS - 1)
        kind: i64 = self.marks[m].kind
        if kind == 0:
            return
        if kind == C_NEW_ORDER:
            self.aim(m)
            return
        slot: i64 = self.marks[m].ticket
        if slot != NIL:
            self.beside(slot, self.rows[slot].side == SELL)
        slot = self.marks[m].slot
        if slot != NIL:
            if self.orders[slot].level != NIL:  # a child that waits lies at no price
                prefetch(cython.address(self.levels[self.orders[slot].level].price))
            near: i64 = self.orders[slot].prev
            if near != NIL:
                prefetch(cython.address(self.orders[near].id))
            near = self.orders[slot].next
            if near != NIL:
                prefetch(cython.address(self.orders[near].id))

    def beside(self, ticket: i64, holding: bool) -> None:
        """Ask for a ticket's request, its neighbours in its account's list, and its holding."""
        near: i64 = self.rows[ticket].request
        if near != NIL:
            prefetch(cython.address(self.asked[near].key_low))
        near = self.rows[ticket].holding
        if near != NIL and holding:
            prefetch(cython.address(self.holdings[near].quantity))
        near = self.rows[ticket].prev
        if near != NIL:
            prefetch(cython.address(self.rows[near].prev))
        near = self.rows[ticket].next
        if near != NIL:
            prefetch(cython.address(self.rows[near].prev))

    def aim(self, m: i64) -> None:
        """Ask for the level that a new order will meet: the other side's best, else its own."""
        self.marks[m].level = NIL
        self.marks[m].slot = 0
        at: i64 = self.marks[m].at
        n: i64 = self.source[at + 10] & NIL
        if n >= self.scalars[0].instruments:
            return
        word: i64 = self.source[at + HEADER_WORDS + 7]
        side: i64 = word & 1
        price: i64 = self.source[at + HEADER_WORDS]
        level: i64 = self.ladder.best(n, 1 - side)
        self.marks[m].ticket = 1
        if level >= 0 and (word >> 8) & 255 == LIMIT:
            best: i64 = self.levels[level].price
            if (side == BUY and price < best) or (side == SELL and price > best):
                level = self.ladder.find(n, side, price)
                self.marks[m].slot = self.ladder.guess
                self.marks[m].ticket = 0
        if level < 0:
            return
        self.marks[m].level = level
        prefetch(cython.address(self.levels[level].price))
        if self.marks[m].ticket == 1:
            slot: i64 = self.levels[level].head
            if slot != NIL:
                prefetch(cython.address(self.orders[slot].id))

    def makers(self, number: i64) -> None:
        """Ask for whom a marked new order will trade with, or stand behind."""
        m: i64 = number & (MARKS - 1)
        if self.marks[m].kind != C_NEW_ORDER or self.marks[m].level == NIL:
            return
        slot: i64
        if self.marks[m].ticket == 0:
            slot = self.levels[self.marks[m].level].tail
            if slot != NIL:
                prefetch(cython.address(self.orders[slot].id))
            return
        slot = self.levels[self.marks[m].level].head
        if slot == NIL:
            return
        self.owner(self.orders[slot].ref, self.orders[slot].account)
        slot = self.orders[slot].next
        if slot != NIL:
            prefetch(cython.address(self.orders[slot].id))
        account: i64 = self.marks[m].account
        prefetch(cython.address(self.accounts[account].unsettled))
        slot = self.vault.find(account, self.source[self.marks[m].at + 10] & NIL)
        if slot >= 0:
            prefetch(cython.address(self.holdings[slot].quantity))
        slot = self.accounts[account].ended_tail
        if slot != NIL:
            prefetch(cython.address(self.asked[slot].key_low))

    def owners(self, number: i64) -> None:
        """Ask for what settles the first trade of a marked new order on the other side."""
        m: i64 = number & (MARKS - 1)
        if self.marks[m].kind != C_NEW_ORDER or self.marks[m].level == NIL or self.marks[m].ticket == 0:
            return
        slot: i64 = self.levels[self.marks[m].level].head
        if slot == NIL:
            return
        self.beside(self.orders[slot].ref, True)
        tail: i64 = self.accounts[self.orders[slot].account].ended_tail
        if tail != NIL:
            prefetch(cython.address(self.asked[tail].key_low))
        slot = self.orders[slot].next
        if slot != NIL:
            self.owner(self.orders[slot].ref, self.orders[slot].account)

    # -- what will be forgotten ------------------------------------------------------------------

    def oldest(self) -> None:
        """Ask for the requests that will be forgotten next, their cells, their orders and those' cells."""
        slot: i64 = NIL
        if self.old >= self.requests.evicted:
            slot = self.marks[self.old & (MARKS - 1)].old
            if slot != NIL:
                slot = self.asked[slot].ended_next
        if slot == NIL:
            self.old = self.requests.evicted
            slot = self.scalars[0].ended_head
        self.old += 1
        self.marks[self.old & (MARKS - 1)].old = slot
        if slot == NIL:
            return
        prefetch(cython.address(self.asked[slot].key_low))
        slot = self.marks[(self.old - 3) & (MARKS - 1)].old
        if slot == NIL:
            return
        self.requests.index.expect(
            fingerprint(self.asked[slot].account, self.asked[slot].key_low, self.asked[slot].key_high)
        )
        prefetch(cython.address(self.accounts[self.asked[slot].account].cash))
        prefetch(cython.address(self.kept[slot].seq))
        prefetch(cython.address(self.kept[slot].leaves))
        prefetch(cython.address(self.kept[slot].events))
        slot = self.asked[slot].ticket
        if slot != NIL:
            prefetch(cython.address(self.rows[slot].id))
            prefetch(cython.address(self.rows[slot].prev))
            prefetch(cython.address(self.rows[slot].text0))
        slot = self.marks[(self.old - 6) & (MARKS - 1)].old
        if slot == NIL:
            return
        slot = self.asked[slot].ticket
        if slot != NIL:
            self.tickets.index.expect(self.rows[slot].id)
