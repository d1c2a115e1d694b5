"""Candles of one second in the database: written with the others, shown as far back as they are kept."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from openbell.market.calendar import MINUTE, SECOND, Always
from openbell.market.candles import Batch
from openbell.market.history import FILLED, TRADED, Candle, History, Listed
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from tests.market.earlier import leave
from tests.market.events import SHARE, trade, unit

START = 1_795_305_600 * 10**9 + 600 * MINUTE
NOW = START + 60 * MINUTE
APPLE = Listed(3, "AAPL", 3_093_500, 100)


@pytest.fixture
async def store(database: str) -> AsyncIterator[CandleStore]:
    migrate(database)
    made = await CandleStore.connect(database)
    await made.adopt(b"genesis")
    yield made
    await made.close()


@pytest.fixture
async def history(database: str) -> AsyncIterator[History]:
    made = History(database, 7, Always(), START, now=lambda: NOW)
    yield made
    await made.close()


async def record(store: CandleStore, *trades: tuple[int, int, int]) -> None:
    """Store trades of Apple: (seconds after the start, price, shares)."""
    batch = Batch(Always())
    for seq, (after, price, shares) in enumerate(trades, 1):
        batch.add(unit(seq, trade(APPLE.instrument, price, shares * SHARE), ts=START + after * SECOND + 7))
    await store.apply(0, batch)


def second(after: int, price: int, volume: int, trades: int, source: str) -> Candle:
    return Candle(START + after * SECOND, price, price, price, price, volume, trades, source)


async def test_seconds_are_there_and_quiet_ones_are_marked(store: CandleStore, history: History) -> None:
    await record(store, (100, 300, 2), (102, 310, 1))
    candles = await history.candles(APPLE, "1s", START + 99 * SECOND, START + 104 * SECOND, 10)
    reference = APPLE.reference_price
    assert candles == [
        second(99, reference, 0, 0, FILLED),
        second(100, 300, 2 * SHARE, 1, TRADED),
        second(101, 300, 0, 0, FILLED),
        second(102, 310, SHARE, 1, TRADED),
        second(103, 310, 0, 0, FILLED),
    ]
    five = await history.candles(APPLE, "5s", START + 100 * SECOND, START + 105 * SECOND, 10)
    assert five == [Candle(START + 100 * SECOND, 300, 310, 300, 310, 3 * SHARE, 2, TRADED)]


async def test_before_the_first_start_there_are_no_seconds(store: CandleStore, history: History) -> None:
    await record(store, (0, 300, 2))
    candles = await history.candles(APPLE, "1s", START - MINUTE, START + 2 * SECOND, 100)
    assert [one.start for one in candles] == [START, START + SECOND]
    assert await history.candles(APPLE, "30s", None, START, 100) == []


async def test_seconds_that_are_not_kept_are_not_shown_as_quiet(store: CandleStore, history: History) -> None:
    await record(store, (10, 300, 2), (70, 310, 1), (200, 320, 1))
    await store.forget_seconds(START + 130 * SECOND)
    candles = await history.candles(APPLE, "1s", START, START + 201 * SECOND, 1_000)
    assert candles[0] == second(120, 310, 0, 0, FILLED)  # its price is the last minute's
    assert candles[-1] == second(200, 320, SHARE, 1, TRADED)
    assert len(candles) == 81


async def test_seconds_leave_in_two_steps_and_only_they_do(store: CandleStore, database: str) -> None:
    await record(store, (10, 300, 2), (70, 310, 1), (200, 320, 1))

    def count() -> tuple[int, int, int]:
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM market.seconds), (SELECT count(*) FROM market.minutes),"
                " (SELECT seconds_from FROM market.reader)"
            ).fetchone()
            assert row
            return row

    await store.forget_seconds(START + 130 * SECOND)
    assert count() == (3, 3, START + 120 * SECOND)
    await store.forget_seconds(START + 130 * SECOND)
    assert count() == (1, 3, START + 120 * SECOND)
    await store.forget_seconds(START)  # an older mark brings nothing back
    assert count() == (1, 3, START + 120 * SECOND)


async def test_a_database_with_minutes_gets_seconds_from_its_next_minute_on(database: str) -> None:
    migrate(database)
    store = await CandleStore.connect(database)
    await store.adopt(b"genesis")
    await record(store, (90, 300, 2))
    await store.close()
    leave(database, "0001")
    migrate(database)
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT seconds_from FROM market.reader").fetchone()
    assert row == (START + 120 * SECOND,)


async def test_a_thousand_seconds_are_the_newest_and_in_order(store: CandleStore, history: History) -> None:
    await record(store, *((at, 300 + at % 50, 1) for at in range(3_600)))
    candles = await history.candles(APPLE, "1s", None, NOW, 1_000)
    assert candles == [second(at, 300 + at % 50, SHARE, 1, TRADED) for at in range(2_600, 3_600)]
