"""Candles of one second, made from batches of ticks whose times do not go backwards.

One second is open at a time, its figures in columns by instrument number; it is closed by the first tick of a
later second. As with all candles, eligible trades make the prices and every trade counts as volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from openbell.market.calendar import SECOND
from openbell.market.ticks.batch import ELIGIBLE, TRADE, Ints, Ticks

NO_LOW = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles in columns: start ns UTC, prices 1/10,000 USD (0: no eligible trade), volume 1/1e8 share."""

    instrument: Ints
    start: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    trades: Ints

    def __len__(self) -> int:
        return len(self.start)


class Seconds:
    """Makes candles of one second for the instruments 0 to `count` - 1."""

    def __init__(self, count: int) -> None:
        self.count = 0
        self.start = 0  # of the open second
        self._closed: list[Candles] = []
        self._open = self._high = self._low = self._close = np.zeros(0, np.int64)
        self._volume = self._trades = np.zeros(0, np.int64)
        self.reserve(count)

    def reserve(self, count: int) -> None:
        """Have room for at least `count` instruments."""
        more = count - self.count
        if more <= 0:
            return
        none = np.zeros(more, np.int64)
        for name in ("_open", "_high", "_close", "_volume", "_trades"):
            setattr(self, name, np.concatenate([getattr(self, name), none]))
        self._low = np.concatenate([self._low, np.full(more, NO_LOW)])
        self.count = count

    def apply(self, ticks: Ticks) -> None:
        """Count the trades of a batch. The times must not go back, within it or behind the batch before."""
        times = ticks.time
        begin = 0
        while begin < len(times):
            start = int(times[begin]) // SECOND * SECOND
            if start != self.start:
                self.close()
                self.start = start
            end = len(times)
            if times[-1] >= start + SECOND:
                end = int(np.searchsorted(times, start + SECOND))
            self._count(ticks.take(slice(begin, end)))
            begin = end

    def _count(self, ticks: Ticks) -> None:
        """Add ticks of the open second."""
        rows = np.flatnonzero(ticks.kind == TRADE)
        at = ticks.instrument[rows]
        np.add.at(self._volume, at, ticks.quantity[rows])
        self._trades += np.bincount(at, minlength=self.count)
        eligible = np.flatnonzero(ticks.flags[rows] & ELIGIBLE)
        at, price = at[eligible], ticks.price[rows[eligible]]
        new = np.flatnonzero(self._open[at] == 0)[::-1]  # backwards: the first of each instrument stays
        self._open[at[new]] = price[new]
        np.maximum.at(self._high, at, price)
        np.minimum.at(self._low, at, price)
        self._close[at] = price

    def close(self) -> None:
        """End the open second: its candles can be taken."""
        at = np.flatnonzero(self._trades)
        if not len(at):
            return
        low = self._low[at]
        self._closed.append(
            Candles(
                at.astype(np.int64),
                np.full(len(at), self.start),
                self._open[at],
                self._high[at],
                np.where(low == NO_LOW, 0, low),
                self._close[at],
                self._volume[at],
                self._trades[at],
            )
        )
        for column in (self._open, self._high, self._close, self._volume, self._trades):
            column[at] = 0
        self._low[at] = NO_LOW

    def take(self) -> list[Candles]:
        """The candles of the seconds that were closed since the last call, a second each, in order."""
        closed, self._closed = self._closed, []
        return closed
