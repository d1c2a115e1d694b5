"""Whether answers of `/v1/history` are what the trades come to, counted here from the trades themselves.

Nothing of the exchange's own candles is used: the intervals, their bounds and what is in them are made anew.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from history_flow import Span, Trade

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": DAY, "w": 7 * DAY}
MONDAY = 4 * DAY  # 5 January 1970
SIMULATED_DAYS = 1_826  # before the day of the first start
LIMIT = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PRICES = ("open", "high", "low", "close")

Prices = tuple[int, int, int, int]


class Wrong(AssertionError):
    """An answer is not what the trades come to; the message names the candle."""


class Counted(NamedTuple):
    """What trades make of an interval: prices of those that move prices (None: none did), all volume."""

    prices: Prices | None
    volume: int
    trades: int


class Proof:
    """Holds answers against the trades of one stock.

    Attributes:
        compared: how many candles were, by what they are: traded, filled, simulated.
    """

    def __init__(self, past: Span, trades: Sequence[Trade]) -> None:
        self.past = past
        self.trades = trades
        self.times = [one.ts for one in trades]
        self.compared = {"traded": 0, "filled": 0, "simulated": 0}
        self.count = lru_cache(None)(self._count)

    def answer(self, body: bytes, interval: str, ends: tuple[int, int], traded: bool = True) -> None:
        """Compare one answer with a range that ended, not later than now, between `ends`, ns UTC.

        Args:
            traded: whether the answer is of the stock whose trades are known; of others only the intervals
                and what they are from are compared.

        Raises:
            Wrong: it differs.
        """
        rows = json.loads(body)["candles"]
        starts = [nanoseconds(row["timestamp"]) for row in rows]
        self.intervals(starts, interval, ends)
        for start, row in zip(starts, rows, strict=True):
            end = following(interval, start)
            if traded:
                self.candle(row, start, end)
            elif (row["source"] == "simulated") != (start < self.past.begins):
                raise Wrong(f"{interval} {row} is not what lies on its side of the first start")
            self.compared[row["source"]] += 1

    def intervals(self, starts: list[int], interval: str, ends: tuple[int, int]) -> None:
        """Every interval of the range, in order, none missing.

        Raises:
            Wrong: they are others.
        """
        last = starts[-1] if starts else 0
        if not floor(interval, ends[0] - 1) <= last <= floor(interval, ends[1] - 1):
            raise Wrong(f"{interval} ends with {last}, the range with {ends}")
        first = self.past.seconds_from
        if interval[-1] != "s":
            first = self.past.begins - self.past.begins % DAY - SIMULATED_DAYS * DAY
        expected: list[int] = [last]
        while len(expected) < LIMIT and expected[-1] > first:
            expected.append(floor(interval, expected[-1] - 1))
        if starts != expected[::-1]:
            gap = next((pair for pair in zip(starts, expected[::-1], strict=False) if pair[0] != pair[1]), "")
            raise Wrong(
                f"{interval} has {len(starts)} candles of {len(expected)}; the first that differs {gap}"
            )

    def candle(self, row: dict[str, Any], start: int, end: int) -> None:
        """One candle of the stock whose trades are known.

        Raises:
            Wrong: it is not what they come to.
        """
        opened, high, low, close = (int(Decimal(row[one]) * 10_000) for one in PRICES)
        prices, shares = (opened, high, low, close), int(Decimal(row["volume"]) * 10**8)
        counted = self.count(start, end)
        if start < self.past.begins:
            right = "simulated", *simulated(prices, shares, counted)
        elif counted.trades:
            right = "traded", counted.prices or (self.price_before(start),) * 4, counted.volume
        else:
            right = "filled", (self.price_before(start),) * 4, 0
        if (row["source"], prices, shares) != right:
            raise Wrong(f"{row} is not {right}")

    def _count(self, start: int, end: int) -> Counted:
        within = self.trades[bisect_left(self.times, start) : bisect_left(self.times, end)]
        prices = [one.price for one in within if one.eligible]
        four = (prices[0], max(prices), min(prices), prices[-1]) if prices else None
        return Counted(four, sum(one.quantity for one in within), len(within))

    def price_before(self, start: int) -> int:
        """The price of the last trade before `start` that moved it."""
        at = bisect_left(self.times, start) - 1
        while not self.trades[at].eligible:
            at -= 1
        return self.trades[at].price


def simulated(prices: Prices, volume: int, counted: Counted) -> tuple[Prices, int]:
    """How a generated candle with these prices may be, with what `counted` was traded in it after the first
    start."""
    opened, _, _, close = prices
    top, bottom = max(prices), min(prices)
    if counted.prices:
        _, highest, lowest, close = counted.prices
        top, bottom = max(top, highest), min(bottom, lowest)
    return (opened, top, bottom, close), max(volume, counted.volume)


def nanoseconds(text: str) -> int:
    """An RFC 3339 time as ns UTC."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1) * 1_000


def length(interval: str) -> int:
    """The nanoseconds of an interval; of a month, thirty days."""
    return 30 * DAY if interval == "1mo" else int(interval[:-1]) * UNITS[interval[-1]]


def floor(interval: str, time: int) -> int:
    """The start of the interval that holds `time`: weeks begin on Monday, months on the first."""
    if interval == "1mo":
        moment = EPOCH + timedelta(seconds=time // SECOND)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * SECOND
    offset = MONDAY if interval == "1w" else 0
    return time - (time - offset) % length(interval)


def following(interval: str, start: int) -> int:
    """The start after `start`."""
    if interval == "1mo":
        return floor(interval, start + 31 * DAY)
    return start + length(interval)
