import random
from collections.abc import AsyncIterator
from itertools import pairwise

import psycopg
import pytest

from openbell.market.calendar import DAY, MINUTE, Always, calendar
from openbell.market.candles import Batch
from openbell.market.frames import frames
from openbell.market.generated import Generator
from openbell.market.history import (
    FILLED,
    LIMIT_MAX,
    SIMULATED,
    TRADED,
    Candle,
    History,
    HistoryUnavailable,
    Listed,
    merge,
    traded,
)
from openbell.market.intervals import INTERVALS, interval
from openbell.market.migrate import migrate
from openbell.market.rows import fold
from openbell.market.store import CandleStore
from tests.market.events import SHARE, trade, unit

CALENDAR = Always()
MIDNIGHT = 1_795_305_600 * 10**9
GENESIS_TIME = MIDNIGHT + 600 * MINUTE + 17  # ten in the morning
NOW = GENESIS_TIME + 3 * DAY
APPLE = Listed(3, "AAPL", 3_093_500, 100)


@pytest.fixture
async def history(database: str) -> AsyncIterator[History]:
    migrate(database)
    made = History(database, 7, CALENDAR, GENESIS_TIME, now=lambda: NOW)
    yield made
    await made.close()


async def record(database: str, *trades: tuple[int, int, int]) -> None:
    """Store trades of Apple: (time after genesis in ns, price, shares)."""
    batch = Batch(CALENDAR)
    for seq, (after, price, shares) in enumerate(trades, 1):
        batch.add(unit(seq, trade(APPLE.instrument, price, shares * SHARE), ts=GENESIS_TIME + after))
    store = await CandleStore.connect(database)
    await store.apply(await store.adopt(b"genesis"), batch)
    await store.close()


def assert_gapless(candles: list[Candle], name: str) -> None:
    assert all(interval(name).following(a.start) == b.start for a, b in pairwise(candles))


@pytest.mark.parametrize("name", INTERVALS)
async def test_every_interval_is_gapless_from_simulated_to_now(
    history: History, database: str, name: str
) -> None:
    await record(database, (30 * MINUTE, 3_100_000, 5), (2 * DAY, 3_200_000, 7))
    candles = await history.candles(APPLE, name, None, None, LIMIT_MAX)
    assert_gapless(candles, name)
    assert candles[-1].start == interval(name).floor(NOW)
    assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in candles)
    assert candles[-1].close == 3_200_000


async def test_the_chart_runs_from_the_generated_into_the_traded(history: History, database: str) -> None:
    await record(database, (0, 3_100_000, 5))
    first = GENESIS_TIME - 17
    candles = await history.candles(APPLE, "1m", first - MINUTE, first + 3 * MINUTE, 10)
    assert [c.source for c in candles] == [SIMULATED, TRADED, FILLED, FILLED]
    assert candles[0].close == APPLE.reference_price
    assert candles[1] == Candle(first, *(3_100_000,) * 4, 5 * SHARE, 1, TRADED)
    assert candles[2] == Candle(first + MINUTE, *(3_100_000,) * 4, 0, 0, FILLED)


async def test_quiet_intervals_repeat_the_last_close_before_the_window(
    history: History, database: str
) -> None:
    await record(database, (MINUTE, 3_100_000, 5))
    candles = await history.candles(APPLE, "5m", NOW - DAY, NOW, 10)
    assert len(candles) == 10
    assert {(c.close, c.volume, c.source) for c in candles} == {(3_100_000, 0, FILLED)}


async def test_before_the_first_trade_quiet_intervals_show_the_reference_price(history: History) -> None:
    candles = await history.candles(APPLE, "1h", GENESIS_TIME, NOW, 100)
    assert {(c.close, c.source) for c in candles} == {(APPLE.reference_price, FILLED)}


async def test_the_hour_of_the_first_start_joins_both_and_says_simulated(
    history: History, database: str
) -> None:
    start = GENESIS_TIME + 30 * MINUTE
    late = History(database, 7, CALENDAR, start, now=lambda: NOW)
    await record(database, (31 * MINUTE, 3_500_000, 5))
    (hour,) = await late.candles(APPLE, "1h", start, start + 1, 1)
    generated = Generator(7, CALENDAR, start)
    rows = generated.minutes("AAPL", APPLE.reference_price, 100, CALENDAR.day(start))
    (before,) = fold(rows, [hour.start]).tolist()
    assert hour == Candle(
        before[0], before[1], 3_500_000, before[3], 3_500_000, before[5] + 5 * SHARE, 1, SIMULATED
    )
    await late.close()


async def test_coarse_stored_candles_are_made_of_their_minutes(history: History, database: str) -> None:
    day = GENESIS_TIME + DAY - GENESIS_TIME % DAY
    await record(
        database,
        *(
            (day - GENESIS_TIME + at * MINUTE, price, 1)
            for at, price in ((1, 200), (3, 500), (7, 100), (61, 300))
        ),
    )
    five = await history.candles(APPLE, "5m", day, day + 10 * MINUTE, 10)
    assert [(c.open, c.high, c.low, c.close, c.trades) for c in five] == [
        (200, 500, 200, 500, 2),
        (100,) * 4 + (1,),
    ]
    (hour,) = await history.candles(APPLE, "1h", day, day + 1, 1)
    assert hour == Candle(day, 200, 500, 100, 100, 3 * SHARE, 3, TRADED)
    (whole,) = await history.candles(APPLE, "1d", day, day + 1, 1)
    assert whole == Candle(day, 200, 500, 100, 300, 4 * SHARE, 4, TRADED)


