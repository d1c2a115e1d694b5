"""The trading floor: every message to the books, stops among them, and the turns of elected orders.

A cascade is bounded. Every trade fills one of its two orders whole or empties an iceberg's slice, every
self-trade that was prevented ends one of them, and every order of the shard is elected, rests and ends at
most once in a command. With room for W orders, and W / 2 slices that wait in icebergs (hidden.py), a command
makes at most 3 / 2 x W trades (a TRADE and two FILL each), W LEVEL of orders that end, W ELECTED and W LEVEL
of those that rest: 15 / 2 x W + 2 events and 4 x W + 3 letters, for which `Memory` has room; what a band
ends that moves (bands.py) ends once too. A child of a group has one turn in a cascade (election.py): it can
be used up once more, and take its place and lower its sibling once more, ten events for each leg that there
is room for. What a fill of a resting leg says of its sibling stands for places that the order which was
filled whole then never takes. Accounts are told after every slice of turns.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books
from openbell.core.changes import Changes
from openbell.core.election import Election
from openbell.core.group_book import GroupBook
from openbell.core.phases import Phases
from openbell.core.stop_checks import StopChecks
from openbell.core.stops import Stops

if not cython.compiled:
    from openbell.core.codes import (
        DAY,
        E_BAD_PRICE,
        E_BAD_STOP_PRICE,
        E_FILLED_SINCE,
        E_OK,
        EV_ACCEPTED,
        FOK,
        GTC,
        GTD,
        IN_CONTINUOUS,
        LIMIT,
        MARKET,
        PRIORITY_KEPT,
        SET_PRICE,
        SET_QUANTITY,
        SET_STOP_PRICE,
        ST_PENDING,
        STOP,
        STOP_LIMIT,
        UNCHANGED,
        WHY_BOOK_FULL,
        WHY_FOK,
        WHY_SELF_TRADE,
        WHY_USER,
    )
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import (
        M_CANCEL,
        M_END,
        M_ENTER,
        M_LEG,
        M_MODIFIED,
        M_MODIFY,
        M_NOT_FOUND,
        M_NOT_MODIFIED,
        M_REFUSED,
        NIL,
        OUTPUT_RECORDS,
    )
    from openbell.core.stop_layouts import B_PERCENT, B_WAITS
    from openbell.core.types import i64, u64


class Floor:
    """Books, phases and stops of one shard as one machine."""

    def __init__(self, memory: Any, genesis: Any, books: Books, phases: Phases) -> None:
        self.instruments = memory["instruments"]
        self.orders = memory["book_orders"]
        self.events = memory["events"]
        self.books = books
        self.changes = Changes(memory, books)
        self.phases = phases
        self.stops: Stops = books.stops
        self.stop_checks = StopChecks(memory, books.checks)
        self.groups = GroupBook(memory, books, phases, self.stop_checks)
        self.extras = memory["extras"]
        self.election: Election = books.stops.election
        self.letters = memory["mail"]
        self.inbox = books.inbox
        self.slice = genesis.slice

    def run(self, messages: Any, start: i64, stop: i64) -> i64:
        """Apply an array of messages without an account machine, as a shard of books only would.

        Returns the index after the last one applied: less than `stop` when the events should be taken first.
        """
        self.inbox = messages
        self.books.inbox = messages
        self.phases.inbox = messages
        self.groups.inbox = messages
        self.changes.inbox = messages
        at: i64 = start
        with cython.nogil:
            while at < stop and self.books.outbox.count < OUTPUT_RECORDS:
                self.books.outbox.begin(self.inbox[at].cause)
                self.handle(at)
                if self.election.head != NIL and self.groups.count == 0:
                    while self.election.head != NIL:
                        self.take_turns()
                    self.election.close()
                self.books.mail.taken = self.books.mail.sent
                at += 1
        return at

    def lookup(self, order: u64) -> tuple[int, int, int]:
        """Stop price, mark and age of a stop that waits; zeros for every other order."""
        slot: i64 = self.books.queue.find(order)
        if slot < 0 or not self.orders[slot].flags & B_WAITS:
            return 0, 0, 0
        mark: i64 = self.stops.mark_of(slot) if self.trail_of(slot) != 0 else 0
        return self.stops.stop_of(slot), mark, self.stops.age_of(slot)

    def handle(self, i: i64) -> None:
        """Apply the message at index `i` of the inbox; `take_turns` until nobody is elected any more."""
        n: i64 = self.inbox[i].instrument
        if self.instruments[n].tier == 0:
            self.apply(i)
            return
        if self.inbox[i].kind != M_CANCEL:  # who sweeps over orders must not meet others' ends
            self.books.bands.look(n, self.books.time)
            self.books.band_ends.run(n, self.inbox[i].cause)
        self.apply(i)
        self.phases.settle_band(n)

    def apply(self, i: i64) -> None:
        """Apply a message to the continuous book, the phases or the stops."""
        if self.inbox[i].order_type < STOP:
            if self.books.handle(i):
                return
            if self.inbox[i].kind != M_LEG and self.inbox[i].kind != M_MODIFY:
                self.phases.handle(i)
                return
        self.books.cause = self.inbox[i].cause
        if self.inbox[i].kind == M_ENTER:
            self.enter(i)
        elif self.inbox[i].kind == M_LEG:
            self.groups.handle(i)
        elif self.inbox[i].order_type < STOP:
            self.changes.modify(i)
        else:
            self.modify(i)
        self.books.publish(self.inbox[i].instrument)

    # -- stops -------------------------------------------------------------------------------------

    def enter(self, i: i64) -> None:
        """Let a new stop wait; one whose condition holds already is elected at once."""
        n: i64 = self.inbox[i].instrument
        side: i64 = self.inbox[i].side
        price: i64 = self.inbox[i].price
        asked: i64 = self.inbox[i].value
        self.books.leaves = self.inbox[i].quantity
        self.books.filled = 0
        percent: bool = self.inbox[i].flags & B_PERCENT != 0
        kind: i64 = self.inbox[i].order_type
        code: i64 = self.stop_checks.check(n, side, kind, price, asked, self.books.leaves, percent, True)
        if code != E_OK:
            self.books.refuse(i, M_REFUSED, code)
            return
        slot: i64 = self.books.slot(i, n, side)
        self.orders[slot].price = price
        self.orders[slot].leaves = self.books.leaves
        self.stops.wait(slot, asked, self.inbox[i].limit, percent)
        self.accept(i, slot)
        self.elect_if_held(n, slot)

    def elect_if_held(self, n: i64, slot: i64) -> None:
        """Elect a stop at once whose condition holds; what is not in continuous trading waits for a trade."""
        if self.instruments[n].status == IN_CONTINUOUS:
            self.election.cause = self.books.cause
            self.stops.elect_if_held(slot)

    def accept(self, i: i64, slot: i64) -> None:
        e: i64 = self.books.outbox.event(
            EV_ACCEPTED, self.inbox[i].instrument, self.inbox[i].account, self.inbox[i].order
        )
        self.events[e].side = self.inbox[i].side
        self.events[e].order_type = self.inbox[i].order_type
        self.events[e].tif = self.inbox[i].tif
        self.events[e].status = ST_PENDING
        self.events[e].code = self.stops.flags_of(slot)
        self.events[e].price = self.inbox[i].price
        self.events[e].quantity = self.inbox[i].quantity
        self.events[e].leaves = self.inbox[i].quantity
        self.events[e].limit = self.stops.stop_of(slot)
        self.events[e].observed = self.trail_of(slot)

    def trail_of(self, slot: i64) -> i64:
        """The trail of a waiting stop, 0 if it has none."""
        return self.stops.asked_of(slot) if self.orders[slot].order_type > STOP_LIMIT else 0

    def modify(self, i: i64) -> None:
        """Give a stop another limit, stop price or trail, or total, whole or not at all."""
        slot: i64 = self.books.queue.find(self.inbox[i].order)
        if slot < 0:
            self.books.refuse(i, M_NOT_FOUND, E_OK)
        elif self.orders[slot].flags & B_WAITS:
            self.modify_waiting(i, slot)
        elif self.orders[slot].flags & B_GROUPED and not self.books.legs.kin.rests(slot):
            self.changes.modify(i)  # it does not work yet
        elif self.inbox[i].flags & SET_STOP_PRICE:
            self.books.checks.limit = 0
            self.books.checks.observed = self.inbox[i].value
            self.books.refuse(i, M_NOT_MODIFIED, E_BAD_STOP_PRICE)
        else:
            self.changes.modify(i)

    def modify_waiting(self, i: i64, slot: i64) -> None:
        """`price` of the message is the new limit, if the message sets one or the stop price decides it.

        `observed` is the limit that goes with a lone price, which a STOP reads as its stop price.
        """
        flags: i64 = self.inbox[i].flags
        price: i64 = self.orders[slot].price
        asked: i64 = self.stops.asked_of(slot)
        total: i64 = self.orders[slot].leaves
        priced: bool = self.orders[slot].order_type == STOP_LIMIT
        lone: bool = flags & SET_PRICE != 0 and self.orders[slot].order_type == STOP
        if flags & SET_PRICE or (flags & SET_STOP_PRICE and not priced):
            price = self.inbox[i].price
        if flags & SET_STOP_PRICE:
            asked = self.inbox[i].value
        elif lone:  # a STOP that waits has no price but its stop price
            asked = price
            price = self.inbox[i].observed
        if flags & SET_QUANTITY:
            total = self.inbox[i].quantity
        self.books.checks.limit = self.inbox[i].limit
        self.books.checks.observed = 0
        if self.inbox[i].limit > 0:
            self.books.refuse(i, M_NOT_MODIFIED, E_FILLED_SINCE)
        elif flags & SET_PRICE and not priced and not lone:
            self.books.checks.limit = 0
            self.books.checks.observed = price
            self.books.refuse(i, M_NOT_MODIFIED, E_BAD_PRICE)
        elif total <= 0:
            self.stops.drop(slot)
            self.finish(slot, self.orders[slot].leaves, WHY_USER)
        else:
            self.replace(i, slot, price, asked, total)

    def replace(self, i: i64, slot: i64, price: i64, asked: i64, total: i64) -> None:
        """A stop that keeps its terms and asks for no more keeps its place; else it goes behind."""
        same: bool = price == self.orders[slot].price and asked == self.stops.asked_of(slot)
        unchanged: bool = same and total == self.orders[slot].leaves
        kept: bool = same and total <= self.orders[slot].leaves
        percent: bool = self.orders[slot].flags & B_PERCENT != 0
        if not unchanged:
            n: i64 = self.orders[slot].instrument
            side: i64 = self.orders[slot].side
            kind: i64 = self.orders[slot].order_type
            code: i64 = self.stop_checks.check(n, side, kind, price, asked, total, percent, not kept)
            if code != E_OK:
                self.books.refuse(i, M_NOT_MODIFIED, code)
                return
        self.orders[slot].price = price
        self.orders[slot].leaves = total
        if not kept:
            mark: i64 = self.stops.mark_of(slot) if self.orders[slot].order_type > STOP_LIMIT else 0
            self.stops.drop(slot)
            self.stops.wait(slot, asked, mark, percent)
        letter: i64 = self.books.reply(i, M_MODIFIED)
        self.letters[letter].leaves = self.books.hidden.left(slot)
        self.letters[letter].price = price
        self.letters[letter].quantity = total
        self.letters[letter].limit = self.stops.stop_of(slot)
        self.letters[letter].observed = self.trail_of(slot)
        if unchanged:
            self.letters[letter].flags = PRIORITY_KEPT | UNCHANGED
        elif kept:
            self.letters[letter].flags = PRIORITY_KEPT
        else:
            self.elect_if_held(self.orders[slot].instrument, slot)

    # -- turns -------------------------------------------------------------------------------------

    def take_turns(self) -> None:
        """Let a slice of elected orders have their turns, one after the other; there must be one."""
        left: i64 = self.slice
        slot: i64 = self.election.take()
        n: i64 = self.orders[slot].instrument
        while slot >= 0:
            if self.orders[slot].instrument != n:
                self.books.publish(n)
                n = self.orders[slot].instrument
            self.turn(n, slot)
            left -= 1
            slot = self.election.take() if left > 0 else -1
        self.books.publish(n)
        self.phases.settle_band(n)

    def turn(self, n: i64, slot: i64) -> None:
        """An elected order is a limit order under its own time in force."""
        grouped: bool = self.orders[slot].flags & B_GROUPED != 0
        if grouped and not self.groups.ready(n, slot):
            return
        side: i64 = self.orders[slot].side
        price: i64 = self.orders[slot].price
        tif: i64 = self.orders[slot].tif
        self.books.taker = self.orders[slot].id
        self.books.taker_ref = self.orders[slot].ref
        self.books.taker_account = self.orders[slot].account
        self.books.stand(n, self.orders[slot].owner, self.orders[slot].flags)
        self.books.leaves = self.orders[slot].leaves
        self.books.filled = self.orders[slot].filled
        if tif == FOK and not self.fillable(n, side, price):
            self.finish(slot, self.books.leaves, WHY_FOK)
            return
        self.match(n, slot, grouped)
        if self.books.cut != 0:
            self.finish(slot, self.books.hidden.left(slot), WHY_SELF_TRADE)
        elif self.books.leaves == 0:
            self.use_up(slot, grouped)
        elif self.orders[slot].order_type == MARKET:
            self.finish(slot, self.books.leaves, self.books.bands.why_left(n, side, price, MARKET))
        elif tif != DAY and tif != GTC and tif != GTD:
            self.finish(slot, self.books.leaves, self.books.bands.why_left(n, side, price, LIMIT))
        elif not self.books.checks.has_room(n, side, price, NIL):
            self.finish(slot, self.books.hidden.left(slot), WHY_BOOK_FULL)
        else:
            self.orders[slot].filled = self.books.filled
            self.books.queue.append(slot, n, side, price, self.books.leaves)

    def match(self, n: i64, slot: i64, grouped: bool) -> None:
        """Let the order at `slot` trade; a leg's group hears of it when it is through."""
        if not grouped:
            self.books.match(n, self.orders[slot].side, self.orders[slot].price)
            self.orders[slot].leaves = self.books.leaves + self.books.cut
            return
        self.books.leg = slot
        self.books.beyond = self.extras[slot].rest
        before: i64 = self.orders[slot].leaves
        self.books.match(n, self.orders[slot].side, self.orders[slot].price)
        self.books.leg = NIL
        self.books.beyond = 0
        self.orders[slot].leaves = self.books.leaves + self.books.cut
        self.books.legs.spent(slot, before, self.books.filled, self.books.cause)

    def use_up(self, slot: i64, grouped: bool) -> None:
        """The order at `slot` has nothing left that it works for."""
        if grouped:
            self.books.legs.emptied(slot, self.books.cause, NIL)
        else:
            self.books.queue.forget(slot)

    def fillable(self, n: i64, side: i64, price: i64) -> bool:
        """Whether the taker would fill whole."""
        return self.books.rehearsal.fillable(
            n, side, price, self.books.leaves, self.books.owner, self.books.mode
        )

    def finish(self, slot: i64, leaves: i64, reason: i64) -> None:
        """What is left of an order in no queue ends."""
        i: i64 = self.books.mail.post(
            M_END,
            self.orders[slot].instrument,
            self.orders[slot].account,
            self.orders[slot].id,
            self.books.cause,
        )
        self.letters[i].side = self.orders[slot].side
        self.letters[i].ref = self.orders[slot].ref
        self.letters[i].reason = reason
        self.letters[i].leaves = leaves
        self.books.forget(slot)
