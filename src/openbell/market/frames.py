"""Frames: the candle intervals of a window in which a calendar's market can trade.

Nights, weekends and holidays have no frames, so a chart goes from one session straight into the next.
"""

from __future__ import annotations

from openbell.market.calendar import DAY, Calendar, Day
from openbell.market.intervals import Interval


def frames(calendar: Calendar, kept: Interval, first: int, end: int, limit: int) -> tuple[list[int], int]:
    """The starts of the last `limit` intervals with trading hours in [first, end), oldest first.

    A daily candle's start is its day's stamp. The second value is the start of the frame after the last: what
    a session's end still brings belongs to its last frame. With no frames both are empty: [] and `end`.
    """
    found: list[int] = []
    if end <= first or limit <= 0:
        return found, end
    day = last = calendar.day(end - 1)
    while len(found) < limit:
        for start in _within(day, kept, first, end, limit - len(found) + 1):
            if (not found or start < found[-1]) and len(found) < limit:
                found.append(start)
                last = day if len(found) == 1 else last
        if day.opens <= first:
            break
        day = calendar.previous(day)
    found.reverse()
    return found, _after(calendar, kept, last, found[-1]) if found else end


def _within(day: Day, kept: Interval, first: int, end: int, limit: int) -> list[int]:
    """The starts of one day's frames in [first, end), newest first, at most `limit`."""
    low, high = max(day.opens, first), min(day.closes, end)
    if low >= high:
        return []
    if kept.base == DAY:
        return [day.stamp if kept.length == DAY else kept.floor(day.stamp)]
    return kept.starts(low, high, min(limit, (high - low) // kept.length + 2))[::-1]


def _after(calendar: Calendar, kept: Interval, day: Day, start: int) -> int:
    """The start of the frame that follows `start`, which is a frame of `day`."""
    if kept.base == DAY:
        return calendar.following(day).stamp if kept.length == DAY else kept.following(start)
    following = kept.following(start)
    if following < day.closes:
        return following
    return max(following, kept.floor(calendar.following(day).opens))
