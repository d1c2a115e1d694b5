"""Reference price bands: every print is kept, and the mean of five minutes counted anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from openbell.core import codes
from openbell.core.records import PRICE_MAX, PRICE_SCALE
from tests.core.oracle.auction import displayed_first

if TYPE_CHECKING:
    from tests.core.oracle.book import Books
    from tests.core.oracle.state import Instrument, Resting

SECOND = 10**9
TEN_SECONDS = 10 * SECOND
WHOLE_SUMS = 30
THREE_DOLLARS, THREE_QUARTERS, FIFTEEN_CENTS = 3 * PRICE_SCALE, PRICE_SCALE * 3 // 4, PRICE_SCALE * 3 // 20


@dataclass
class Band:
    """Where an instrument may trade now, and what it is made of."""

    reference: int
    since: int  # when this reference came
    looked: int  # the ten seconds in which the mean was looked at last
    low: int = 0
    high: int = 0
    wide: bool = False
    limit_state: int = 0
    due: int = 0  # when the limit state becomes a call
    prints: list[tuple[int, int]] = field(default_factory=list)  # time and price of eligible trades


def width(book: Instrument, reference: int, wide: bool) -> Fraction:
    """How far the bands reach: the plan's table, by tier and official close; at least ten ticks."""
    times = 2 if wide else 1
    if book.close > THREE_DOLLARS:
        found = Fraction(reference * times * (5 if book.tier == 1 else 10), 100)
    elif book.close >= THREE_QUARTERS:
        found = Fraction(reference * times * 20, 100)
    else:
        found = min(Fraction(reference * times * 75, 100), Fraction(times * FIFTEEN_CENTS))
    return max(found, Fraction(10 * book.tick_size))


def edges(book: Instrument, reference: int, wide: bool) -> tuple[int, int]:
    """The lowest and the highest price on a tick inside the bands."""
    reach, tick = width(book, reference, wide), book.tick_size
    low = max(ceil((reference - floor(reach)) / Fraction(tick)), 1) * tick
    return low, floor(min(reference + floor(reach), PRICE_MAX) / Fraction(tick)) * tick


class Bands:
    """Bands of all instruments that have a tier."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.state = books.state

    def clip(self, book: Instrument, side: int, price: int) -> int:
        if not book.band:
            return price
        return min(price, book.band.high) if side == codes.BUY else max(price, book.band.low)

    def why_left(self, book: Instrument, taker: Resting) -> int:
        """An order that may not rest ends at its band, its collar, or because nothing is shown any more."""
        order, shown = taker.order, book.best(1 - taker.order.side)
        if shown and book.band and taker.price == (book.band.low, book.band.high)[order.side == codes.BUY]:
            return codes.WHY_BAND
        if order.order_type != codes.MARKET:
            return codes.WHY_IOC
        return codes.WHY_COLLAR if shown else codes.WHY_NO_LIQUIDITY

    def beyond(self, book: Instrument, side: int) -> list[int]:
        prices = [price for price in book.levels[side] if self.clip(book, side, price) != price]
        return sorted(prices, reverse=side == codes.BUY)

    # -- the reference -----------------------------------------------------------------------------

    def look(self, book: Instrument) -> None:
        """Once in ten seconds: a mean that has moved by 1 % becomes the reference, after 30 seconds."""
        band, now = book.band, self.state.time // TEN_SECONDS
        if band is None or band.due or band.looked == now:
            return
        band.looked = now
        prices = [price for time, price in band.prints if now - WHOLE_SUMS <= time // TEN_SECONDS < now]
        reference = sum(prices) // len(prices) if prices else band.reference
        moved = Fraction(abs(reference - band.reference), band.reference) >= Fraction(1, 100)
        if moved and self.state.time >= band.since + 30 * SECOND:
            band.since = self.state.time
            self.draw(book, reference)
        else:
            self.draw(book, band.reference)

    def begin(self, book: Instrument, reference: int) -> None:
        """A reference from outside; what traded before counts no more."""
        book.band = Band(0, self.state.time, self.state.time // TEN_SECONDS)
        self.draw(book, reference)

    def restart(self, book: Instrument) -> None:
        """The day's last eligible trade is the reference, else the official close."""
        if not book.tier:
            self.end(book)
        elif book.phase == codes.IN_CONTINUOUS:
            self.begin(book, book.last if book.last_day == self.state.day else book.close)

    def end(self, book: Instrument) -> None:
        if book.band:
            book.band = None
            self.tell(book)

    # -- the bands ---------------------------------------------------------------------------------

    def draw(self, book: Instrument, reference: int) -> None:
        """Set the bands around a reference; orders beyond them end."""
        band = book.band
        assert band
        wide = bool(book.ends_ts) and self.state.time >= book.ends_ts - 20 * 60 * SECOND
        wide = wide and (book.tier == 1 or book.close <= THREE_DOLLARS)
        low, high = edges(book, reference, wide)
        if (band.reference, band.low, band.high, band.wide) == (reference, low, high, wide):
            return
        band.reference, band.low, band.high, band.wide = reference, low, high, wide
        band.limit_state = band.due = 0
        self.tell(book)
        for side in (codes.BUY, codes.SELL):
            while prices := self.beyond(book, side):
                one = displayed_first(book.levels[side][prices[0]])[0]
                self.books.remove(book, one)
                self.books.end(one, codes.WHY_BAND)

    def settle(self, book: Instrument) -> None:
        """All that a message set off is done: whether a side stands at its band."""
        band = book.band
        if not band or self.books.groups.turns:
            return
        found = 0
        if book.best(codes.BUY) >= band.high:
            found = codes.AT_UPPER
        elif 0 < book.best(codes.SELL) <= band.low:
            found = codes.AT_LOWER
        if found != band.limit_state:
            band.limit_state = found
            band.due = self.state.time + 15 * SECOND if found else 0
            self.tell(book)

    def tell(self, book: Instrument) -> None:
        band = book.band or Band(0, 0, 0)
        self.state.event(
            codes.EV_BAND,
            instrument=book.number,
            price=band.reference,
            limit=band.high,
            observed=band.low,
            status=band.limit_state,
            reason=int(band.wide),
            leaves=band.due,
        )
