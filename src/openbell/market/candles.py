"""Candles from trades. Only intervals in which something traded have one.

Eligible trades make open, high, low and close; every trade counts as volume. So the candle of an interval
with only small trades has a volume and no prices: its prices are None.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

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

    def join(
        self,
        opened: int | None,
        high: int | None,
        low: int | None,
        close: int | None,
        volume: int,
        notional: int,
        trades: int,
    ) -> None:
        """Count a whole candle, later than what was counted before; its prices are None together."""
        self.volume += volume
        self.notional += notional
        self.trades += trades
        if opened is None or high is None or low is None:
            return
        if self.open is None or self.high is None or self.low is None:
            self.open, self.high, self.low = opened, high, low
        else:
            self.high, self.low = max(self.high, high), min(self.low, low)
        self.close = close

    def values(self) -> tuple[int | None, int | None, int | None, int | None, int, int, int]:
        """(open, high, low, close, volume, notional, trades)."""
        return self.open, self.high, self.low, self.close, self.volume, self.notional, self.trades


Key = tuple[int, int]  # instrument, start of the interval (of a day its stamp) in ns UTC
NO_DAY = Day(0, 0, 0, 0, 0, 0)


class Trade(NamedTuple):
    """One trade by its number: time ns UTC, price and notional 1/10,000 USD, quantity 1/1e8 share."""

    trade: int
    instrument: int
    ts: int
    price: int
    quantity: int
    notional: int
    eligible: bool


class Batch:
    """What a run of units adds to the candles, and which trades it takes back.

    Args:
        with_seconds: candles of one second too, and the trades themselves, which only storing needs.
        without: numbers of trades that are not counted, because they are taken back later.

    Attributes:
        busts: the trades that were taken back, by number, and the position of the command that did.
    """

    def __init__(
        self, calendar: Calendar, with_seconds: bool = True, without: Container[int] = frozenset()
    ) -> None:
        self.position = 0
        self.time = 0  # of the newest unit
        self.seconds: dict[Key, Tally] = {}
        self.minutes: dict[Key, Tally] = {}
        self.days: dict[Key, Tally] = {}
        self.trades: list[Trade] = []
        self.busts: dict[int, int] = {}
        self.calendar = calendar
        self._with_seconds = with_seconds
        self._without = without
        self._day = NO_DAY

    def add(self, unit: UnitLike) -> None:
        """Count the trades of one unit; units come in log order."""
        self.position, self.time = unit.seq, unit.ts
        records = unit.events
        for at in range(0, len(records), events.SIZE):
            if records[at] == codes.EV_TRADE:
                self._trade(unit.ts, *events.TRADE.unpack_from(records, at))
            elif records[at] == codes.EV_BUST:
                self.busts[events.BUST.unpack_from(records, at)[0]] = unit.seq

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
        trade: int,
    ) -> None:
        if trade in self._without:
            return
        if not self._day.start <= ts < self._day.end:
            self._day = self.calendar.day(ts)
        eligible = bool(status & events.ELIGIBLE)
        places = [(self.minutes, ts - ts % MINUTE), (self.days, self._day.stamp)]
        if self._with_seconds:
            places.append((self.seconds, ts - ts % SECOND))
            self.trades.append(Trade(trade, instrument, ts, price, quantity, notional, eligible))
        for tallies, start in places:
            tally = tallies.get((instrument, start))
            if tally is None:
                tally = tallies[instrument, start] = Tally()
            tally.add(price, quantity, notional, eligible)


def fold(minutes: Mapping[Key, Tally], length: int) -> dict[Key, Tally]:
    """The candles of `length` ns that candles of a minute come to."""
    longer: dict[Key, Tally] = {}
    for instrument, start in sorted(minutes):
        key = instrument, start - start % length
        longer.setdefault(key, Tally()).join(*minutes[instrument, start].values())
    return longer
