"""Frames: a chart has an interval for every stretch of trading hours, and none for nights and holidays."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.market.calendar import DAY, MINUTE, NAMES, SECOND, calendar, midnight
from openbell.market.frames import frames
from openbell.market.intervals import INTERVALS, Interval, interval

KEPT = st.sampled_from(list(INTERVALS.values()))
TIMES = st.integers(midnight(2015_01_01), midnight(2035_01_01))
XNYS, ALWAYS, CLASS = calendar("XNYS"), calendar("always"), calendar("class")
OPEN = 14 * 60 * MINUTE + 30 * MINUTE  # after midnight UTC, in winter
MONDAY = midnight(2026_11_30)


def shown(times: list[int]) -> list[str]:
    return [datetime.fromtimestamp(time // SECOND, UTC).strftime("%m-%d %H:%M") for time in times]


@given(KEPT, TIMES, st.integers(0, 40 * DAY), st.integers(1, 50))
def test_around_the_clock_frames_are_the_intervals(kept: Interval, first: int, span: int, limit: int) -> None:
    starts, after = frames(ALWAYS, kept, first, first + span, limit)
    assert starts == kept.starts(first, first + span, limit)
    if starts:
        assert after == kept.following(starts[-1])


@given(st.sampled_from(NAMES), KEPT, TIMES, st.integers(1, 20 * DAY), st.integers(1, 60))
@settings(deadline=None)
def test_every_moment_of_trading_has_a_frame_and_every_frame_has_one(
    name: str, kept: Interval, first: int, span: int, limit: int
) -> None:
    made, end = calendar(name), first + span
    starts, after = frames(made, kept, first, end, limit)
    assert all(a < b for a, b in pairwise([*starts, after]))
    assert len(starts) <= limit
    newest = _hours_before(name, end)
    if newest <= first:
        assert starts == []
        return
    assert starts[-1] < newest
    if kept.base == MINUTE:
        assert newest <= kept.following(starts[-1])
        for start in starts:
            day = made.day(max(start, made.day(start).opens))
            assert start < min(day.closes, end)
            assert kept.following(start) > max(day.opens, first)


def _hours_before(name: str, end: int) -> int:
    """The end of the last trading hours before `end`, cut off at it."""
    made = calendar(name)
    day = made.day(end - 1)
    while day.opens >= end:
        day = made.previous(day)
    return min(day.closes, end)


@given(st.sampled_from(["XNYS", "class"]), KEPT, TIMES)
@settings(deadline=None)
def test_fewer_frames_are_the_last_of_more(name: str, kept: Interval, end: int) -> None:
    many, after = frames(calendar(name), kept, end - 30 * DAY, end, 40)
    few, same = frames(calendar(name), kept, end - 30 * DAY, end, 7)
    assert (few, same) == (many[-7:], after)


def test_minutes_go_from_one_session_into_the_next() -> None:
    starts, after = frames(XNYS, interval("1m"), 0 + midnight(2026_11_27), MONDAY + OPEN + 2 * MINUTE, 4)
    # The day after Thanksgiving ends at 13:00 in New York; its closing print lies in the minute from then.
    assert shown(starts) == ["11-27 17:59", "11-27 18:00", "11-30 14:30", "11-30 14:31"]
    assert shown([after]) == ["11-30 14:32"]


def test_the_last_frame_of_a_session_holds_what_its_end_still_brings() -> None:
    close = midnight(2026_11_27) + 18 * 60 * MINUTE
    starts, after = frames(XNYS, interval("1m"), close - 5 * MINUTE, close + 9 * MINUTE, 9)
    assert shown(starts[-1:]) == ["11-27 18:00"]
    assert after == MONDAY + OPEN


def test_an_hour_that_the_open_divides_begins_before_it() -> None:
    starts, _ = frames(XNYS, interval("1h"), MONDAY, MONDAY + OPEN + 90 * MINUTE, 9)
    assert shown(starts) == ["11-30 14:00", "11-30 15:00"]


def test_days_are_the_trading_days_and_begin_with_their_session() -> None:
    before_open, _ = frames(XNYS, interval("1d"), midnight(2026_11_20), MONDAY + OPEN, 9)
    assert shown(before_open) == [f"11-{day} 00:00" for day in (20, 23, 24, 25, 27)]
    open_now, after = frames(XNYS, interval("1d"), midnight(2026_11_20), MONDAY + OPEN + 1, 9)
    assert shown(open_now[-1:]) == ["11-30 00:00"]
    assert after == midnight(2026_12_01)


def test_weeks_and_months_begin_on_mondays_and_firsts_also_where_nobody_trades() -> None:
    weeks, _ = frames(XNYS, interval("1w"), midnight(2026_05_20), midnight(2026_06_06), 9)
    assert shown(weeks) == ["05-18 00:00", "05-25 00:00", "06-01 00:00"]  # the 25th is Memorial Day
    months, _ = frames(XNYS, interval("1mo"), midnight(2026_01_20), midnight(2026_04_01), 9)
    assert shown(months) == ["01-01 00:00", "02-01 00:00", "03-01 00:00"]


def test_a_class_day_is_a_daily_candle_of_twenty_minutes() -> None:
    noon = MONDAY + DAY // 2
    starts, after = frames(CLASS, interval("1d"), noon - 60 * MINUTE, noon + 3 * MINUTE, 9)
    assert shown(starts) == ["11-30 11:00", "11-30 11:20", "11-30 11:40", "11-30 12:00"]
    assert after == noon + 20 * MINUTE
