"""Calendars: every instant has one phase, schedules are in order, and nothing is missed or told twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.market.calendar import (
    AUCTION_CALL,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    DAY,
    DAY_ROLL,
    MINUTE,
    NAMES,
    PRE_OPEN,
    SECOND,
    Always,
    Calendar,
    calendar,
    date_of,
    midnight,
)
from openbell.market.calendar_class import LENGTH
from openbell.market.calendar_xnys import ROLL_AFTER_CLOSE

NOON = 1_767_268_800 * 10**9  # 2026-01-01T12:00:00Z
NEW_YORK = ZoneInfo("America/New_York")
ALL = st.sampled_from([calendar(name) for name in NAMES])
TIMES = st.integers(midnight(2000_01_01), midnight(2059_12_01))


def xnys() -> Calendar:
    return calendar("XNYS")


def at(text: str) -> int:
    """A time given as in a diary of New York."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * SECOND


def told(made: Calendar, date: int) -> list[tuple[str, str]]:
    """A day's schedule as (time in New York, phase)."""
    return [
        (datetime.fromtimestamp(entry.time // SECOND, NEW_YORK).strftime("%m-%d %H:%M"), entry.phase)
        for entry in made.schedule(date)
    ]


# --- all calendars ----------------------------------------------------------------------------


@given(ALL, TIMES)
def test_days_hold_their_times_and_follow_each_other(made: Calendar, time: int) -> None:
    day = made.day(time)
    assert day.start <= time < day.end
    assert made.following(day).start == day.end
    assert made.previous(made.following(day)) == day
    assert made.dated(day.date) == day
    assert made.previous(day).date < day.date


@given(ALL, TIMES)
def test_a_schedule_is_in_order_and_inside_its_day(made: Calendar, time: int) -> None:
    day = made.day(time)
    roll, *phases = made.schedule(day.date)
    assert (roll.time, roll.phase) == (day.start, DAY_ROLL)
    assert phases
    assert all(a.time < b.time for a, b in pairwise(phases))
    assert day.start <= phases[0].time
    assert phases[-1].time < day.end
    assert all(a.phase != b.phase for a, b in pairwise(phases))


@given(ALL, TIMES)
def test_trading_hours_hold_every_moment_in_which_orders_match(made: Calendar, time: int) -> None:
    day = made.day(time)
    begun = [entry for entry in made.schedule(day.date) if entry.phase == CONTINUOUS]
    assert day.opens == begun[0].time
    closed = [entry for entry in made.schedule(day.date) if entry.phase == CLOSED]
    assert all(day.closes == entry.time + MINUTE for entry in closed)


@given(ALL, TIMES)
def test_every_instant_has_the_phase_that_the_last_entry_before_it_began(made: Calendar, time: int) -> None:
    day = made.day(time)
    before = made.schedule(made.previous(day).date) + made.schedule(day.date)
    begun = [entry for entry in before if entry.time <= time and entry.phase != DAY_ROLL]
    state = made.state(time)
    assert (state.phase, state.date) == (begun[-1].phase, day.date)
    assert state.is_open == (state.phase == CONTINUOUS)
    assert [entry.phase for entry in made.standing(time) if entry.phase != DAY_ROLL] == [state.phase]


@given(ALL, TIMES)
def test_until_the_next_change_nothing_changes(made: Calendar, time: int) -> None:
    state, following = made.state(time), made.next_entry(time)
    assert state.next_change == following.time > time
    just_before = made.state(following.time - 1)
    assert (just_before.phase, just_before.date) == (state.phase, state.date)
    assert made.entries(time, following.time - 1) == []
    assert made.entries(time, following.time)[0] == following


@given(ALL, TIMES, st.lists(st.integers(0, 12 * DAY), min_size=2, max_size=2))
@settings(deadline=None)
def test_what_was_missed_is_what_was_missed_in_each_part(
    made: Calendar, begin: int, spans: list[int]
) -> None:
    middle, end = begin + spans[0], begin + spans[0] + spans[1]
    whole = made.entries(begin, end)
    assert whole == made.entries(begin, middle) + made.entries(middle, end)
    assert all(a.time <= b.time for a, b in pairwise(whole))


@given(ALL, TIMES)
def test_natural_keys_name_calendar_day_and_phase_and_are_never_used_twice(made: Calendar, time: int) -> None:
    entries = made.entries(time, time + 8 * DAY)
    assert len({entry.key for entry in entries}) == len(entries)
    assert all(entry.key.startswith(f"{made.name}/{entry.date}/{entry.phase}") for entry in entries)


@pytest.mark.parametrize("name", NAMES)
def test_a_calendar_is_found_by_its_name(name: str) -> None:
    assert calendar(name).name == name


def test_a_calendar_that_this_build_lacks_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'XLON' is unknown to this build; use one of: always, XNYS, class"):
        calendar("XLON")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_date_has_no_schedule(name: str) -> None:
    with pytest.raises(ValueError, match="20260230 is no date"):
        calendar(name).schedule(2026_02_30)


# --- always -----------------------------------------------------------------------------------


def test_the_always_calendar_rolls_at_midnight_utc() -> None:
    day = Always().day(NOON)
    assert day.date == date_of(day.start) == date_of(day.end - 1) == 20260101
    assert Always().day(day.end).date == 20260102
    assert (day.stamp, day.opens, day.closes) == (day.start, day.start, day.end)


def test_the_always_calendar_is_open_and_says_when_the_day_ends() -> None:
    state = Always().state(NOON)
    assert (state.phase, state.is_open, state.next_change) == (CONTINUOUS, True, NOON + DAY // 2)


# --- XNYS -------------------------------------------------------------------------------------


def test_a_day_in_new_york_has_two_auctions_around_continuous_trading() -> None:
    assert told(xnys(), 2026_11_20) == [
        ("11-19 16:10", DAY_ROLL),
        ("11-20 06:30", PRE_OPEN),
        ("11-20 09:30", CONTINUOUS),
        ("11-20 15:55", CLOSING_AUCTION),
        ("11-20 16:00", CLOSED),
    ]


def test_the_day_after_thanksgiving_closes_at_one() -> None:
    assert told(xnys(), 2026_11_27) == [
        ("11-25 16:10", DAY_ROLL),
        ("11-27 06:30", PRE_OPEN),
        ("11-27 09:30", CONTINUOUS),
        ("11-27 12:55", CLOSING_AUCTION),
        ("11-27 13:00", CLOSED),
    ]


@pytest.mark.parametrize("date", [2026_11_26, 2026_11_21, 2026_12_25, 2026_06_19, 2026_04_03])
def test_holidays_and_weekends_are_no_trading_days(date: int) -> None:
    with pytest.raises(ValueError, match=f"{date} is no trading day of XNYS"):
        xnys().schedule(date)


def test_daylight_saving_moves_the_open_in_utc_and_not_in_new_york() -> None:
    winter, summer = xnys().dated(2026_03_06), xnys().dated(2026_03_09)
    assert (winter.opens, summer.opens) == (at("2026-03-06 09:30"), at("2026-03-09 09:30"))
    assert (winter.opens - winter.stamp) - (summer.opens - summer.stamp) == 60 * MINUTE
    assert summer.start == at("2026-03-06 16:10")


def test_from_ten_minutes_after_the_close_it_is_the_next_sessions_day() -> None:
    assert xnys().state(at("2026-11-20 16:05")).date == 2026_11_20
    assert xnys().state(at("2026-11-20 16:10")).date == 2026_11_23
    weekend = xnys().state(at("2026-11-22 12:00"))
    assert (weekend.phase, weekend.next_change) == (CLOSED, at("2026-11-23 06:30"))


def test_ten_years_of_sessions_are_those_of_exchange_calendars() -> None:
    import warnings

    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        peer = exchange_calendars.get_calendar("XNYS", start="2018-01-01", end="2027-12-31")
    made, checked = xnys(), 0
    for session in peer.sessions:
        date = session.year * 10_000 + session.month * 100 + session.day
        entries = {entry.phase: entry.time for entry in made.schedule(date)}
        opens, closes = peer.session_open(session), peer.session_close(session)
        assert entries[CONTINUOUS] == int(opens.timestamp()) * SECOND
        assert entries[CLOSED] == int(closes.timestamp()) * SECOND
        assert made.previous(made.dated(date)).end == entries[DAY_ROLL]
        for minute in (opens, opens + (closes - opens) / 2):
            assert made.day(int(minute.timestamp()) * SECOND).date == date
        checked += 1
    assert checked > 2_500
    whole = made.entries(midnight(2018_01_01), midnight(2027_12_31) + DAY)
    assert sum(entry.phase == CONTINUOUS for entry in whole) == checked
    assert len(peer.early_closes) == sum(
        entry.phase == CLOSED and datetime.fromtimestamp(entry.time // SECOND, NEW_YORK).hour == 13
        for entry in whole
    )


def test_a_time_beyond_the_known_sessions_is_refused() -> None:
    with pytest.raises(ValueError, match="reaches from 1990-01-01 to 2059-12-31"):
        xnys().day(midnight(2060_06_01))
    with pytest.raises(ValueError, match="reaches from"):
        xnys().day(midnight(1989_06_01))


def test_the_close_of_a_session_lies_in_its_day_with_room_for_a_longer_auction() -> None:
    day = xnys().dated(2026_11_20)
    assert day.end - at("2026-11-20 16:00") == ROLL_AFTER_CLOSE > 5 * MINUTE


# --- class ------------------------------------------------------------------------------------


def test_a_class_day_has_every_phase_in_twenty_minutes() -> None:
    made = calendar("class")
    begin = made.dated(2026_01_02).stamp
    assert begin == midnight(2026_01_01) + LENGTH
    assert [(entry.time - begin, entry.phase) for entry in made.schedule(2026_01_02)] == [
        (-30 * SECOND, DAY_ROLL),
        (0, PRE_OPEN),
        (2 * MINUTE, CONTINUOUS),
        (9 * MINUTE, AUCTION_CALL),
        (11 * MINUTE, CONTINUOUS),
        (17 * MINUTE, CLOSING_AUCTION),
        (19 * MINUTE, CLOSED),
    ]


def test_the_second_continuous_phase_of_a_class_day_has_a_key_of_its_own() -> None:
    keys = [entry.key for entry in calendar("class").schedule(2026_01_02) if entry.phase == CONTINUOUS]
    assert keys == ["class/20260102/CONTINUOUS", "class/20260102/CONTINUOUS/2"]


@given(st.integers(midnight(2026_01_01), midnight(2059_12_31)))
def test_seventy_two_class_days_pass_in_a_day_each_with_a_date_of_its_own(time: int) -> None:
    made = calendar("class")
    rolls = [entry for entry in made.entries(time, time + DAY) if entry.phase == DAY_ROLL]
    assert len(rolls) == 72
    dates = [datetime.strptime(str(entry.date).zfill(8), "%Y%m%d").replace(tzinfo=UTC) for entry in rolls]
    assert all((b - a).days == 1 for a, b in pairwise(dates))


def test_a_time_whose_class_date_would_be_before_year_one_is_refused() -> None:
    with pytest.raises(ValueError, match="no date for the time"):
        calendar("class").day(0)
