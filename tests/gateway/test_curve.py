"""The equity curve: days add up, marks are round times, and a day's marks count as its profit does."""

from __future__ import annotations

from openbell.gateway import curve
from openbell.gateway.curve import MARKS_MAX, MINUTE, Closes, Flow, Held, Point
from openbell.ledger.tables import CASH

USD, SHARE = 10_000, 100_000_000
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
START = 1_700_000_000_000_000_000


def day(ts: int, cash: int | None, holdings: int = 0, base: int = 0) -> dict[str, int | None]:
    known = cash is not None
    return {"ts": ts, "cash": cash, "holdings": holdings if known else None, "base": base if known else None}


def test_the_profits_of_days_add_up() -> None:
    points = curve.daily(Point(1, 100, 0, 0), [day(2, 50, 60, 100), day(3, 150, 66, 210)])
    assert points[1:] == [Point(2, 50, 60, 10), Point(3, 150, 66, 16)]


def test_a_day_without_a_row_has_what_the_one_before_had() -> None:
    points = curve.daily(Point(1, 100, 20, 0), [day(2, None), day(3, 130, 0, 120)])
    assert points[1:] == [Point(2, 100, 20, 0), Point(3, 130, 0, 10)]


def test_now_adds_the_day_under_way() -> None:
    assert curve.ended([Point(1, 5, 5, 3)], 9, 6, 7, -1)[-1] == Point(9, 6, 7, 2)


def test_marks_are_round_five_minutes_of_a_day() -> None:
    start = START - START % DAY
    name, length, times = curve.marks(start, start + DAY - 1)
    assert (name, length) == ("5m", 5 * MINUTE)
    assert times == [start + number * 5 * MINUTE for number in range(1, 288)]


def test_a_longer_day_has_marks_further_apart() -> None:
    for length, wanted in ((2 * DAY, "15m"), (10 * DAY, "1h"), (100 * DAY, "1d"), (1000 * DAY, "1d")):
        name, step, times = curve.marks(START, START + length)
        assert name == wanted
        assert 0 < len(times) <= MARKS_MAX
        assert all(time % step == 0 and START < time <= START + length for time in times)


def test_a_day_that_has_just_begun_has_no_marks() -> None:
    assert curve.marks(START, START)[2] == []
    assert curve.marks(START, START - 5)[2] == []


def test_a_price_is_the_close_of_the_last_whole_candle() -> None:
    closes = Closes(100, [(10, 101), (20, 103)])
    assert closes.along([9, 10, 19, 20, 99]) == [100, 101, 101, 103, 103]
    assert closes.along([99]) == [103]


def flow(bucket: int, asset: int, amount: int, moved: int = 0) -> Flow:
    return Flow(bucket, asset, amount, moved)


def test_a_mark_has_what_happened_before_it() -> None:
    held = {0: Held(10 * SHARE, 100 * USD), 1: Held(0, 50 * USD)}
    prices = {0: Closes(100 * USD, [(20, 103 * USD)]), 1: Closes(50 * USD, [(10, 51 * USD)])}
    flows = [flow(1, CASH, -500 * USD), flow(1, 1, 10 * SHARE)]  # bought 10 at 50 between the marks
    points = curve.intraday(1_000 * USD, held, [10, 20], flows, prices)
    assert points == [
        Point(10, 1_000 * USD, 1_000 * USD, 0),
        Point(20, 500 * USD, (1_030 + 510) * USD, (30 + 10) * USD),
    ]


def test_deposits_and_moved_shares_are_no_profit_of_a_mark() -> None:
    held = {0: Held(10 * SHARE, 100 * USD)}
    prices = {0: Closes(100 * USD, [(10, 110 * USD)])}
    flows = [flow(0, CASH, 300 * USD, 300 * USD), flow(0, 0, 5 * SHARE, 5 * SHARE)]
    points = curve.intraday(0, held, [5, 10], flows, prices)
    assert [(point.total, point.profit) for point in points] == [
        ((300 + 1_500) * USD, 0),
        ((300 + 1_650) * USD, 150 * USD),
    ]
