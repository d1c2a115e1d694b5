"""Calendars: when a market has days, what phase it is in, when that changes next. Times are ns UTC.

A calendar is a pure function of the date: every machine and every replay gets the same schedule. A trading
day runs from the roll that begins it to the next one; its phases lie in it. Which calendar an exchange has
is written into its first record.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from openbell.core.records import blob_of

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
QUARTER = 15 * MINUTE
HOUR = 60 * MINUTE
DAY = 86_400 * SECOND

CLOSED = "CLOSED"
PRE_OPEN = "PRE_OPEN"
CONTINUOUS = "CONTINUOUS"
CLOSING_AUCTION = "CLOSING_AUCTION"
AUCTION_CALL = "AUCTION_CALL"
SUSPENDED = "SUSPENDED"  # never scheduled: an instrument's, by hand
DAY_ROLL = "DAY_ROLL"  # no phase: the entry that begins a day


class Day(NamedTuple):
    """One trading day: its date as yyyymmdd, and its bounds, `end` excluded.

    `stamp` is the time that its daily candle carries. Between `opens` and `closes` there can be trades, the
    minute of the closing print included.
    """

    date: int
    start: int
    end: int
    stamp: int
    opens: int
    closes: int


class Entry(NamedTuple):
    """One line of a schedule: from `time` on the market is in `phase`, or its day `date` has begun.

    `key` is the entry's natural key, calendar/date/phase: a command that carries it takes effect once.
    """

    time: int
    phase: str
    date: int
    key: str


class ClockState(NamedTuple):
    """What a calendar says at one moment; `next_change` is the next phase or day change."""

    calendar: str
    time: int
    date: int
    phase: str
    is_open: bool
    next_change: int


class Calendar(ABC):
    """What every calendar answers.

    `market` is the number that a DAY_ROLL and a PHASE carry. Where there are `auctions`, instruments are
    listed with them; for `lock_ns` before one no OPG or CLS order is taken. `halt_ns` and `late_ns` are the
    market-wide breakers'.
    """

    name: str
    market = 0  # an exchange has one market
    auctions = True
    lock_ns = 0
    halt_ns = 15 * MINUTE  # how long a market-wide breaker halts
    late_ns = 30 * MINUTE  # before the end of continuous trading: no such halt any more

    @abstractmethod
    def day(self, time: int) -> Day:
        """The trading day that holds `time`.

        Raises:
            ValueError: the calendar does not reach so far.
        """

    @abstractmethod
    def dated(self, date: int) -> Day:
        """The trading day with the date `date` (yyyymmdd).

        Raises:
            ValueError: that is no trading day, or no date.
        """

    @abstractmethod
    def phases(self, day: Day) -> tuple[tuple[int, str], ...]:
        """When each phase of `day` begins, in order; at least one."""

    def previous(self, day: Day) -> Day:
        """The trading day before `day`."""
        return self.day(day.start - 1)

    def following(self, day: Day) -> Day:
        """The trading day after `day`."""
        return self.day(day.end)

    def schedule(self, date: int) -> list[Entry]:
        """The roll that begins the day `date`, then its phases.

        Raises:
            ValueError: that is no trading day.
        """
        return list(self._entries(self.dated(date)))

    def entries(self, after: int, until: int) -> list[Entry]:
        """What the schedule has in (after, until]: what was missed by who was away in between."""
        found: list[Entry] = []
        day = self.day(after)
        while day.start <= until:
            found += [entry for entry in self._entries(day) if after < entry.time <= until]
            day = self.following(day)
        return found

    def standing(self, time: int) -> list[Entry]:
        """The entries that hold at `time`: the last roll and the last phase, in their order."""
        day = self.day(time)
        so_far = [entry for entry in self._entries(day) if entry.time <= time]
        if len(so_far) > 1:
            return [so_far[0], so_far[-1]]
        return [list(self._entries(self.previous(day)))[-1], so_far[0]]

    def next_entry(self, time: int) -> Entry:
        """The first entry after `time`."""
        day = self.day(time)
        while True:
            for entry in self._entries(day):
                if entry.time > time:
                    return entry
            day = self.following(day)

    def next_phase(self, time: int) -> Entry:
        """The first phase that begins after `time`."""
        entry = self.next_entry(time)
        while entry.phase == DAY_ROLL:
            entry = self.next_entry(entry.time)
        return entry

    def next_open(self, time: int) -> int:
        """When continuous trading begins after `time`."""
        entry = self.next_entry(time)
        while entry.phase != CONTINUOUS:
            entry = self.next_entry(entry.time)
        return entry.time

    def state(self, time: int) -> ClockState:
        """Phase and next change at `time`."""
        phase = next(entry.phase for entry in self.standing(time) if entry.phase != DAY_ROLL)
        change = self.next_entry(time).time
        return ClockState(self.name, time, self.day(time).date, phase, phase == CONTINUOUS, change)

    def _entries(self, day: Day) -> Iterator[Entry]:
        key = f"{self.name}/{day.date}"
        yield Entry(day.start, DAY_ROLL, day.date, f"{key}/{DAY_ROLL}")
        seen: list[str] = []
        for time, phase in self.phases(day):
            seen.append(phase)
            again = f"/{seen.count(phase)}" if seen.count(phase) > 1 else ""
            yield Entry(time, phase, day.date, f"{key}/{phase}{again}")


class Always(Calendar):
    """Open every day of the year around the clock; days roll at 00:00 UTC."""

    name = "always"
    auctions = False

    def day(self, time: int) -> Day:
        start = time - time % DAY
        return Day(date_of(start), start, start + DAY, start, start, start + DAY)

    def dated(self, date: int) -> Day:
        return self.day(midnight(date))

    def phases(self, day: Day) -> tuple[tuple[int, str], ...]:
        return ((day.start, CONTINUOUS),)


NAMES = ("always", "XNYS", "class")


def calendar(name: str) -> Calendar:
    """The calendar called `name` in genesis.

    Raises:
        ValueError: this build has no such calendar.
    """
    if name == "always":
        return Always()
    if name == "XNYS":
        from openbell.market.calendar_xnys import Xnys

        return Xnys()
    if name == "class":
        from openbell.market.calendar_class import ClassDay

        return ClassDay()
    raise ValueError(f"calendar {name!r} is unknown to this build; use one of: {', '.join(NAMES)}")


def calendar_of(genesis: bytes) -> Calendar:
    """The calendar that an exchange's first command names.

    Raises:
        ValueError: this build does not have it.
    """
    return calendar(json.loads(blob_of(genesis)).get("calendar", "always"))


def date_of(time: int) -> int:
    """The UTC date of a time as yyyymmdd."""
    moment = datetime.fromtimestamp(time // SECOND, UTC)
    return number_of(moment.date())


def number_of(day: date) -> int:
    """A date as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def midnight(number: int) -> int:
    """When the date yyyymmdd begins in UTC.

    Raises:
        ValueError: there is no such date.
    """
    try:
        moment = datetime(number // 10_000, number // 100 % 100, number % 100, tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{number} is no date; dates are yyyymmdd") from None
    return int(moment.timestamp()) * SECOND
