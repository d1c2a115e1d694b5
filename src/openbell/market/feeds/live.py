"""What a feed says now, in a file that other processes map: the latest quotes, and a tape of trades.

The feed's process writes it with every batch, so a gateway sees a tick some milliseconds after it came, and
finds the last prices there when the feed, or the machine, starts again. Everything in it can be made from the
feed's ticks; it is no record of them.

A quote has a version, odd while it is written: who reads it compares the version before and after. The tape
is a ring: `claimed` is ahead of `trades` while its rows are written, so who reads it knows what is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from openbell.market.calendar import DAY
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, WIRE, Ticks

FILE = "live"
MAGIC = b"OBLIVE01"
QUOTES_MAX = 65_536
TAPE_ROWS = 16_384
READ_TRIES = 3

HEAD = np.dtype(
    [("magic", "S8"), ("symbols", "<i8"), ("ticks", "<i8"), ("claimed", "<i8"), ("trades", "<i8")]
)
HEAD_BYTES = 64
# Raw units. `seq` counts the feed's ticks; `close` is the last price of the day before, `day` the days since
# 1970 of its figures; 0 stands for "none".
FIELDS = (
    "seq", "time", "bid", "bid_size", "ask", "ask_size", "last", "last_size", "last_time", "close", "day",
    "open", "high", "low", "volume", "trades",
)  # fmt: skip
QUOTE = np.dtype([("symbol", "S16"), ("version", "<i8"), *((name, "<i8") for name in FIELDS)])
SIZE = HEAD_BYTES + QUOTES_MAX * QUOTE.itemsize + TAPE_ROWS * WIRE.itemsize

Table = npt.NDArray[Any]


class FedQuote(NamedTuple):
    """One symbol's quote, as FIELDS have it."""

    number: int
    symbol: str
    seq: int
    time: int
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    last: int
    last_size: int
    last_time: int
    close: int
    day: int
    open: int
    high: int
    low: int
    volume: int
    trades: int


class FedTrade(NamedTuple):
    """One trade of the tape; `number` is its symbol's in the feed."""

    number: int
    flags: int
    time: int
    price: int
    quantity: int
    seq: int
    trade: int


class Parts(NamedTuple):
    """The parts of a mapped file."""

    head: Table
    quotes: Table
    tape: Table


def parts(data: npt.NDArray[np.uint8]) -> Parts:
    """The parts of a file's bytes."""
    tape = HEAD_BYTES + QUOTES_MAX * QUOTE.itemsize
    return Parts(
        data[: HEAD.itemsize].view(HEAD), data[HEAD_BYTES:tape].view(QUOTE), data[tape:SIZE].view(WIRE)
    )


