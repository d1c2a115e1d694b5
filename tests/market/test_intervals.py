from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.market.calendar import MINUTE, SECOND
from openbell.market.intervals import INTERVALS, Interval, interval

NAMES = st.sampled_from(list(INTERVALS.values()))
TIMES = st.integers(10**17, 3 * 10**18)


def when(time: int) -> datetime:
    return datetime.fromtimestamp(time // SECOND, UTC)


@given(NAMES, TIMES)
def test_a_time_lies_in_its_interval_and_the_next_one_begins_where_it_ends(kept: Interval, time: int) -> None:
    start = kept.floor(time)
    after = kept.following(start)
    assert start <= time < after
    assert kept.floor(start) == start
    assert kept.floor(after - 1) == start
    assert kept.floor(after) == after


@given(TIMES)
def test_weeks_begin_on_monday_and_months_on_the_first(time: int) -> None:
    week, month = when(interval("1w").floor(time)), when(interval("1mo").floor(time))
    assert week.weekday() == 0
    assert (month.day, month.hour, month.month) == (1, 0, when(time).month)


@given(NAMES, TIMES, st.integers(0, 10**15), st.integers(1, 50))
def test_starts_are_the_last_ones_that_overlap_the_span(
    kept: Interval, first: int, span: int, limit: int
) -> None:
    starts = kept.starts(first, first + span, limit)
    assert len(starts) <= limit
    assert all(kept.following(a) == b for a, b in pairwise(starts))
    if span == 0:
        assert starts == []
    else:
        assert starts[-1] == kept.floor(first + span - 1)
        assert starts[0] == kept.floor(first) or len(starts) == limit


def test_an_end_on_a_boundary_leaves_the_interval_that_begins_there_out() -> None:
    assert interval("1m").starts(0, 2 * MINUTE, 10) == [0, MINUTE]


def test_an_interval_that_is_not_kept_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'2s' is not kept; use one of: 1s, 5s"):
        interval("2s")
