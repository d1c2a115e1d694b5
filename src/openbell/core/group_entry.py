"""Order entry of groups: every leg passes the whole table of checks, or no leg has any effect.

The legs of the command on the desk are put one after the other where a NEW_ORDER has its body, and checked as
one; each finds the legs before it accepted.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core import group_layouts
from openbell.core.channel import Channel
from openbell.core.command import Command
from openbell.core.entry import Entry
from openbell.core.groups import Groups
from openbell.core.requests import Requests

if not cython.compiled:
    from openbell.core.codes import (
        BRACKET,
        DAY,
        E_BAD_GROUP,
        E_BAD_QUANTITY,
        E_BAD_SIDE,
        E_BAD_TIME_IN_FORCE,
        E_BAD_TYPE,
        E_GROUPS_FULL,
        E_OK,
        E_ORDERS_FULL,
        E_POSITIONS_FULL,
        E_SIBLING_REFUSED,
        E_UNKNOWN_INSTRUMENT,
        E_UNSUPPORTED,
        FROM_APP,
        GTC,
        GTD,
        LIMIT,
        MARKET,
        OCO,
        OPG,
        ROLE_CHILD,
        ROLE_LEG,
        ROLE_PARENT,
        ROLE_STOP_LOSS,
        ROLE_TAKE_PROFIT,
        ST_OPEN,
        ST_PENDING,
        ST_REJECTED,
        STOP,
        TRAIL_PERCENT,
    )
    from openbell.core.group_layouts import LEGS_AT, LEGS_MAX, TEXT_AT, TEXT_WORDS
    from openbell.core.state import (
        F_STP,
        HEADER_WORDS,
        M_LEG,
        NEW_GROUP_WORDS,
        NEW_ORDER_WORDS,
        NIL,
    )
    from openbell.core.types import i64, u64


class GroupEntry:
    """The NEW_GROUP on the desk."""

    def __init__(self, memory: Any, genesis: Any, entry: Entry) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.rows = memory["tickets"]
        self.legs = memory["ticket_legs"]
        self.command: Command = entry.command
        self.words = entry.command.words
        self.head = entry.head
        self.order = entry.order
        self.entry = entry
        self.requests: Requests = entry.requests
        self.groups: Groups = entry.machine.groups
        self.post: Channel = entry.post
        self.letters = entry.letters
        self.capacity = group_layouts.groups_max(genesis)
        self.kind = 0
        self.count = 0
        self.first = NIL
        self.second = NIL
        self.third = NIL
        self.side = 0
        self.quantity = 0

    # -- the command -----------------------------------------------------------------------------------

    def new(self, order: i64, body: u64) -> i64:
        """Apply the group as orders number `order` and on; its first ticket, or -1 and a refusal."""
        n: i64 = self.head[0].instrument
        self.kind = self.command.new_group[0].kind
        self.count = self.command.new_group[0].legs
        if not self.is_whole():
            self.command.fail(E_BAD_GROUP, LEGS_MAX, self.count)
            return -1
        if n >= self.scalars[0].instruments:
            self.command.fail(E_UNKNOWN_INSTRUMENT, self.scalars[0].instruments, n)
            return -1
        if self.scalars[0].groups >= self.capacity:
            self.command.fail(E_GROUPS_FULL, self.capacity, self.capacity + 1)
            return -1
        if not self.requests.make_rooms(self.count):
            capacity: i64 = self.entry.tickets.capacity
            self.command.fail(E_ORDERS_FULL, capacity, capacity)
            return -1
        self.set_aside()
        self.write(order, body, n)
        bad: i64 = self.check_all(n)
        if bad >= 0:
            self.reject(bad)
            return self.first
        self.send()
        return self.first

    def is_whole(self) -> bool:
        """Whether there is such a kind, and it has its legs."""
        if self.kind < OCO or self.kind > BRACKET:
            return False
        if self.count != (LEGS_MAX if self.kind == BRACKET else LEGS_MAX - 1):
            return False
        return self.command.size >= HEADER_WORDS + NEW_GROUP_WORDS + self.count * NEW_ORDER_WORDS

    def set_aside(self) -> None:
        """Copy the legs, and the client's own id behind them, to where the desk is free."""
        at: i64 = HEADER_WORDS + NEW_GROUP_WORDS
        size: i64 = self.count * NEW_ORDER_WORDS
        i: i64
        for i in range(TEXT_WORDS):
            self.words[TEXT_AT + i] = self.command.text(NEW_GROUP_WORDS, size + i)
        for i in range(size):
            self.words[LEGS_AT + i] = self.words[at + i]

    def load(self, k: i64) -> None:
        """Make leg `k` the body of the command; the client's own id is the first one's."""
        at: i64 = LEGS_AT + k * NEW_ORDER_WORDS
        i: i64
        for i in range(NEW_ORDER_WORDS):
            self.words[HEADER_WORDS + i] = self.words[at + i]
        self.command.size = HEADER_WORDS + NEW_ORDER_WORDS
        if k == 0:
            for i in range(TEXT_WORDS):
                self.words[HEADER_WORDS + NEW_ORDER_WORDS + i] = self.words[TEXT_AT + i]
            self.command.size += TEXT_WORDS

    def write(self, order: i64, body: u64, n: i64) -> None:
        """A ticket for each leg; the request key is the first one's."""
        low: u64 = self.head[0].key_low
        high: u64 = self.head[0].key_high
        before: i64 = NIL
        k: i64
        for k in range(self.count):
            self.load(k)
            t: i64 = self.entry.ticket(order + k, self.head[0].account, n, body)
            self.groups.join(t, before, self.role(k), self.kind)
            self.head[0].key_low = 0
            self.head[0].key_high = 0
            before = t
            if k == 0:
                self.first = t
            elif k == 1:
                self.second = t
            else:
                self.third = t
        self.head[0].key_low = low
        self.head[0].key_high = high
        self.scalars[0].groups += 1

    def role(self, k: i64) -> i64:
        if self.kind == OCO:
            return ROLE_LEG
        if k == 0:
            return ROLE_PARENT
        if self.kind != BRACKET:
            return ROLE_CHILD
        return ROLE_TAKE_PROFIT if k == 1 else ROLE_STOP_LOSS

    def at(self, k: i64) -> i64:
        """The ticket of leg `k`."""
        if k == 0:
            return self.first
        return self.second if k == 1 else self.third

    # -- checks ----------------------------------------------------------------------------------------

    def check_all(self, n: i64) -> i64:
        """Accept the legs one after the other; the number of one that does not pass, or -1."""
        k: i64
        for k in range(self.count):
            self.load(k)
            t: i64 = self.at(k)
            code: i64 = self.entry.shape()
            if code == E_OK:
                code = self.fits(k)
            if code == E_OK:
                code = self.entry.examine(t, n)
            if code == E_OK:
                code = self.hold(t, n)
            if code != E_OK:
                self.rows[t].code = code
                return k
            self.rows[t].status = ST_OPEN
            if self.order[0].order_type >= STOP or self.legs[t].role > ROLE_PARENT:
                self.rows[t].status = ST_PENDING
            self.entry.tickets.link(t)
            self.entry.terms.keep(t)
        return -1

    def fits(self, k: i64) -> i64:
        """Whether a leg that is a right order is right as this leg of this group."""
        self.entry.limit = 0
        self.entry.observed = 0
        known: i64 = FROM_APP | TRAIL_PERCENT
        if self.order[0].display != -1 or self.order[0].min_quantity != 0:
            return E_UNSUPPORTED
        if self.order[0].notional != 0 or self.order[0].flags & ~known or self.order[0].tif >= OPG:
            return E_UNSUPPORTED
        role: i64 = self.role(k)
        kind: i64 = self.order[0].order_type
        limits: bool = kind == LIMIT
        if (
            (kind == MARKET and role != ROLE_PARENT)
            or (limits and role == ROLE_STOP_LOSS)
            or (not limits and role == ROLE_TAKE_PROFIT)
        ):
            return E_BAD_TYPE
        tif: i64 = self.order[0].tif
        if role != ROLE_PARENT and tif != DAY and tif != GTC and tif != GTD:
            return E_BAD_TIME_IN_FORCE
        if k == 0:
            self.side = self.order[0].side
            self.quantity = self.order[0].quantity
            return E_OK
        if (self.order[0].side == self.side) != (role == ROLE_LEG):
            return E_BAD_SIDE
        self.entry.limit = self.quantity
        self.entry.observed = self.order[0].quantity
        return E_OK if self.order[0].quantity == self.quantity else E_BAD_QUANTITY

    def hold(self, t: i64, n: i64) -> i64:
        """Reserve what the group needs more with this leg."""
        a: i64 = self.rows[t].account
        if self.scalars[0].tariffs != 0:
            self.entry.machine.fees.stamp(t)
        amount: i64 = self.entry.machine.need(t, self.rows[t].price, self.rows[t].quantity)
        extra: i64 = self.groups.extra(t, amount, self.entry.machine.fee)
        h: i64 = self.entry.vault.find(a, n)
        code: i64 = self.entry.covered(self.rows[t].side, a, h, extra)
        if code != E_OK:
            return code
        if h < 0:
            h = self.entry.vault.open(a, n)
            if h < 0:
                self.entry.limit = self.entry.vault.capacity
                self.entry.observed = self.entry.vault.capacity + 1
                return E_POSITIONS_FULL
        self.rows[t].holding = h
        self.entry.machine.reserve(t, amount)
        return E_OK

    def reject(self, bad: i64) -> None:
        """Nothing was accepted: leg `bad` has its refusal, the others name it."""
        code: i64 = self.rows[self.at(bad)].code
        limit: i64 = self.entry.limit
        observed: i64 = self.entry.observed
        k: i64
        for k in range(self.count):
            t: i64 = self.at(k)
            if k < bad:
                self.entry.machine.reserve(t, 0)
                self.entry.machine.leave(t)
            else:
                self.groups.leave(t)
            self.rows[t].holding = NIL
        for k in range(self.count):
            t = self.at(k)
            if k == bad:
                self.entry.machine.reject(t, code, limit, observed)
            else:
                self.entry.machine.reject(t, E_SIBLING_REFUSED, 0, bad)

    # -- onward ----------------------------------------------------------------------------------------

    def send(self) -> None:
        """One message for each leg, one behind the other; the last one says how many they are."""
        k: i64
        for k in range(self.count):
            self.load(k)
            t: i64 = self.at(k)
            i: i64 = self.post.post(
                M_LEG, self.rows[t].instrument, self.rows[t].account, self.rows[t].id, self.head[0].seq
            )
            self.letters[i].side = self.rows[t].side
            self.letters[i].order_type = self.rows[t].order_type
            self.letters[i].tif = self.rows[t].tif
            self.letters[i].flags = self.rows[t].flags & F_STP
            self.letters[i].reason = self.role(k)
            self.letters[i].code = self.count if k == self.count - 1 else 0
            self.letters[i].ref = t
            self.letters[i].price = self.rows[t].price
            self.letters[i].quantity = self.rows[t].quantity
            self.letters[i].other_account = self.accounts[self.rows[t].account].group
            if self.rows[t].order_type >= STOP:
                self.entry.stop_entry.load(t, i)

    def shown(self) -> i64:
        """The ticket that the answer is about: of the leg that was refused, else the first."""
        k: i64
        for k in range(self.count):
            t: i64 = self.at(k)
            if self.rows[t].status == ST_REJECTED and self.rows[t].code != E_SIBLING_REFUSED:
                return t
        return self.first
