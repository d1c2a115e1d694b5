"""Candles of a feed's trades, made by the thousand: of a second, a minute, a quarter of an hour, an
hour and a day of UTC.

The order of a candle's trades is the one in which they came into the feed, so that candles which were made in
parts are those which would have been made at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openbell.market.calendar import DAY, HOUR, MINUTE, QUARTER, SECOND
from openbell.market.ticks.batch import Ints

LENGTHS = {
    "fed_seconds": SECOND,
    "fed_minutes": MINUTE,
    "fed_quarters": QUARTER,
    "fed_hours": HOUR,
    "fed_days": DAY,
}
VOLUME_MAX = (1 << 63) - 1

# Symbol's number, start, open, high, low, close (None together), volume, trades.
Row = tuple[int, int, int | None, int | None, int | None, int | None, int, int]


class Trades(NamedTuple):
    """Trades in the order of the feed, in columns: `symbol` is any number that stands for one."""

    symbol: Ints
    time: Ints
    price: Ints
    quantity: Ints
    eligible: npt.NDArray[np.bool_]

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Trades:
        """Some of them."""
        symbol, time, price, quantity, eligible = self
        return Trades(symbol[which], time[which], price[which], quantity[which], eligible[which])


def candles(trades: Trades, length: int) -> list[Row]:
    """The candles of `length` ns that the trades make, by symbol and start.

    Eligible trades make the prices, all make the volume; what is more than VOLUME_MAX counts as that.
    """
    if not len(trades.time):
        return []
    bucket = trades.time // length
    order = np.lexsort((bucket, trades.symbol))
    symbol, bucket = trades.symbol[order], bucket[order]
    changed = (np.diff(symbol) != 0) | (np.diff(bucket) != 0)
    begins = np.concatenate([[0], np.flatnonzero(changed) + 1])
    counts = np.diff(begins, append=len(symbol))
    quantity = trades.quantity[order]
    volume = np.add.reduceat(quantity, begins)
    volume[np.add.reduceat(quantity.astype(np.float64), begins) >= VOLUME_MAX] = VOLUME_MAX
    prices = _prices(trades.price[order], trades.eligible[order], np.repeat(np.arange(len(begins)), counts))
    columns = (symbol[begins], bucket[begins] * length, *prices, volume, counts)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [row if row[2] else (*row[:2], None, None, None, None, *row[6:]) for row in rows]


def _prices(price: Ints, eligible: npt.NDArray[np.bool_], group: npt.NDArray[np.intp]) -> Sequence[Ints]:
    """Open, high, low and close of each group, 0 where no trade of it is eligible."""
    count = int(group[-1]) + 1
    price, group = price[eligible], group[eligible]
    opened, high, close = (np.zeros(count, np.int64) for _ in range(3))
    low = np.full(count, np.iinfo(np.int64).max)
    opened[group[::-1]] = price[::-1]  # of several the one that is assigned last stays
    close[group] = price
    np.maximum.at(high, group, price)
    np.minimum.at(low, group, price)
    return opened, high, low, close
