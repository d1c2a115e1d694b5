"""Candle intervals: their bounds in time. Starts are ns UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from openbell.market.calendar import DAY, HOUR, MINUTE, QUARTER, SECOND

EPOCH_WEEKDAY = 3 * DAY  # 1 January 1970 was a Thursday: its week began three days before


class Interval(NamedTuple):
    """One candle length. `length` is ns, 0 for calendar months; `base` is the stored length it is made of."""

    name: str
    length: int
    base: int

    def floor(self, time: int) -> int:
        """The start of the interval that holds `time`."""
        if self.length == 0:
            return _month(time, 0)
        offset = EPOCH_WEEKDAY if self.length == 7 * DAY else 0
        return time - (time + offset) % self.length

    def following(self, start: int) -> int:
        """The start after `start`, which must be a start itself."""
        return start + self.length if self.length else _month(start, 1)

    def starts(self, first: int, end: int, limit: int) -> list[int]:
        """The starts of the last `limit` intervals that overlap [first, end), oldest first."""
        found: list[int] = []
        if end <= first or limit <= 0:
            return found
        start = self.floor(end - 1)
        lowest = self.floor(first)
        while start >= lowest and len(found) < limit:
            found.append(start)
            start = self.floor(start - 1)
        found.reverse()
        return found


def _month(time: int, ahead: int) -> int:
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    months = moment.year * 12 + moment.month - 1 + ahead
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * SECOND


INTERVALS = {
    interval.name: interval
    for interval in (
        Interval("1s", SECOND, SECOND),
        Interval("5s", 5 * SECOND, SECOND),
        Interval("15s", 15 * SECOND, SECOND),
        Interval("30s", 30 * SECOND, SECOND),
        Interval("1m", MINUTE, MINUTE),
        Interval("5m", 5 * MINUTE, MINUTE),
        Interval("15m", QUARTER, QUARTER),
        Interval("1h", HOUR, HOUR),
        Interval("1d", DAY, DAY),
        Interval("1w", 7 * DAY, DAY),
        Interval("1mo", 0, DAY),
    )
}


def interval(name: str) -> Interval:
    """The interval called `name`.

    Raises:
        ValueError: candles are not kept at that length.
    """
    try:
        return INTERVALS[name]
    except KeyError:
        raise ValueError(f"interval {name!r} is not kept; use one of: {', '.join(INTERVALS)}") from None