async def test_an_interval_of_trades_too_small_is_traded_at_the_price_before(
    history: History, database: str
) -> None:
    batch = Batch(CALENDAR)
    ts = GENESIS_TIME + DAY
    batch.add(unit(1, trade(APPLE.instrument, 9_000_000, 5, eligible=False), ts=ts))
    store = await CandleStore.connect(database)
    await store.apply(await store.adopt(b"genesis"), batch)
    await store.close()
    (candle,) = await history.candles(APPLE, "1m", ts, ts + 1, 1)
    assert candle[1:] == (*(APPLE.reference_price,) * 4, 5, 1, TRADED)


async def test_the_days_before_the_first_start_come_without_a_database() -> None:
    away = History("postgresql://openbell@/none?host=/nowhere", 7, CALENDAR, GENESIS_TIME, now=lambda: NOW)
    candles = await away.candles(APPLE, "1d", None, MIDNIGHT, 5)
    assert {c.source for c in candles} == {SIMULATED}
    assert candles[-1].start == MIDNIGHT - DAY
    assert candles[-1].close == APPLE.reference_price
    with pytest.raises(HistoryUnavailable):
        await away.candles(APPLE, "1d", None, None, 5)
    await away.close()


async def test_reading_goes_on_after_the_database_was_lost(history: History, database: str) -> None:
    before = await history.candles(APPLE, "1m", NOW - DAY, NOW, 5)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'openbell history' AND datname = current_database()"
        )
    assert await history.candles(APPLE, "1m", NOW - DAY, NOW, 5) == before


async def test_a_window_in_the_past_holds_only_its_own_generated_candles(history: History) -> None:
    week = MIDNIGHT - 400 * DAY
    kept = interval("1w")
    candles = await history.candles(APPLE, "1w", kept.floor(week), kept.floor(week) + 7 * DAY, 10)
    days = await history.candles(APPLE, "1d", candles[0].start, candles[0].start + 7 * DAY, 10)
    assert (len(candles), len(days)) == (1, 7)
    assert candles[0].volume == sum(day.volume for day in days)
    assert (candles[0].open, candles[0].close) == (days[0].open, days[-1].close)
    minutes = await history.candles(APPLE, "1m", days[3].start, days[3].start + DAY, LIMIT_MAX)
    assert (len(minutes), max(c.high for c in minutes)) == (1440, days[3].high)


@pytest.mark.parametrize(
    ("first", "end", "limit"), [(NOW + DAY, None, 5), (5, 4, 5), (None, None, 0), (None, -1, 5)]
)
async def test_an_empty_window_has_no_candles(
    history: History, first: int | None, end: int | None, limit: int
) -> None:
    assert await history.candles(APPLE, "1d", first, end, limit) == []


async def test_no_answer_is_longer_than_the_limit(history: History) -> None:
    assert len(await history.candles(APPLE, "1m", None, None, 10**9)) == LIMIT_MAX


async def test_an_unknown_interval_is_refused(history: History) -> None:
    with pytest.raises(ValueError, match="'2m' is not kept"):
        await history.candles(APPLE, "2m", None, None, 1)


def test_what_a_sessions_end_still_brings_is_its_last_candles() -> None:
    hour = 60 * MINUTE
    rows = [
        (0, 5, 9, 4, 8, 10, 2),
        (hour, None, None, None, None, 1, 1),  # too small to move a price
        (2 * hour, 7, 11, 6, 10, 20, 3),  # after the session, whose last hour that was
        (3 * hour, None, None, None, None, 2, 1),
        (19 * hour, 12, 12, 12, 12, 1, 1),
    ]
    assert list(traded(rows, [0, hour, 18 * hour, 19 * hour]).values()) == [
        Candle(0, 5, 9, 4, 8, 10, 2, TRADED),
        Candle(hour, 7, 11, 6, 10, 23, 5, TRADED),
        Candle(19 * hour, 12, 12, 12, 12, 1, 1, TRADED),
    ]
    assert traded(rows, [0, 19 * hour])[0] == Candle(0, 5, 11, 4, 10, 33, 7, TRADED)
    assert traded(rows[2:3], [hour, 18 * hour]) == {hour: Candle(hour, 7, 11, 6, 10, 20, 3, TRADED)}


def test_merging_fills_with_the_close_before() -> None:
    traded = Candle(10, 5, 9, 4, 8, 100, 3, TRADED)
    assert [(c.start, c.close, c.source) for c in merge([0, 10, 20], {10: traded}, {}, 6)] == [
        (0, 6, FILLED),
        (10, 8, TRADED),
        (20, 8, FILLED),
    ]


