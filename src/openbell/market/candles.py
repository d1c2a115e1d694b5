"""Candles from trades. Only intervals in which something traded have one.

Eligible trades make open, high, low and close; every trade counts as volume. So the candle of an interval
with only small trades has a volume and no prices: its prices are None.
"""

from __future__ import annotations

from collections.abc import Iterable

from openbell.core import codes
from openbell.market import events
from openbell.market.calendar import MINUTE, SECOND, Calendar, Day
from openbell.market.events import UnitLike


class Tally:
    """A candle in the making: prices in 1/10,000 USD, volume in 1/1e8 share, notional in 1/10,000 USD."""

    __slots__ = ("close", "high", "low", "notional", "open", "trades", "volume")

    def __init__(self) -> None:
        self.open: int | None = None
        self.high: int | None = None
        self.low: int | None = None
        self.close: int | None = None
        self.volume = 0
        self.notional = 0
        self.trades = 0

    def add(self, price: int, quantity: int, notional: int, eligible: bool) -> None:
        """Count one trade, later than those before it."""
        self.volume += quantity
        self.notional += notional
        self.trades += 1
        if not eligible:
            return
        if self.open is None or self.high is None or self.low is None:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price

    def values(self) -> tuple[int | None, int | None, int | None, int | None, int, int, int]:
        """(open, high, low, close, volume, notional, trades)."""
        return self.open, self.high, self.low, self.close, self.volume, self.notional, self.trades


Key = tuple[int, int]  # instrument, start of the interval (of a day its stamp) in ns UTC
NO_DAY = Day(0, 0, 0, 0, 0, 0)


class Batch:
    """What a run of units adds to the minute and the daily candles, and, if `with_seconds`, to those of one
    second."""

    def __init__(self, calendar: Calendar, with_seconds: bool = True) -> None:
        self.position = 0
        self.time = 0  # of the newest unit
        self.seconds: dict[Key, Tally] = {}
        self.minutes: dict[Key, Tally] = {}
        self.days: dict[Key, Tally] = {}
        self._calendar = calendar
        self._with_seconds = with_seconds
        self._day = NO_DAY

    def add(self, unit: UnitLike) -> None:
        """Count the trades of one unit; units come in log order."""
        self.position, self.time = unit.seq, unit.ts
        records = unit.events
        for at in range(0, len(records), events.SIZE):
            if records[at] == codes.EV_TRADE:
                self._trade(unit.ts, *events.TRADE.unpack_from(records, at))

    def add_all(self, units: Iterable[UnitLike]) -> None:
        """Count the trades of several units."""
        for unit in units:
            self.add(unit)

    def _trade(
        self,
        ts: int,
        _side: int,
        status: int,
        instrument: int,
        price: int,
        quantity: int,
        notional: int,
        _id: int,
    ) -> None:
        if not self._day.start <= ts < self._day.end:
            self._day = self._calendar.day(ts)
        eligible = bool(status & events.ELIGIBLE)
        places = [(self.minutes, ts - ts % MINUTE), (self.days, self._day.stamp)]
        if self._with_seconds:
            places.append((self.seconds, ts - ts % SECOND))
        for tallies, start in places:
            tally = tallies.get((instrument, start))
            if tally is None:
                tally = tallies[instrument, start] = Tally()
            tally.add(price, quantity, notional, eligible)
