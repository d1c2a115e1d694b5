"""The calendar `XNYS`: the sessions of the New York Stock Exchange, by exchange_calendars.

Orders collect from three hours before the open (06:30 in New York), trading is continuous from the open
(09:30), the closing auction collects in the last five minutes before the close (16:00, or 13:00 on the days
before some holidays); two minutes before an auction OPG and CLS orders are locked. Ten minutes after the
close, when a prolonged closing auction is over too, the next session's day begins: what is entered from then
on is an order of that day.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from openbell.market.calendar import (
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    MINUTE,
    PRE_OPEN,
    Calendar,
    Day,
    date_of,
    midnight,
)

COLLECTS_BEFORE_OPEN = 180 * MINUTE
AUCTION_BEFORE_CLOSE = 5 * MINUTE
LOCK_BEFORE_AUCTION = 2 * MINUTE
ROLL_AFTER_CLOSE = 10 * MINUTE
FIRST, LAST = "1990-01-01", "2059-12-31"  # holidays by today's rules, so that no machine's date matters


class Sessions(NamedTuple):
    """All sessions in order: the midnight (UTC) of each date, its open, its close and the roll after it."""

    midnights: list[int]
    opens: list[int]
    closes: list[int]
    rolls: list[int]


class Xnys(Calendar):
    """The trading days of New York, as an exchange with auctions."""

    name = "XNYS"
    lock_ns = LOCK_BEFORE_AUCTION

    def __init__(self) -> None:
        self._sessions = sessions()

    def day(self, time: int) -> Day:
        return self._numbered(bisect_right(self._sessions.rolls, time), time)

    def dated(self, date: int) -> Day:
        wanted = midnight(date)
        found = bisect_right(self._sessions.midnights, wanted) - 1
        if found < 0 or self._sessions.midnights[found] != wanted:
            raise ValueError(f"{date} is no trading day of {self.name}")
        return self._numbered(found, wanted)

    def phases(self, day: Day) -> tuple[tuple[int, str], ...]:
        close = day.end - ROLL_AFTER_CLOSE
        return (
            (day.opens - COLLECTS_BEFORE_OPEN, PRE_OPEN),
            (day.opens, CONTINUOUS),
            (close - AUCTION_BEFORE_CLOSE, CLOSING_AUCTION),
            (close, CLOSED),
        )

    def _numbered(self, index: int, time: int) -> Day:
        """The session at `index`; the first has no day before it and only ends what it would."""
        kept = self._sessions
        if not 0 < index < len(kept.opens):
            raise ValueError(
                f"the calendar {self.name} reaches from {FIRST} to {LAST}, not to the time {time}"
            )
        begin = kept.midnights[index]
        return Day(
            date_of(begin),
            kept.rolls[index - 1],
            kept.rolls[index],
            begin,
            kept.opens[index],
            kept.closes[index] + MINUTE,
        )


@cache
def sessions() -> Sessions:
    """The sessions that exchange_calendars knows, as plain numbers; takes half a second, once a process."""
    import exchange_calendars
    import numpy as np

    with warnings.catch_warnings():
        # It asks pandas 3 for what pandas 4 will answer otherwise; pyproject.toml keeps pandas below 4.
        warnings.simplefilter("ignore", DeprecationWarning)
        table = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST).schedule

    def nanoseconds(times: object) -> list[int]:
        made: list[int] = np.asarray(times, dtype="datetime64[ns]").astype(np.int64).tolist()
        return made

    opens = nanoseconds(table["open"].dt.tz_localize(None))
    closes = nanoseconds(table["close"].dt.tz_localize(None))
    return Sessions(nanoseconds(table.index), opens, closes, [close + ROLL_AFTER_CLOSE for close in closes])
