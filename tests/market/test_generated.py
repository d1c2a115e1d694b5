import hashlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.core.records import QUANTITY_SCALE
from openbell.market.calendar import DAY, MINUTE, Always, Day, calendar, date_of, midnight
from openbell.market.generated import DAYS, Generator
from openbell.market.instruments import INSTRUMENTS, Listing, find
from openbell.market.rows import CLOSE, HIGH, LOW, OPEN, START, VOLUME, Rows, fold

START_TIME = 1_795_312_800 * 10**9 + 20 * 3600 * 10**9 + 123  # an afternoon in November 2026
CALENDAR = Always()
TICK = 100


@cache
def generator(seed: int = 7, start: int = START_TIME) -> Generator:
    return Generator(seed, CALENDAR, start)


def days(listing: Listing, made: Generator | None = None) -> Rows:
    return (made or generator()).days(listing.symbol, listing.reference_price, TICK)


def minutes(listing: Listing, day: Day, made: Generator | None = None) -> Rows:
    return (made or generator()).minutes(listing.symbol, listing.reference_price, TICK, day)


def day_at(listing: Listing, index: int) -> Day:
    return CALENDAR.day(int(days(listing)[index, START]))


def assert_candles(rows: Rows) -> None:
    """Every row is a candle: prices on the tick, high and low around open and close, whole shares."""
    assert (rows[:, OPEN : CLOSE + 1] % TICK == 0).all()
    assert (rows[:, LOW] > 0).all()
    assert (rows[:, HIGH] >= np.maximum(rows[:, OPEN], rows[:, CLOSE])).all()
    assert (rows[:, LOW] <= np.minimum(rows[:, OPEN], rows[:, CLOSE])).all()
    assert (rows[:, VOLUME] % QUANTITY_SCALE == 0).all()
    assert (rows[:, VOLUME] >= 0).all()


LISTINGS = st.sampled_from(INSTRUMENTS)


@given(LISTINGS)
@settings(max_examples=30, deadline=None)
def test_five_years_of_days_are_candles_that_end_at_the_reference_price(listing: Listing) -> None:
    rows = days(listing)
    assert_candles(rows)
    assert len(rows) == DAYS
    assert rows[-1, CLOSE] == listing.reference_price
    assert (np.diff(rows[:, START]) == DAY).all()
    assert rows[-1, START] + DAY == CALENDAR.day(START_TIME).start


@given(LISTINGS, st.integers(0, DAYS - 1))
@settings(max_examples=40, deadline=None)
def test_the_minutes_of_a_day_fold_into_that_day_exactly(listing: Listing, index: int) -> None:
    day = day_at(listing, index)
    rows = minutes(listing, day)
    assert_candles(rows)
    assert (np.diff(rows[:, START]) == MINUTE).all()
    assert (rows[1:, OPEN] == rows[:-1, CLOSE]).all()
    assert fold(rows, [day.start]).tolist() == [days(listing)[index].tolist()]


@given(LISTINGS, st.integers(0, DAY - 1))
@settings(max_examples=40, deadline=None)
def test_the_first_starts_own_day_has_minutes_up_to_it_that_end_at_the_reference_price(
    listing: Listing, offset: int
) -> None:
    start = CALENDAR.day(START_TIME).start + offset
    rows = minutes(listing, CALENDAR.day(start), Generator(7, CALENDAR, start))
    assert len(rows) == offset // MINUTE
    if len(rows):
        assert_candles(rows)
        assert rows[-1, START] + MINUTE <= start
        assert rows[-1, CLOSE] == rows[0, OPEN] == listing.reference_price


def test_there_are_no_minutes_after_the_first_start_nor_before_the_first_day() -> None:
    apple = INSTRUMENTS[1]
    today = CALENDAR.day(START_TIME)
    assert len(minutes(apple, CALENDAR.following(today))) == 0
    assert len(minutes(apple, CALENDAR.previous(day_at(apple, 0)))) == 0


def test_the_same_seed_gives_the_same_history_on_every_machine() -> None:
    apple = find("AAPL")
    assert apple
    made = Generator(7, CALENDAR, START_TIME)
    digest = hashlib.sha256(days(apple, made).tobytes())
    digest.update(minutes(apple, day_at(apple, -1), made).tobytes())
    digest.update(minutes(apple, CALENDAR.day(START_TIME), made).tobytes())
    assert digest.hexdigest()[:16] == "e98c027b5096c773"


def test_another_seed_gives_another_history() -> None:
    assert (days(INSTRUMENTS[0], generator(8))[:, CLOSE] != days(INSTRUMENTS[0])[:, CLOSE]).sum() > DAYS // 2


def test_companies_of_one_sector_move_together_more_than_strangers() -> None:
    def returns(symbol: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        listing = find(symbol)
        assert listing
        closes = days(listing)[:, CLOSE].astype(float)
        return np.diff(np.log(closes))

    kin = np.corrcoef(returns("NVDA"), returns("AMD"))[0, 1]
    strangers = np.corrcoef(returns("NVDA"), returns("KO"))[0, 1]
    assert 0.2 < strangers < kin < 0.9


def test_volatility_is_that_of_shares() -> None:
    for listing in INSTRUMENTS[::25]:
        closes = days(listing)[:, CLOSE].astype(float)
        assert 0.10 < np.diff(np.log(closes)).std() * np.sqrt(365) < 0.60


def test_more_is_traded_at_the_ends_of_a_day_than_in_its_middle() -> None:
    volume = minutes(INSTRUMENTS[0], day_at(INSTRUMENTS[0], -1))[:, VOLUME]
    ends = volume[:180].mean() + volume[-180:].mean()
    assert ends > 1.5 * 2 * volume[630:810].mean()


def test_a_symbol_outside_the_table_has_a_history_too() -> None:
    rows = generator().days("NOSUCH", 50_000, TICK)
    assert_candles(rows)
    assert rows[-1, CLOSE] == 50_000


def test_a_share_of_one_tick_stays_above_zero() -> None:
    rows = generator().days("CHEAP", TICK, TICK)
    assert_candles(rows)
    assert_candles(generator().minutes("CHEAP", TICK, TICK, CALENDAR.day(int(rows[-1, START]))))


@pytest.mark.parametrize("name", ["XNYS", "class"])
def test_history_lies_in_the_trading_hours_of_its_calendar(name: str) -> None:
    made = calendar(name)
    # A minute after trading began: on the first start's own day there is that minute.
    start = made.following(made.day(START_TIME)).opens + MINUTE + 5
    generated, apple = Generator(7, made, start), INSTRUMENTS[1]
    rows = days(apple, generated)
    assert_candles(rows)
    assert len(rows) == DAYS
    day = made.day(start)
    assert len(minutes(apple, day, generated)) == 1
    for stamp in rows[::-1][:200:20, START].tolist():
        day = made.day(max(stamp, made.day(stamp).opens))
        assert day.stamp == stamp
        drawn = minutes(apple, day, generated)
        assert_candles(drawn)
        assert (drawn[0, START], drawn[-1, START] + MINUTE) == (day.opens, day.closes)
        assert fold(drawn, [day.stamp]).tolist() == [rows[rows[:, START] == stamp][0].tolist()]


def test_on_a_weekend_nothing_of_the_first_session_is_generated() -> None:
    made = calendar("XNYS")
    sunday = midnight(2026_11_29)
    generated = Generator(7, made, sunday)
    assert made.day(sunday).date == 2026_11_30
    assert len(minutes(INSTRUMENTS[1], made.day(sunday), generated)) == 0
    assert date_of(int(days(INSTRUMENTS[1], generated)[-1, START])) == 2026_11_27
