"""The calendar `class`: a whole trading day in twenty minutes, again and again, to show and to teach.

| minute | phase |
|---|---|
| 0 | PRE_OPEN: orders collect |
| 2 | CONTINUOUS, which the opening auction begins |
| 9 | AUCTION_CALL: a pause, as after a sudden move |
| 11 | CONTINUOUS, which the auction of the pause begins |
| 17 | CLOSING_AUCTION: orders collect |
| 19 | CLOSED, which the closing auction begins |
| 19:30 | the next day begins |

Days begin at 00:00, 00:20, 00:40 UTC and so on. A date can name only one of them, so dates run ahead of the
world's: one for every twenty minutes, and the first day of 2026 is 2026-01-01.
"""

from __future__ import annotations

from datetime import date

from openbell.market.calendar import (
    AUCTION_CALL,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    MINUTE,
    PRE_OPEN,
    SECOND,
    Calendar,
    Day,
    midnight,
    number_of,
)

LENGTH = 20 * MINUTE
LOCK_BEFORE_AUCTION = 15 * SECOND
ROLL_BEFORE = 30 * SECOND  # of the day's first minute: orders of the day before have then ended
EPOCH = midnight(2026_01_01)
EPOCH_ORDINAL = date(2026, 1, 1).toordinal()
PHASES = (
    (0, PRE_OPEN),
    (2 * MINUTE, CONTINUOUS),
    (9 * MINUTE, AUCTION_CALL),
    (11 * MINUTE, CONTINUOUS),
    (17 * MINUTE, CLOSING_AUCTION),
    (19 * MINUTE, CLOSED),
)


class ClassDay(Calendar):
    """A trading day every twenty minutes."""

    name = "class"
    lock_ns = LOCK_BEFORE_AUCTION
    halt_ns = MINUTE
    late_ns = MINUTE

    def day(self, time: int) -> Day:
        return self._numbered((time + ROLL_BEFORE - EPOCH) // LENGTH)

    def dated(self, date: int) -> Day:
        midnight(date)  # refuses what is no date
        return self._numbered(_ordinal(date) - EPOCH_ORDINAL)

    def phases(self, day: Day) -> tuple[tuple[int, str], ...]:
        return tuple((day.stamp + offset, phase) for offset, phase in PHASES)

    def _numbered(self, number: int) -> Day:
        """The `number`th day since the first of 2026."""
        begin = EPOCH + number * LENGTH
        try:
            named = date.fromordinal(EPOCH_ORDINAL + number)
        except (ValueError, OverflowError):
            raise ValueError(f"the calendar class has no date for the time {begin}") from None
        return Day(
            number_of(named),
            begin - ROLL_BEFORE,
            begin + LENGTH - ROLL_BEFORE,
            begin,
            begin + PHASES[1][0],
            begin + LENGTH,
        )


def _ordinal(number: int) -> int:
    return date(number // 10_000, number // 100 % 100, number % 100).toordinal()