class Live:
    """The file in a feed's `folder`, for the one process that writes it.

    Args:
        symbols: those of the feed's store, by number: what the file says of others is forgotten.
    """

    def __init__(self, folder: Path, symbols: Sequence[str]) -> None:
        self._data: Any = np.memmap(_prepared(folder / FILE), np.uint8, "r+")
        self._head, self._quotes, self._tape = parts(self._data)
        names = np.array([symbol.encode() for symbol in symbols], "S16")
        count = len(names)
        self._quotes[:count][self._quotes["symbol"][:count] != names] = np.zeros(1, QUOTE)[0]
        self._quotes["symbol"][:count] = names
        self._quotes[count : int(self._head["symbols"][0])] = np.zeros(1, QUOTE)[0]
        versions = self._quotes["version"]
        versions[versions % 2 == 1] += 1  # who wrote before died in the midst
        self._head["claimed"] = self._head["trades"]
        self._head["symbols"] = count

    def name(self, number: int, symbol: str) -> None:
        """Know a symbol by its number."""
        self._quotes["symbol"][number] = symbol.encode()
        self._head["symbols"] = max(int(self._head["symbols"][0]), number + 1)

    def apply(self, ticks: Ticks) -> None:
        """Take in a batch of good ticks, whose times do not go back."""
        seqs = int(self._head["ticks"][0]) + 1 + np.arange(len(ticks), dtype=np.int64)
        touched = np.unique(ticks.instrument)
        self._quotes["version"][touched] += 1
        days = ticks.time // DAY
        for day in np.unique(days).tolist():
            self._apply_day(ticks.take(days == day), day)
        self._quotes["seq"][ticks.instrument] = seqs
        self._quotes["version"][touched] += 1
        self._print(ticks, seqs)
        self._head["ticks"] = seqs[-1]

    def _apply_day(self, ticks: Ticks, day: int) -> None:
        quotes, at, kind = self._quotes, ticks.instrument, ticks.kind
        # What is older than what a symbol's quote says is no news, though its day may count it.
        fresh = ticks.time >= quotes["time"][at]
        rolled = np.unique(at[fresh & (quotes["day"][at] < day)])
        last = quotes["last"][rolled]
        quotes["close"][rolled] = np.where(last > 0, last, quotes["close"][rolled])
        for name in ("open", "high", "low", "volume", "trades"):
            quotes[name][rolled] = 0
        quotes["day"][rolled] = day
        trades = (kind == TRADE) & (quotes["day"][at] == day)
        np.add.at(quotes["volume"], at[trades], ticks.quantity[trades])
        np.add.at(quotes["trades"], at[trades], 1)
        prices = trades & (ticks.flags & ELIGIBLE > 0)
        self._apply_prices(at[prices], ticks.price[prices])
        moves = prices & fresh
        quotes["last"][at[moves]] = ticks.price[moves]
        quotes["last_size"][at[moves]] = ticks.quantity[moves]
        quotes["last_time"][at[moves]] = ticks.time[moves]
        for side, name in ((BID, "bid"), (ASK, "ask")):
            rows = fresh & (kind == side)
            quotes[name][at[rows]] = ticks.price[rows]
            quotes[f"{name}_size"][at[rows]] = ticks.quantity[rows]
        np.maximum.at(quotes["time"], at, ticks.time)

    def _apply_prices(self, at: npt.NDArray[Any], price: npt.NDArray[Any]) -> None:
        quotes = self._quotes
        first = np.flatnonzero(quotes["open"][at] == 0)[::-1]  # backwards: the first of each symbol stays
        for name in ("open", "high", "low"):
            quotes[name][at[first]] = price[first]
        np.maximum.at(quotes["high"], at, price)
        np.minimum.at(quotes["low"], at, price)

    def _print(self, ticks: Ticks, seqs: npt.NDArray[np.int64]) -> None:
        rows = np.flatnonzero(ticks.kind == TRADE)[-TAPE_ROWS:]
        before = int(self._head["trades"][0])
        self._head["claimed"] = before + len(rows)
        place = (before + np.arange(len(rows))) % TAPE_ROWS
        for name in ("kind", "flags", "instrument", "time", "price", "quantity", "trade"):
            self._tape[name][place] = getattr(ticks, name)[rows]
        self._tape["position"][place] = seqs[rows]
        self._head["trades"] = before + len(rows)

    def flush(self) -> None:
        """Let what was written outlive the machine."""
        self._data.flush()


class LiveReader:
    """The file at `path`, for a process that only looks.

    Raises:
        OSError: there is no file, or one of another version.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != SIZE:
                raise OSError(f"{path} is no file of live prices of this version")
            self._head, self._quotes, self._tape = parts(np.memmap(file, np.uint8, "r"))
        if self._head["magic"][0] != MAGIC:
            raise OSError(f"{path} is no file of live prices of this version")
        self._seq = self._trades = 0

    def quotes(self) -> Iterator[FedQuote]:
        """The quotes that changed since the last call; all that have a tick with the first one."""
        newest = int(self._head["ticks"][0])
        if newest == self._seq:
            return
        seqs = self._quotes["seq"][: int(self._head["symbols"][0])]
        whole = True
        for number in np.flatnonzero(seqs > self._seq).tolist():
            quote = self._quote(number)
            whole = whole and quote is not None
            if quote is not None:
                yield quote
        if whole:  # otherwise the same again, and what could not be read
            self._seq = newest

    def _quote(self, number: int) -> FedQuote | None:
        for _ in range(READ_TRIES):
            version = int(self._quotes["version"][number])
            row = self._quotes[number].tolist()
            if version % 2 == 0 and version == int(self._quotes["version"][number]):
                return FedQuote(number, row[0].decode("ascii"), *row[2:])
        return None

    def trades(self, most: int = TAPE_ROWS) -> list[FedTrade]:
        """The next trades, at most `most`, in order, without those that were written over meanwhile; with the
        first call the oldest that the tape has. None are left where fewer than `most` come."""
        newest = int(self._head["trades"][0])
        first = max(self._trades, newest - TAPE_ROWS)
        newest = min(newest, first + most)
        if newest <= first:
            return []
        rows = self._tape[np.arange(first, newest) % TAPE_ROWS]
        whole = max(0, int(self._head["claimed"][0]) - TAPE_ROWS - first)
        self._trades = newest
        names = ("instrument", "flags", "time", "price", "quantity", "position", "trade")
        columns = (rows[name][whole:].tolist() for name in names)
        return [FedTrade(*row) for row in zip(*columns, strict=True)]


def _prepared(path: Path) -> Path:
    """The file, made where there is none of this version."""
    try:
        if LiveReader(path):
            return path
    except OSError:
        pass
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("wb") as file:
        file.write(MAGIC)
        file.truncate(SIZE)
    unfinished.chmod(0o600)
    unfinished.rename(path)
    return path
