"""Phases: what an instrument takes in each, and what happens when one follows another.

Outside continuous trading nothing matches: orders gather in the ladders and lists until an auction uncrosses
them. Phases come with messages of the account machine's side, in order with the orders themselves, or when
a call that the exchange itself began has lasted its time.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.auction import Auction
from openbell.core.books import Books
from openbell.core.channel import Channel
from openbell.core.outbox import Outbox
from openbell.core.spending import Spending

if not cython.compiled:
    from openbell.core.codes import (
        AUCTION,
        AUCTIONS,
        BUY,
        CLS,
        E_BOOK_FULL,
        E_LOCKED_AUCTION,
        E_MARKET_CLOSED,
        E_NO_AUCTION,
        E_OK,
        E_SUSPENDED,
        EV_AUCTION,
        EV_PHASE,
        FOK,
        IN_AUCTION_CALL,
        IN_CLOSED,
        IN_CLOSING_AUCTION,
        IN_CONTINUOUS,
        IN_PRE_OPEN,
        IN_SUSPENDED,
        IOC,
        LIMIT,
        MARKET,
        OPG,
        SELL,
        ST_OPEN,
        ST_PENDING,
    )
    from openbell.core.state import F_NOTIONAL, M_PHASE, M_REFUSED, M_STATUS, NIL
    from openbell.core.types import CALL_NS, CLOSES, NEVER, RESUME, i64


class Phases:
    """The book machine's part of what is not continuous trading. `wake` is when the next call
    ends or begins."""

    def __init__(self, memory: Any, books: Books, outbox: Outbox, mail: Channel) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.schedules = memory["schedules"]
        self.levels = memory["levels"]
        self.shades = memory["shades"]
        self.orders = memory["book_orders"]
        self.events = memory["events"]
        self.inbox = books.inbox
        self.books = books
        self.auction = Auction(memory, books, outbox, mail)
        self.spending = Spending(memory, books)
        self.lists = self.auction.lists
        self.outbox = outbox
        self.letters = mail.messages
        self.wake = NEVER

    # -- messages from the account machine ---------------------------------------------------------

    def handle(self, i: i64) -> None:
        """Apply a message that the continuous book does not take."""
        n: i64 = self.inbox[i].instrument
        if self.inbox[i].kind != M_PHASE:
            if self.inbox[i].flags & F_NOTIONAL == 0:
                self.enter(i, n)
            elif self.instruments[n].status == IN_CONTINUOUS:
                self.spending.enter(i, n, E_OK)
            else:
                self.spending.enter(i, n, self.take(n, IOC))
        elif self.inbox[i].flags & RESUME:
            self.resume(n)
        else:
            self.begin(i, n)
        self.books.publish(n)

    def enter(self, i: i64, n: i64) -> None:
        """Let a new order wait for an auction, or for a phase that takes it."""
        side: i64 = self.inbox[i].side
        price: i64 = self.inbox[i].price
        is_limit: bool = self.inbox[i].order_type == LIMIT
        waits: bool = self.inbox[i].tif == CLS and self.instruments[n].status != IN_CLOSING_AUCTION
        code: i64 = self.take(n, self.inbox[i].tif)
        if code == E_OK:
            code = self.books.checks.check(n, side, self.inbox[i].order_type, price, self.inbox[i].quantity)
        if code == E_OK and is_limit and not waits and not self.books.checks.has_room(n, side, price, NIL):
            code = E_BOOK_FULL
        self.books.leaves = self.inbox[i].quantity
        self.books.filled = 0
        if code == E_OK and self.inbox[i].flags != 0:
            code = self.books.checks.special(
                n, side, price, self.books.leaves, self.inbox[i].flags, self.inbox[i].leaves
            )
        if code != E_OK:
            self.books.refuse(i, M_REFUSED, code)
            return
        self.books.accept(i, n, side, price)
        slot: i64 = self.books.slot(i, n, side)
        if waits or self.instruments[n].status == IN_CLOSED:
            self.events[self.outbox.count - 1].status = ST_PENDING
            self.tell_status(n, slot, ST_PENDING)
        if waits:
            self.books.queue.wait(slot, CLOSES, price, self.inbox[i].quantity)
        else:
            self.collect(slot, price, self.inbox[i].quantity)

    def take(self, n: i64, tif: i64) -> i64:
        """The table of phases and times in force; sets the books' `limit` and `observed` of a refusal."""
        phase: i64 = self.instruments[n].status
        self.books.checks.limit = 0
        self.books.checks.observed = 0
        if phase == IN_SUSPENDED:
            return E_SUSPENDED
        if tif >= OPG and not self.instruments[n].flags & AUCTIONS:
            return E_NO_AUCTION
        opening: bool = phase == IN_PRE_OPEN or phase == IN_AUCTION_CALL
        until: i64 = self.until(n)
        self.books.checks.limit = until
        self.books.checks.observed = phase
        if tif == IOC or tif == FOK or (tif == OPG and not opening and phase != IN_CLOSED):
            return E_MARKET_CLOSED
        if (tif == OPG and opening) or (tif == CLS and phase == IN_CLOSING_AUCTION):
            self.books.checks.limit = until - self.schedules[n].lock_ns
            self.books.checks.observed = self.books.time
            if until != 0 and self.books.time >= self.books.checks.limit:
                return E_LOCKED_AUCTION
        return E_OK

    def collect(self, slot: i64, price: i64, leaves: i64) -> None:
        """Put an order where the auction finds it."""
        if self.orders[slot].order_type == MARKET:
            self.books.queue.wait(slot, self.orders[slot].side, price, leaves)
        else:
            n: i64 = self.orders[slot].instrument
            self.books.hidden.put(slot, n, self.orders[slot].side, price, leaves)

    def tell_status(self, n: i64, slot: i64, status: i64) -> None:
        """Tell an order's account that it waits for its phase, or that it has found it."""
        i: i64 = self.auction.letter(n, slot, M_STATUS)
        self.letters[i].reason = status

    # -- from phase to phase -----------------------------------------------------------------------

    def until(self, n: i64) -> i64:
        """When the phase ends, as far as that is known; else 0."""
        if self.schedules[n].due != 0:
            return self.schedules[n].due
        return self.schedules[n].ends_ts

    def begin(self, i: i64, n: i64) -> None:
        """The clock says that a phase begins."""
        phase: i64 = self.inbox[i].side
        self.schedules[n].scheduled = phase
        self.schedules[n].ends_ts = self.inbox[i].price
        self.schedules[n].lock_ns = self.inbox[i].quantity
        self.schedules[n].date = self.inbox[i].ref
        if self.instruments[n].status == IN_SUSPENDED:
            return  # it ends by RESUME
        if self.schedules[n].due != 0 and self.schedules[n].target == phase:
            return  # a call of the exchange's own ends by its time
        self.schedules[n].due = 0
        self.move(n, phase)

    def resume(self, n: i64) -> None:
        """A suspension ended: into the phase that is due, by a call where there are auctions."""
        phase: i64 = self.schedules[n].scheduled
        if self.instruments[n].status != IN_SUSPENDED:
            return
        if phase == IN_CONTINUOUS and self.instruments[n].flags & AUCTIONS:
            self.call(n, IN_CONTINUOUS)
            phase = IN_AUCTION_CALL
        self.move(n, phase)

    def call(self, n: i64, target: i64) -> None:
        """The exchange itself ends the call, in a while."""
        self.schedules[n].due = self.books.time + CALL_NS
        self.schedules[n].target = target
        self.wake = min(self.wake, self.schedules[n].due)

    def end_call(self, n: i64, due: i64) -> None:
        """End an instrument's call, or begin the one that its limit state asks for, if it is due then."""
        if self.schedules[n].due == due:
            self.books.cause = self.scalars[0].position
            self.schedules[n].due = 0
            self.move(n, self.schedules[n].target)
            self.books.publish(n)
            self.settle_band(n)
        elif self.books.bands.due(n) == due:
            self.books.cause = self.scalars[0].position
            self.call(n, IN_CONTINUOUS)
            self.move(n, IN_AUCTION_CALL)
            self.books.publish(n)

    def settle_band(self, n: i64) -> None:
        """All that a message set off is done: a limit state may begin or end."""
        if self.instruments[n].tier != 0 and self.books.election.head == NIL:
            self.books.bands.settle(n, self.books.time)
            if self.books.bands.due(n) != 0:
                self.wake = min(self.wake, self.books.bands.due(n))

    def rewind(self) -> None:
        """Find when the next call ends or begins."""
        self.wake = NEVER
        n: i64
        for n in range(self.scalars[0].instruments):
            if self.schedules[n].due != 0:
                self.wake = min(self.wake, self.schedules[n].due)
            if self.books.bands.due(n) != 0:
                self.wake = min(self.wake, self.books.bands.due(n))

    def move(self, n: i64, to: i64) -> None:
        """Leave the phase for another one, by an auction where the rules have one between them."""
        before: i64 = self.instruments[n].status
        if to != IN_CLOSED and self.schedules[n].since != 0:
            self.open_pending(n)
        closes: bool = before == IN_CLOSING_AUCTION and to == IN_CLOSED
        uncrosses: bool = before != to and (to == IN_CONTINUOUS or closes)
        if uncrosses and not self.uncross(n, before, to):
            return
        self.instruments[n].status = to
        self.schedules[n].extended = 0
        if to == IN_CLOSED and self.schedules[n].since == 0:
            self.schedules[n].since = self.books.shard << 53 | self.books.cause << 8
        if to == IN_CLOSING_AUCTION and before != to:
            self.release(n)
        if before != IN_SUSPENDED or to != IN_CONTINUOUS:  # RESUMED says that
            self.tell(n, before)
        if before != to and self.instruments[n].tier != 0:
            self.band(n, to)
        if uncrosses and self.instruments[n].stops != 0 and self.auction.volume() > 0:
            self.reach_stops(n, to)

    def band(self, n: i64, to: i64) -> None:
        """Bands are for continuous trading; the auction that leads to it gives their reference."""
        if to != IN_CONTINUOUS:
            self.books.bands.end(n)
        elif self.auction.volume() > 0:
            self.books.bands.begin(n, self.auction.price, self.books.time)
        else:
            self.books.bands.restart(n, self.books.time)
        self.books.band_ends.run(n, self.books.cause)

    def uncross(self, n: i64, before: i64, to: i64) -> bool:
        """The auction between two phases; False if the price is so far off that the call goes on."""
        reference: i64 = self.books.prices.reference(n)
        self.auction.find(n, reference)
        if self.auction.is_far(n, reference):
            if self.collects(before) and self.schedules[n].extended == 0:
                self.schedules[n].extended = 1
                self.call(n, to)
                self.tell(n, before)
                return False
            self.auction.collar(n, reference)
        if self.collects(before) or self.auction.volume() > 0:
            self.tell_auction(n, reference, AUCTION)
        self.auction.uncross(n)
        return True

    def reach_stops(self, n: i64, to: i64) -> None:
        """The print of an auction moves marks; it elects stops if continuous trading follows."""
        self.books.stops.move_marks(n, self.auction.price)
        if to == IN_CONTINUOUS:
            self.books.stops.elect_all(n, self.auction.price, self.books.cause)

    def collects(self, phase: i64) -> bool:
        return phase == IN_PRE_OPEN or phase == IN_CLOSING_AUCTION or phase == IN_AUCTION_CALL

    def open_pending(self, n: i64) -> None:
        """The phase takes them now: what waited for it is open."""
        side: i64
        for side in range(BUY, SELL + 1):
            if self.lists.find(n, side) != NIL:
                self.open_queue(n, self.levels[self.lists.find(n, side)].head)
            rank: i64 = 0
            level: i64 = self.books.ladder.best(n, side)
            while level >= 0:
                self.open_queue(n, self.levels[level].head)
                if self.levels[level].shaded != 0:
                    self.open_queue(n, self.shades[level].head)
                rank += 1
                level = self.books.ladder.at(n, side, rank)
        self.schedules[n].since = 0

    def open_queue(self, n: i64, slot: i64) -> None:
        while slot != NIL:
            if self.orders[slot].id > self.schedules[n].since:
                self.tell_status(n, slot, ST_OPEN)
            slot = self.orders[slot].next

    def release(self, n: i64) -> None:
        """CLS orders take their places in the closing auction; one whose price finds no room ends."""
        while self.schedules[n].closes != NIL:
            slot: i64 = self.levels[self.schedules[n].closes].head
            side: i64 = self.orders[slot].side
            price: i64 = self.orders[slot].price
            self.books.queue.remove(slot)
            if self.orders[slot].order_type == LIMIT and not self.books.checks.has_room(n, side, price, NIL):
                self.auction.end(n, slot)
            else:
                self.tell_status(n, slot, ST_OPEN)
                self.collect(slot, price, self.orders[slot].leaves)

    # -- what is told ------------------------------------------------------------------------------

    def tick(self) -> None:
        """Publish what every auction under way would do now; bands move without an order too."""
        n: i64
        self.books.cause = self.scalars[0].position
        for n in range(self.scalars[0].instruments):
            if self.collects(self.instruments[n].status):
                reference: i64 = self.books.prices.reference(n)
                self.auction.find(n, reference)
                if self.schedules[n].extended != 0 and self.auction.is_far(n, reference):
                    self.auction.collar(n, reference)
                self.tell_auction(n, reference, 0)
            elif self.instruments[n].tier != 0:
                self.books.bands.look(n, self.books.time)
                self.books.band_ends.run(n, self.books.cause)
                self.books.publish(n)
                self.settle_band(n)

    def tell_auction(self, n: i64, reference: i64, now: i64) -> None:
        e: i64 = self.outbox.event(EV_AUCTION, n, 0, 0)
        self.events[e].status = self.instruments[n].status
        self.events[e].reason = now
        self.events[e].side = SELL if self.auction.sold > self.auction.bought else BUY
        self.events[e].price = self.auction.price
        self.events[e].quantity = self.auction.volume()
        self.events[e].leaves = self.auction.imbalance()
        self.events[e].limit = reference
        if now == 0 and self.until(n) > self.books.time:
            self.events[e].observed = self.until(n) - self.books.time

    def tell(self, n: i64, before: i64) -> None:
        e: i64 = self.outbox.event(EV_PHASE, n, 0, 0)
        self.events[e].status = self.instruments[n].status
        self.events[e].reason = before
        self.events[e].price = self.books.prices.reference(n)
        self.events[e].quantity = self.schedules[n].date
        self.events[e].limit = self.until(n)
