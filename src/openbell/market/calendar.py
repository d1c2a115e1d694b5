"""Calendars: when a market has days, when it is open, when that changes next. Times are ns UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple, Protocol

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


class Day(NamedTuple):
    """One trading day: its date as yyyymmdd, and its bounds, `end` excluded."""

    date: int
    start: int
    end: int


class ClockState(NamedTuple):
    """What a calendar says at one moment; `next_change` is the next phase or day change."""

    calendar: str
    time: int
    date: int
    phase: str
    is_open: bool
    next_change: int


class Calendar(Protocol):
    """What every calendar answers. `market` is the number that a DAY_ROLL carries."""

    name: str
    market: int

    def day(self, time: int) -> Day:
        """The trading day that holds `time`, or the last one before it."""

    def previous(self, day: Day) -> Day:
        """The trading day before `day`."""

    def following(self, day: Day) -> Day:
        """The trading day after `day`."""

    def state(self, time: int) -> ClockState:
        """Phase and next change at `time`."""


class Always:
    """Open every day of the year around the clock; days roll at 00:00 UTC."""

    name = "always"
    market = 0

    def day(self, time: int) -> Day:
        start = time - time % DAY
        return Day(date_of(start), start, start + DAY)

    def previous(self, day: Day) -> Day:
        return self.day(day.start - DAY)

    def following(self, day: Day) -> Day:
        return self.day(day.end)

    def state(self, time: int) -> ClockState:
        day = self.day(time)
        return ClockState(self.name, time, day.date, "CONTINUOUS", True, day.end)


CALENDARS: dict[str, Calendar] = {"always": Always()}


def calendar(name: str) -> Calendar:
    """The calendar called `name` in genesis.

    Raises:
        ValueError: this build has no such calendar.
    """
    try:
        return CALENDARS[name]
    except KeyError:
        known = ", ".join(sorted(CALENDARS))
        raise ValueError(f"calendar {name!r} is unknown to this build; use one of: {known}") from None


def date_of(time: int) -> int:
    """The UTC date of a time as yyyymmdd."""
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    return moment.year * 10_000 + moment.month * 100 + moment.day
