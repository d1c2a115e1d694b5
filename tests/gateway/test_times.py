"""Times: RFC 3339 out, dates and RFC 3339 in."""

from __future__ import annotations

import pytest

from openbell.gateway.times import parse_time, rfc3339

NOON = 1_772_712_000_123_456_000


def test_a_time_is_shown_with_microseconds() -> None:
    assert rfc3339(NOON + 789) == "2026-03-05T12:00:00.123456Z"


def test_a_time_reads_back() -> None:
    assert parse_time(rfc3339(NOON)) == NOON


def test_an_offset_counts_and_may_have_lost_its_plus() -> None:
    assert parse_time("2026-03-05T14:00:00.123456 02:00") == NOON


def test_a_date_is_its_start_or_its_end() -> None:
    assert rfc3339(parse_time("2026-03-05")) == "2026-03-05T00:00:00.000000Z"
    assert rfc3339(parse_time("2026-03-05", end_of_day=True)) == "2026-03-06T00:00:00.000000Z"


@pytest.mark.parametrize(
    "text", ["", "today", "2026-13-01", "2026-03-05T12:00:00", "1969-01-01", "20260305", "9" * 99]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)
