"""Instruments' commands: list, suspend, resume, phases, and the day roll."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.books import Books
from openbell.core.command import Command
from openbell.core.outbox import Outbox
from openbell.core.phases import Phases
from openbell.core.scopes import Scopes

if not cython.compiled:
    from openbell.core.band_layouts import BAND_TIERS
    from openbell.core.codes import (
        AUCTIONS,
        C_SUSPEND,
        CHANGED,
        E_BAD_AMOUNT,
        E_BAD_NOTIONAL,
        E_BAD_PRICE,
        E_BAD_QUANTITY,
        E_BAD_RECORD,
        E_DAY_ORDER,
        E_DUPLICATE_SYMBOL,
        E_INSTRUMENTS_FULL,
        E_NOT_SUSPENDED,
        E_OK,
        E_OPEN_ORDERS,
        E_SUSPENDED,
        E_TICK_SIZE,
        E_UNKNOWN_INSTRUMENT,
        E_UNSUPPORTED,
        EV_CLOSE,
        EV_DAY,
        EV_INSTRUMENT,
        IN_AUCTION_CALL,
        IN_CONTINUOUS,
        IN_SUSPENDED,
        LISTED,
        LISTING_LIMIT_COLLAR,
        LISTING_MARKET_COLLAR,
        LISTING_MIN_NOTIONAL,
        LISTING_QUANTITY,
        LISTING_TICK,
        LISTING_TIER,
        LISTING_VALUE,
        PROTECTIONS_OFF,
        RESUMED,
        SUSPENDED,
    )
    from openbell.core.dates import business_day_after
    from openbell.core.records import ANY_INSTRUMENT, NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX
    from openbell.core.state import NIL
    from openbell.core.types import COLLAR_MAX, i64, u64


class Listings:
    """Applies commands about instruments; each returns a refusal's code or E_OK."""

    def __init__(
        self,
        memory: Any,
        command: Command,
        outbox: Outbox,
        scopes: Scopes,
        books: Books,
        phases: Phases,
    ) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.schedules = memory["schedules"]
        self.assets = memory["assets"]
        self.answers = memory["answers"]
        self.events = memory["events"]
        self.command = command
        self.head = command.head
        self.listing = command.listing
        self.change = command.set_listing
        self.listed = memory["instrument_limits"]
        self.scopes = scopes
        self.outbox = outbox
        self.books = books
        self.bands = books.bands
        self.phases = phases
        self.capacity = len(self.instruments)
        self.limit = 0
        self.observed = 0

    def list(self) -> i64:
        """LIST: a new instrument; both machines get their part of it."""
        code: i64 = self.may_list()
        if code != E_OK:
            return code
        n: i64 = self.scalars[0].instruments
        self.scalars[0].instruments = n + 1
        self.instruments[n].symbol_low = self.listing[0].symbol_low
        self.instruments[n].symbol_high = self.listing[0].symbol_high
        self.instruments[n].tick_size = self.listing[0].tick_size
        self.instruments[n].lot_size = self.listing[0].lot_size
        self.instruments[n].reference_price = self.listing[0].reference_price
        self.instruments[n].last_lot = self.listing[0].last_lot
        self.instruments[n].close = self.listing[0].reference_price
        self.instruments[n].published = self.listing[0].reference_price
        self.instruments[n].market_collar = self.listing[0].market_collar
        self.instruments[n].limit_collar = self.listing[0].limit_collar
        self.instruments[n].flags = self.listing[0].flags
        self.instruments[n].realm = self.listing[0].realm
        self.instruments[n].status = IN_CONTINUOUS
        self.instruments[n].market = self.listing[0].market
        self.set_tier(n, self.listing[0].tier)
        self.schedules[n].scheduled = IN_CONTINUOUS
        self.schedules[n].buys = NIL
        self.schedules[n].sells = NIL
        self.schedules[n].closes = NIL
        self.assets[n].market = self.listing[0].market
        self.books.stops.open(n)
        self.assets[n].reference = self.listing[0].reference_price
        self.assets[n].min_notional = self.listing[0].min_notional
        self.assets[n].tick_size = self.listing[0].tick_size
        self.assets[n].lot_size = self.listing[0].lot_size
        self.assets[n].market_collar = self.listing[0].market_collar
        self.assets[n].flags = self.listing[0].flags
        self.assets[n].realm = self.listing[0].realm
        self.answers[self.command.count - 1].instrument = n
        self.tell(n, LISTED)
        self.bands.restart(n, self.books.time)
        self.books.band_ends.run(n, self.head[0].seq)
        return E_OK

    def set_tier(self, n: i64, tier: i64) -> None:
        """Which bands an instrument has; protections that are off include them."""
        self.instruments[n].tier = 0 if self.instruments[n].flags & PROTECTIONS_OFF else tier

    def may_list(self) -> i64:
        self.limit = self.capacity
        self.observed = self.scalars[0].instruments + 1
        if self.observed > self.limit:
            return E_INSTRUMENTS_FULL
        self.limit = 0
        self.observed = 0
        if not self.is_symbol():
            return E_BAD_RECORD
        self.limit = self.capacity
        i: i64
        for i in range(self.scalars[0].instruments):
            if (
                self.instruments[i].symbol_low == self.listing[0].symbol_low
                and self.instruments[i].symbol_high == self.listing[0].symbol_high
            ):
                self.observed = i
                return E_DUPLICATE_SYMBOL
        return self.well_formed()

    def is_symbol(self) -> bool:
        """Whether the two words hold 1 to 16 printable ASCII characters, then zeros."""
        rest: u64 = self.listing[0].symbol_low
        ended: bool = rest & 255 == 0
        i: i64
        for i in range(16):
            if i == 8:
                rest = self.listing[0].symbol_high
            character: i64 = rest & 255
            rest = rest >> 8
            if character == 0:
                if i == 0:
                    return False
                ended = True
            elif ended or character < 32 or character > 126:
                return False
        return True

    def well_formed(self) -> i64:
        """Ranges of a listing's fields."""
        self.limit = PRICE_MAX
        self.observed = self.listing[0].tick_size
        if self.observed < 1 or self.observed > PRICE_MAX:
            return E_TICK_SIZE
        self.observed = self.listing[0].reference_price
        if self.observed < 1 or self.observed > PRICE_MAX or self.observed % self.listing[0].tick_size != 0:
            return E_BAD_PRICE
        self.limit = QUANTITY_MAX
        self.observed = self.listing[0].lot_size
        if self.observed < 1 or self.observed > QUANTITY_MAX:
            return E_BAD_QUANTITY
        self.observed = self.listing[0].last_lot
        if self.observed < 1 or self.observed > QUANTITY_MAX:
            return E_BAD_QUANTITY
        self.limit = NOTIONAL_MAX
        self.observed = self.listing[0].min_notional
        if self.observed < 0 or self.observed > NOTIONAL_MAX:
            return E_BAD_NOTIONAL
        self.limit = COLLAR_MAX
        self.observed = self.listing[0].market_collar
        if self.observed < 1 or self.observed > COLLAR_MAX:
            return E_UNSUPPORTED
        self.observed = self.listing[0].limit_collar
        if self.observed < 1 or self.observed > COLLAR_MAX:
            return E_UNSUPPORTED
        self.limit = BAND_TIERS
        self.observed = self.listing[0].tier
        if self.observed > BAND_TIERS:
            return E_UNSUPPORTED
        self.limit = PROTECTIONS_OFF | AUCTIONS
        self.observed = self.listing[0].flags
        if self.listing[0].flags & ~(PROTECTIONS_OFF | AUCTIONS):
            return E_UNSUPPORTED
        return E_OK

    def set_listing(self) -> i64:
        """SET_LISTING: change what its flags name, in both machines; whole or not at all."""
        n: i64 = self.head[0].instrument
        code: i64 = self.known(n)
        if code == E_OK:
            code = self.may_change(n)
        if code != E_OK:
            return code
        flags: i64 = self.change[0].flags
        if flags & LISTING_TICK:
            self.instruments[n].tick_size = self.change[0].tick_size
            self.assets[n].tick_size = self.change[0].tick_size
        if flags & LISTING_MIN_NOTIONAL:
            self.assets[n].min_notional = self.change[0].min_notional
        if flags & LISTING_QUANTITY:
            self.listed[n].quantity_max = self.change[0].order_quantity_max
        if flags & LISTING_VALUE:
            self.listed[n].value_max = self.change[0].order_value_max
        if flags & LISTING_MARKET_COLLAR:
            self.instruments[n].market_collar = self.change[0].market_collar
            self.assets[n].market_collar = self.change[0].market_collar
        if flags & LISTING_LIMIT_COLLAR:
            self.instruments[n].limit_collar = self.change[0].limit_collar
        if flags & LISTING_TIER:
            self.set_tier(n, self.change[0].tier)
        self.scopes.watch_instrument(n)
        self.tell_change(n)
        self.books.cause = self.head[0].seq
        if flags & (LISTING_TIER | LISTING_TICK):
            self.bands.relist(n, self.books.time)
            self.books.band_ends.run(n, self.head[0].seq)
        self.books.publish(n)
        self.phases.settle_band(n)
        return E_OK

    def may_change(self, n: i64) -> i64:
        """Ranges of what changes; the tick only while no order rests on one."""
        flags: i64 = self.change[0].flags
        self.limit = LISTING_TICK | LISTING_MIN_NOTIONAL | LISTING_QUANTITY | LISTING_VALUE
        self.limit |= LISTING_MARKET_COLLAR | LISTING_LIMIT_COLLAR | LISTING_TIER
        self.observed = flags
        if flags == 0 or flags & ~self.limit:
            return E_UNSUPPORTED
        self.limit = PRICE_MAX
        self.observed = self.change[0].tick_size
        if flags & LISTING_TICK and (self.observed < 1 or self.observed > PRICE_MAX):
            return E_TICK_SIZE
        self.limit = NOTIONAL_MAX
        self.observed = self.change[0].min_notional
        if flags & LISTING_MIN_NOTIONAL and (self.observed < 0 or self.observed > NOTIONAL_MAX):
            return E_BAD_NOTIONAL
        self.observed = self.change[0].order_value_max
        if flags & LISTING_VALUE and (self.observed < 0 or self.observed > NOTIONAL_MAX):
            return E_BAD_NOTIONAL
        self.limit = QUANTITY_MAX
        self.observed = self.change[0].order_quantity_max
        if flags & LISTING_QUANTITY and (self.observed < 0 or self.observed > QUANTITY_MAX):
            return E_BAD_QUANTITY
        self.limit = COLLAR_MAX
        self.observed = self.change[0].market_collar
        if flags & LISTING_MARKET_COLLAR and (self.observed < 1 or self.observed > COLLAR_MAX):
            return E_UNSUPPORTED
        self.observed = self.change[0].limit_collar
        if flags & LISTING_LIMIT_COLLAR and (self.observed < 1 or self.observed > COLLAR_MAX):
            return E_UNSUPPORTED
        self.limit = BAND_TIERS
        self.observed = self.change[0].tier
        if flags & LISTING_TIER and self.observed > BAND_TIERS:
            return E_UNSUPPORTED
        self.limit = 0
        self.observed = self.instruments[n].bids + self.instruments[n].asks + self.books.queue.lists.count(n)
        self.observed += self.instruments[n].stops
        if flags & LISTING_TICK and self.observed != 0:
            return E_OPEN_ORDERS
        return E_OK

    def tell_change(self, n: i64) -> None:
        """What of a listing can change, as it is now."""
        e: i64 = self.tell(n, CHANGED)
        self.events[e].quantity = self.instruments[n].tick_size
        self.events[e].notional = self.assets[n].min_notional
        self.events[e].filled = self.instruments[n].market_collar
        self.events[e].leaves = self.instruments[n].limit_collar
        self.events[e].limit = self.listed[n].quantity_max
        self.events[e].observed = self.listed[n].value_max

    def known(self, n: i64) -> i64:
        self.limit = self.scalars[0].instruments
        self.observed = n
        return E_OK if n < self.limit else E_UNKNOWN_INSTRUMENT

    def suspend(self, kind: i64) -> i64:
        """SUSPEND, RESUME: while suspended only cancels are taken. What follows a RESUME the books decide."""
        n: i64 = self.head[0].instrument
        code: i64 = self.known(n)
        if code != E_OK:
            return code
        if kind == C_SUSPEND:
            if self.instruments[n].status == IN_SUSPENDED:
                return E_SUSPENDED
            self.instruments[n].status = IN_SUSPENDED
            self.schedules[n].due = 0
            self.schedules[n].extended = 0
            self.books.cause = self.head[0].seq
            self.books.publish(n)
            self.tell(n, SUSPENDED)
            self.bands.end(n)
            return E_OK
        if self.instruments[n].status != IN_SUSPENDED:
            return E_NOT_SUSPENDED
        self.tell(n, RESUMED)
        return E_OK

    def phase(self) -> i64:
        """PHASE: whether it names a phase that the clock may begin, and a place for it."""
        self.limit = 0
        self.observed = self.command.phase[0].phase
        if self.observed < IN_CONTINUOUS or self.observed > IN_AUCTION_CALL or self.observed == IN_SUSPENDED:
            return E_UNSUPPORTED
        self.observed = min(self.command.phase[0].ends_ts, self.command.phase[0].lock_ns)
        if self.observed < 0:
            return E_BAD_AMOUNT
        n: i64 = self.head[0].instrument
        if n == ANY_INSTRUMENT:
            return E_OK
        code: i64 = self.known(n)
        if code != E_OK:
            return code
        self.limit = self.assets[n].market
        self.observed = self.command.phase[0].market
        return E_OK if self.limit == self.observed else E_UNKNOWN_INSTRUMENT

    def day_roll(self) -> i64:
        """DAY_ROLL: fix every official close and begin the day; the exchange then expires DAY orders."""
        date: i64 = self.command.day_roll[0].date
        self.limit = self.scalars[0].date
        self.observed = date
        if date <= self.limit:
            return E_DAY_ORDER
        n: i64
        for n in range(self.scalars[0].instruments):
            self.fix_close(n, date)
        self.scalars[0].date = date
        self.scalars[0].day += 1
        if date >= self.scalars[0].settlement:
            self.scalars[0].settled_day = self.scalars[0].day
        self.scalars[0].settlement = max(self.scalars[0].settlement, business_day_after(date))
        self.books.cause = self.head[0].seq
        for n in range(self.scalars[0].instruments):
            if self.instruments[n].tier != 0:
                self.bands.restart(n, self.books.time)
                self.books.band_ends.run(n, self.head[0].seq)
            self.books.publish(n)
            self.phases.settle_band(n)
        return E_OK

    def fix_close(self, n: i64, date: i64) -> None:
        """The last eligible trade of the day, else the close before it."""
        if self.instruments[n].last_day == self.scalars[0].day:
            self.instruments[n].close = self.instruments[n].last
        e: i64 = self.outbox.event(EV_CLOSE, n, 0, 0)
        self.events[e].price = self.instruments[n].close
        self.events[e].quantity = date
        self.events[e].notional = self.instruments[n].day_volume
        self.instruments[n].day_open = 0
        self.instruments[n].day_high = 0
        self.instruments[n].day_low = 0
        self.instruments[n].day_volume = 0
        self.instruments[n].day_notional = 0

    def tell_day(self) -> None:
        e: i64 = self.outbox.event(EV_DAY, 0, 0, 0)
        self.events[e].quantity = self.scalars[0].date

    def tell(self, n: i64, status: i64) -> i64:
        e: i64 = self.outbox.event(EV_INSTRUMENT, n, 0, 0)
        self.events[e].status = status
        self.events[e].price = self.instruments[n].reference_price
        self.events[e].reason = self.instruments[n].tier
        return e
