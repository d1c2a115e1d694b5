"""Groups as they come to the book, all their legs or none, and what a leg's turn begins with.

The legs of one group are messages one behind the other; the last one of them brings all in. Each gets a slot
at once, so that a fill of one finds its siblings; those that work from the start have their turns like
elected orders, children wait nowhere until their parent has filled something.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books
from openbell.core.phases import Phases
from openbell.core.prices import Prices
from openbell.core.stop_checks import StopChecks

if not cython.compiled:
    from openbell.core.codes import (
        E_BOOK_FULL,
        E_OK,
        E_SIBLING_REFUSED,
        EV_ACCEPTED,
        IN_CLOSED,
        IN_CONTINUOUS,
        MARKET,
        ROLE_PARENT,
        ST_OPEN,
        ST_PENDING,
        STOP,
        TRAIL_PERCENT,
        TRAILING_STOP,
        WHY_BOOK_FULL,
    )
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.prices import trail_stop
    from openbell.core.state import M_ELECTED, M_END, M_PRICED, M_REFUSED, NIL
    from openbell.core.stop_layouts import B_PERCENT, B_WAITS
    from openbell.core.types import i64


class GroupBook:
    """The book's side of groups but for what fills and ends of legs mean (legs.py)."""

    def __init__(self, memory: Any, books: Books, phases: Phases, stop_checks: StopChecks) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.orders = memory["book_orders"]
        self.extras = memory["extras"]
        self.rows = memory["book_legs"]
        self.counts = memory["leg_counts"]
        self.events = memory["events"]
        self.inbox = books.inbox
        self.letters = books.letters
        self.books = books
        self.phases = phases
        self.stop_checks = stop_checks
        self.legs = books.legs
        self.kin = books.legs.kin
        self.stops = books.stops
        self.prices: Prices = books.prices
        self.first = 0
        self.second = 0
        self.third = 0
        self.count = 0

    # -- entry -------------------------------------------------------------------------------------

    def handle(self, i: i64) -> None:
        """A leg came; the message of the last one has the number of all in `code`."""
        if self.count == 0:
            self.first = i
        elif self.count == 1:
            self.second = i
        else:
            self.third = i
        self.count += 1
        if self.count != self.inbox[i].code:
            return
        count: i64 = self.count
        self.count = 0
        k: i64
        for k in range(count):
            code: i64 = self.check(self.at(k))
            if code != E_OK:
                self.refuse(count, k, code)
                return
        before: i64 = NIL
        for k in range(count):
            before = self.admit(self.at(k), before)
        for k in range(count):
            self.begin(self.at(k))

    def at(self, k: i64) -> i64:
        """The index of the message of leg `k`."""
        if k == 0:
            return self.first
        return self.second if k == 1 else self.third

    def refuse(self, count: i64, bad: i64, code: i64) -> None:
        """No leg has any effect: the bad one has its code, the others name it."""
        limit: i64 = self.books.checks.limit
        observed: i64 = self.books.checks.observed
        k: i64
        for k in range(count):
            self.books.checks.limit = limit if k == bad else 0
            self.books.checks.observed = observed if k == bad else bad
            self.books.refuse(self.at(k), M_REFUSED, code if k == bad else E_SIBLING_REFUSED)

    def check(self, i: i64) -> i64:
        """The book's checks of one leg."""
        n: i64 = self.inbox[i].instrument
        side: i64 = self.inbox[i].side
        price: i64 = self.inbox[i].price
        kind: i64 = self.inbox[i].order_type
        if kind >= STOP:
            percent: bool = self.inbox[i].flags & B_PERCENT != 0
            return self.stop_checks.check(
                n, side, kind, price, self.inbox[i].value, self.inbox[i].quantity, percent, True
            )
        child: bool = self.inbox[i].reason > ROLE_PARENT
        code: i64 = E_OK
        if not child and self.instruments[n].status != IN_CONTINUOUS:
            code = self.phases.take(n, self.inbox[i].tif)
        if code == E_OK:
            code = self.books.checks.check(n, side, kind, price, self.inbox[i].quantity)
        if code != E_OK or child or kind == MARKET:
            return code
        return E_OK if self.books.checks.has_room(n, side, price, NIL) else E_BOOK_FULL

    def admit(self, i: i64, before: i64) -> i64:
        """Accept a leg, and put it behind the leg at slot `before` in the ring; returns its slot."""
        n: i64 = self.inbox[i].instrument
        child: bool = self.inbox[i].reason > ROLE_PARENT
        self.books.filled = 0
        slot: i64 = self.books.slot(i, n, self.inbox[i].side)
        self.orders[slot].flags |= B_GROUPED
        self.orders[slot].price = self.inbox[i].price
        self.orders[slot].level = NIL
        self.orders[slot].leaves = 0 if child else self.inbox[i].quantity
        self.extras[slot].rest = self.inbox[i].quantity if child else 0
        self.rows[slot].role = self.inbox[i].reason
        self.rows[slot].queued = 0
        self.rows[slot].begun = not child
        self.rows[slot].asked = self.inbox[i].value
        self.rows[slot].round = 0
        self.rows[slot].next = slot
        self.counts[n].legs += 1
        if before != NIL:
            self.rows[slot].next = self.rows[before].next
            self.rows[before].next = slot
        self.accept(i, child)
        return slot

    def accept(self, i: i64, child: bool) -> None:
        n: i64 = self.inbox[i].instrument
        stop: bool = self.inbox[i].order_type >= STOP
        e: i64 = self.books.outbox.event(EV_ACCEPTED, n, self.inbox[i].account, self.inbox[i].order)
        self.events[e].side = self.inbox[i].side
        self.events[e].order_type = self.inbox[i].order_type
        self.events[e].tif = self.inbox[i].tif
        waits: bool = child or stop or self.instruments[n].status == IN_CLOSED
        self.events[e].status = ST_PENDING if waits else ST_OPEN
        self.events[e].reason = self.inbox[i].reason
        self.events[e].price = self.inbox[i].price
        self.events[e].quantity = self.inbox[i].quantity
        self.events[e].leaves = self.inbox[i].quantity
        self.events[e].other_order = self.inbox[self.first].order
        if not stop:
            return
        self.events[e].limit = self.inbox[i].value
        if self.inbox[i].order_type == TRAILING_STOP:
            percent: bool = self.inbox[i].flags & B_PERCENT != 0
            self.events[e].code = TRAIL_PERCENT if percent else 0
            self.events[e].observed = self.inbox[i].value
            self.events[e].limit = trail_stop(
                self.inbox[i].side,
                self.inbox[i].limit,
                self.inbox[i].value,
                percent,
                self.instruments[n].tick_size,
            )

    def begin(self, i: i64) -> None:
        """Let a leg work that is no child, unless an earlier one has ended it already."""
        slot: i64 = self.books.queue.find(self.inbox[i].order)
        if slot < 0 or self.inbox[i].reason > ROLE_PARENT:
            return
        n: i64 = self.inbox[i].instrument
        if self.inbox[i].order_type >= STOP:
            self.arm(n, slot, self.inbox[i].limit)
        elif self.instruments[n].status == IN_CONTINUOUS:
            self.books.election.push(slot, False)
        elif self.place(n, slot) and self.instruments[n].status == IN_CLOSED:
            self.phases.tell_status(n, slot, ST_PENDING)

    def arm(self, n: i64, slot: i64, mark: i64) -> None:
        """Let a stop wait for its price."""
        self.stops.wait(slot, self.rows[slot].asked, mark, self.orders[slot].flags & B_PERCENT != 0)
        if self.instruments[n].status == IN_CONTINUOUS:
            self.books.election.cause = self.books.cause
            self.stops.elect_if_held(slot)

    def place(self, n: i64, slot: i64) -> bool:
        """Put a leg where the next auction finds it; without room for its price it ends."""
        price: i64 = self.orders[slot].price
        market: bool = self.orders[slot].order_type == MARKET
        if not market and not self.books.checks.has_room(n, self.orders[slot].side, price, NIL):
            i: i64 = self.legs.letter(M_END, slot, self.books.cause)
            self.letters[i].reason = WHY_BOOK_FULL
            self.letters[i].leaves = self.books.hidden.left(slot)
            self.books.forget(slot)
            return False
        self.phases.collect(slot, price, self.orders[slot].leaves)
        return True

    # -- turns -------------------------------------------------------------------------------------

    def ready(self, n: i64, slot: i64) -> bool:
        """A leg's turn has come; whether it goes to the book as an incoming order now."""
        self.rows[slot].round = self.scalars[0].rounds
        if self.rows[slot].role > ROLE_PARENT and not self.grow(n, slot):
            return False
        if self.orders[slot].leaves == 0:
            return False
        if self.instruments[n].status != IN_CONTINUOUS:
            self.place(n, slot)
            return False
        self.clip(n, slot)
        return True

    def clip(self, n: i64, slot: i64) -> None:
        """Nothing is priced beyond its band."""
        price: i64 = self.books.bands.clip(n, self.orders[slot].side, self.orders[slot].price)
        if price != self.orders[slot].price:
            self.orders[slot].price = price
            i: i64 = self.legs.letter(M_PRICED, slot, self.books.cause)
            self.letters[i].price = price
            self.letters[i].leaves = self.books.hidden.left(slot)

    def grow(self, n: i64, slot: i64) -> bool:
        """Let a child work for what its parent has filled; whether that is anew an incoming order."""
        left: i64 = self.books.hidden.left(slot)
        target: i64 = left - self.kin.parent_open(slot)
        waits: bool = self.orders[slot].flags & B_WAITS != 0
        if target <= self.orders[slot].leaves and (waits or self.kin.rests(slot)):
            return False
        first: bool = self.rows[slot].begun == 0
        if not waits and self.kin.rests(slot):
            self.legs.take_out(slot, NIL)
        self.orders[slot].leaves = target
        self.extras[slot].rest = left - target
        if waits or target == 0:
            return False
        self.rows[slot].begun = 1
        if first and self.orders[slot].order_type >= STOP:
            self.arm(n, slot, self.prices.reference(n))
            return False
        if first:
            i: i64 = self.legs.letter(M_ELECTED, slot, self.books.cause)
            self.letters[i].price = self.orders[slot].price
            self.letters[i].observed = self.instruments[n].last
        return True
