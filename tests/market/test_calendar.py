import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.market.calendar import DAY, Always, calendar, date_of

NOON = 1_767_268_800 * 10**9  # 2026-01-01T12:00:00Z
TIMES = st.integers(0, 4 * 10**18)


def test_the_always_calendar_rolls_at_midnight_utc() -> None:
    day = Always().day(NOON)
    assert day.date == 20260101
    assert Always().day(day.end - 1) == day
    assert Always().day(day.end).date == 20260102


def test_the_always_calendar_is_open_and_says_when_the_day_ends() -> None:
    state = Always().state(NOON)
    assert (state.phase, state.is_open, state.next_change) == ("CONTINUOUS", True, NOON + DAY // 2)


@given(TIMES)
def test_days_hold_their_times_and_follow_each_other(time: int) -> None:
    day = Always().day(time)
    assert day.start <= time < day.end
    assert Always().previous(Always().following(day)) == day
    assert date_of(day.start) == date_of(day.end - 1) == day.date


def test_a_calendar_that_this_build_lacks_is_refused_by_name() -> None:
    assert calendar("always").name == "always"
    with pytest.raises(ValueError, match="'XNYS' is unknown to this build"):
        calendar("XNYS")