@pytest.mark.parametrize("name", INTERVALS)
async def test_charts_of_a_market_with_hours_skip_nights_and_weekends(database: str, name: str) -> None:
    migrate(database)
    kept = calendar("XNYS")
    friday, monday = kept.dated(2026_11_20), kept.dated(2026_11_23)
    genesis, now = friday.opens + 30 * MINUTE, monday.opens + 90 * MINUTE
    batch = Batch(kept)
    for seq, (time, price) in enumerate(
        ((friday.closes - 5, 3_100_000), (monday.opens, 3_200_000), (now - MINUTE, 3_300_000)), 1
    ):
        batch.add(unit(seq, trade(APPLE.instrument, price, SHARE), ts=time))
    store = await CandleStore.connect(database)
    await store.apply(await store.adopt(b"genesis"), batch)
    await store.close()
    history = History(database, 7, kept, genesis, now=lambda: now)
    try:
        candles = await history.candles(APPLE, name, None, None, LIMIT_MAX)
    finally:
        await history.close()
    starts, _ = frames(kept, interval(name), candles[0].start, now + 1, LIMIT_MAX)
    assert [candle.start for candle in candles] == starts
    assert candles[-1].close == 3_300_000
    assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in candles)
    traded = [candle for candle in candles if candle.trades]
    if interval(name).base == MINUTE:
        assert sum(candle.volume for candle in traded if candle.start >= friday.closes - MINUTE) == 3 * SHARE
        assert traded[0].close == 3_100_000
    if name == "1d":
        assert [(c.start, c.close) for c in candles[-2:]] == [
            (friday.stamp, 3_100_000),
            (monday.stamp, 3_300_000),
        ]


BANK = Listed(4, "JPM", 2_000_150, 100)
QUIET = Listed(5, "KO", 700_000, 100)


async def closes_of_each(
    history: History, name: str, first: int, end: int, limit: int
) -> dict[int, list[tuple[int, int]]]:
    """What `closes` gives, read one by one."""
    return {
        one.instrument: [
            (candle.start, candle.close) for candle in await history.candles(one, name, first, end, limit)
        ]
        for one in (APPLE, BANK, QUIET)
    }


@pytest.mark.parametrize("seed", range(4))
async def test_closes_of_several_stocks_are_those_of_their_candles(
    history: History, database: str, seed: int
) -> None:
    dice, batch = random.Random(seed), Batch(CALENDAR)
    times = sorted(dice.randint(0, 3 * DAY) for _ in range(300))
    for seq, after in enumerate(times, 1):
        one = dice.choice((APPLE, APPLE, BANK))
        price = one.reference_price + dice.randint(-5_000, 5_000) * 100
        made = trade(one.instrument, price, SHARE, eligible=dice.random() < 0.8)
        batch.add(unit(seq, made, ts=GENESIS_TIME + after))
    store = await CandleStore.connect(database)
    await store.apply(await store.adopt(b"genesis"), batch)
    if seed % 2:  # minutes of the first day are kept by the hour
        await store.forget_trades(CALENDAR, kept=1)
        for _ in range(2):
            await store.forget_minutes(GENESIS_TIME + DAY, CALENDAR)
    await store.close()
    with psycopg.connect(database) as connection:
        oldest = connection.execute("SELECT min(start) FROM market.minutes").fetchone()
    assert oldest is not None
    assert (oldest[0] >= GENESIS_TIME + DAY) == bool(seed % 2)
    compared = 0
    for name, length in (("5m", 5 * MINUTE), ("15m", 15 * MINUTE), ("1h", 60 * MINUTE), ("1d", DAY)):
        starts = (-2 * DAY, -length, -1, 0, 7 * MINUTE, dice.randint(0, 2 * DAY), 2 * DAY)
        for first in (GENESIS_TIME + after for after in starts):
            end, limit = first + dice.choice((length, DAY, 2 * DAY)), dice.choice((1, 40, 300))
            found = await history.closes((APPLE, BANK, QUIET), name, first, end, limit)
            assert found == await closes_of_each(history, name, first, end, limit)
            compared += len(found[APPLE.instrument])
    assert compared > 400


async def test_closes_follow_a_market_with_hours(database: str) -> None:
    migrate(database)
    kept = calendar("XNYS")
    friday, monday = kept.dated(2026_11_20), kept.dated(2026_11_23)
    now = monday.opens + 90 * MINUTE
    for genesis in (friday.opens - 8 * 60 * MINUTE, friday.opens + 2 * MINUTE, friday.closes + 60 * MINUTE):
        history = History(database, 7, kept, genesis, now=lambda: now)
        for first in (friday.opens - DAY, friday.opens, friday.closes - MINUTE, monday.opens):
            found = await history.closes((APPLE, BANK, QUIET), "5m", first, now, 300)
            assert found == await closes_of_each(history, "5m", first, now, 300)
        await history.close()


async def test_closes_shorter_than_a_minute_are_refused(history: History) -> None:
    with pytest.raises(ValueError, match="closes of 5s"):
        await history.closes((APPLE,), "5s", GENESIS_TIME, NOW, 10)
