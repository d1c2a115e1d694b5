"""The latest quote of every instrument, in columns: assignment by instrument number, a batch at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, Ints, Ticks


class Quote(NamedTuple):
    """One instrument's quote, raw units; 0 stands for "none". `volume` and `trades` count since the start."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int
    last: int
    last_size: int
    last_time: int
    volume: int
    trades: int
    time: int
    position: int


class Quotes:
    """Latest quotes of the instruments 0 to `count` - 1."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._columns = {name: np.zeros(count, np.int64) for name in Quote._fields}

    def reserve(self, count: int) -> None:
        """Have room for at least `count` instruments."""
        if count > self.count:
            for name, kept in self._columns.items():
                self._columns[name] = np.concatenate([kept, np.zeros(count - self.count, np.int64)])
            self.count = count

    def apply(self, ticks: Ticks) -> None:
        """Take in a batch; of several ticks of an instrument the last one stays, as NumPy's assignment by
        repeated numbers has it."""
        columns = self._columns
        for kind, price, size in ((BID, "bid", "bid_size"), (ASK, "ask", "ask_size")):
            rows = np.flatnonzero(ticks.kind == kind)
            at = ticks.instrument[rows]
            columns[price][at] = ticks.price[rows]
            columns[size][at] = ticks.quantity[rows]
        rows = np.flatnonzero(ticks.kind == TRADE)
        at = ticks.instrument[rows]
        np.add.at(columns["volume"], at, ticks.quantity[rows])
        columns["trades"] += np.bincount(at, minlength=self.count)
        eligible = np.flatnonzero(ticks.flags[rows] & ELIGIBLE)
        rows, at = rows[eligible], at[eligible]
        columns["last"][at] = ticks.price[rows]
        columns["last_size"][at] = ticks.quantity[rows]
        columns["last_time"][at] = ticks.time[rows]
        columns["time"][ticks.instrument] = ticks.time
        columns["position"][ticks.instrument] = ticks.position

    def quote(self, instrument: int) -> Quote:
        """The quote of one instrument.

        Raises:
            IndexError: no such instrument.
        """
        if not 0 <= instrument < self.count:
            raise IndexError(f"there is no instrument {instrument}; there are {self.count}")
        return Quote(*(int(column[instrument]) for column in self._columns.values()))

    def column(self, name: str) -> Ints:
        """One field of all instruments, by number, to be read only."""
        return self._columns[name]
