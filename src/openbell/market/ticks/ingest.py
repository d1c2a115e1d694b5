"""The way of every tick: looked at, counted into quotes and candles, and handed on to be kept.

One ingest for each source: within it time must not go backwards. A row that cannot be is named, counted and
set aside, and stops nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from openbell.market.ticks.batch import ASK, BID, BUST, TRADE, Ticks
from openbell.market.ticks.quotes import Quotes
from openbell.market.ticks.seconds import Seconds

PRICE_MAX = 10**15  # 1/10,000 USD
QUANTITY_MAX = 10**16  # 1/1e8 share

# Why a row is set aside, in the order of asking: the first that is true is its name.
UNKNOWN_KIND = "UNKNOWN_KIND"
UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
BAD_PRICE = "BAD_PRICE"
BAD_QUANTITY = "BAD_QUANTITY"
TIME_BACKWARDS = "TIME_BACKWARDS"

Mask = npt.NDArray[np.bool_]


class Ingest:
    """Quotes and candles of one source.

    Args:
        count: the instruments 0 to `count` - 1 are known; `reserve` makes more known.
        keep: is given what was good of every batch.
        set_aside: is given rows that were not, with the reason.

    Attributes:
        refused: how many rows were set aside, by reason.
        time: of the newest good row, ns UTC.
    """

    def __init__(
        self,
        count: int,
        keep: Callable[[Ticks], None] = lambda ticks: None,
        set_aside: Callable[[str, Ticks], None] = lambda reason, ticks: None,
    ) -> None:
        self.quotes = Quotes(count)
        self.seconds = Seconds(count)
        self.refused: Counter[str] = Counter()
        self.time = 0
        self._keep = keep
        self._set_aside = set_aside

    def reserve(self, count: int) -> None:
        """Know the instruments 0 to `count` - 1."""
        self.quotes.reserve(count)
        self.seconds.reserve(count)

    def apply(self, ticks: Ticks) -> int:
        """Take in a batch; how many of its rows were good."""
        ticks = self._good(ticks)
        if len(ticks):
            self.time = int(ticks.time[-1])
            self.quotes.apply(ticks)
            self.seconds.apply(ticks)
            self._keep(ticks)
        return len(ticks)

    def _good(self, ticks: Ticks) -> Ticks:
        """The rows that can be; the others are set aside."""
        ticks = self._without(ticks, UNKNOWN_KIND, (ticks.kind < TRADE) | (ticks.kind > BUST))
        known = ticks.instrument.view(np.uint32) < self.quotes.count
        ticks = self._without(ticks, UNKNOWN_INSTRUMENT, ~known)
        quote = (ticks.kind == BID) | (ticks.kind == ASK)
        gone = quote & (ticks.price == 0) & (ticks.quantity == 0)
        # A negative number is a very large one without its sign.
        price, quantity = ticks.price.view(np.uint64) - 1, ticks.quantity.view(np.uint64) - 1
        bad_price = (price >= PRICE_MAX) & ~gone
        bad_quantity = (quantity >= QUANTITY_MAX) & ~gone & ~bad_price
        if bad_price.any() or bad_quantity.any():
            self._told(BAD_PRICE, ticks, bad_price)
            self._told(BAD_QUANTITY, ticks, bad_quantity)
            ticks = ticks.take(~(bad_price | bad_quantity))
        return self._forward(ticks)

    def _forward(self, ticks: Ticks) -> Ticks:
        """The rows whose time is not before that of a good row earlier."""
        times = ticks.time
        if not len(times) or (times[0] >= self.time and bool((times[1:] >= times[:-1]).all())):
            return ticks
        newest = np.maximum.accumulate(np.maximum(times, self.time))
        return self._without(ticks, TIME_BACKWARDS, times < newest)

    def _without(self, ticks: Ticks, reason: str, bad: Mask) -> Ticks:
        if not bad.any():
            return ticks
        self._told(reason, ticks, bad)
        return ticks.take(~bad)

    def _told(self, reason: str, ticks: Ticks, bad: Mask) -> None:
        count = int(bad.sum())
        if count:
            self.refused[reason] += count
            self._set_aside(reason, ticks.take(bad))
