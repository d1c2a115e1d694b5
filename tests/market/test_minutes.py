"""Candles of a minute and of an hour in the database: minutes leave, hours stay."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR, MINUTE, SECOND, Always
from openbell.market.candles import Batch
from openbell.market.history import FILLED, TRADED, Candle, History, Listed
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from tests.market.earlier import leave
from tests.market.events import SHARE, bust, trade, unit

START = 1_795_305_600 * 10**9  # a day's begin
NOW = START + 3 * DAY
APPLE = Listed(3, "AAPL", 3_093_500, 100)
# Hours and minutes after the start, price, shares: two in one hour, one that moved no price, one days later.
TRADES = ((1, 10, 300, 2), (1, 50, 310, 1), (2, 0, 320, 1), (26, 5, 330, 4), (50, 0, 340, 1))


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


async def record(store: CandleStore) -> None:
    """Store TRADES; of the exchange's own trades only the last can still be taken back."""
    batch = Batch(Always())
    for seq, (hours, minutes, price, shares) in enumerate(TRADES, 1):
        at = START + hours * HOUR + minutes * MINUTE + 7
        batch.add(unit(seq, trade(APPLE.instrument, price, shares * SHARE, trade=seq), ts=at))
    await store.apply(0, batch)
    await store.forget_trades(Always(), kept=1)


def quarters(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM market.quarters").fetchone()
    assert row
    return int(row[0])


def counts(database: str) -> tuple[int, int, int]:
    """How many minutes and hours there are, and from when minutes are shown, in hours after the start."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM market.minutes), (SELECT count(*) FROM market.hours),"
            " (SELECT minutes_from FROM market.reader)"
        ).fetchone()
    assert row
    return row[0], row[1], (row[2] - START) // HOUR


def candle(hours: int, opened: int, close: int, shares: int, trades: int, source: str) -> Candle:
    high, low = max(opened, close), min(opened, close)
    return Candle(START + hours * HOUR, opened, high, low, close, shares * SHARE, trades, source)


async def test_hours_are_the_same_before_and_after_minutes_left(
    store: CandleStore, history: History, database: str
) -> None:
    await record(store)
    before = await history.candles(APPLE, "1h", START, START + 51 * HOUR, 1_000)
    assert before[1] == candle(1, 300, 310, 3, 2, TRADED)
    assert before[26] == candle(26, 330, 330, 4, 1, TRADED)
    await store.forget_minutes(START + 27 * HOUR + 59 * MINUTE, Always())
    assert counts(database) == (5, 4, 27)  # minutes of before are not shown, and not removed yet
    assert quarters(database) == 5
    assert await history.candles(APPLE, "1h", START, START + 51 * HOUR, 1_000) == before
    await store.forget_minutes(START + 27 * HOUR + 59 * MINUTE, Always())
    assert counts(database) == (1, 4, 27)
    assert await history.candles(APPLE, "1h", START, START + 51 * HOUR, 1_000) == before
    assert quarters(database) == 1
    await store.forget_minutes(START, Always())  # an older mark brings nothing back
    assert counts(database) == (1, 4, 27)


async def test_minutes_that_are_not_kept_are_not_shown_as_quiet(store: CandleStore, history: History) -> None:
    await record(store)
    await store.forget_minutes(START + 27 * HOUR, Always())
    for name, length in (("1m", MINUTE), ("15m", 15 * MINUTE)):
        shown = await history.candles(APPLE, name, START, START + 28 * HOUR, 1_000)
        assert len(shown) == HOUR // length
        first = START + 27 * HOUR
        assert shown[0] == Candle(first, 330, 330, 330, 330, 0, 0, FILLED)  # its price is the last hour's
    second = await history.candles(APPLE, "1s", START + 27 * HOUR, START + 27 * HOUR + 2 * SECOND, 10)
    assert [one.close for one in second] == [330, 330]


async def test_what_was_before_the_first_start_is_shown_until_minutes_leave(
    store: CandleStore, history: History
) -> None:
    await record(store)
    assert (await history.candles(APPLE, "1m", None, START + HOUR, 2_000))[0].start < START
    await store.forget_minutes(START + 2 * HOUR, Always())
    shown = await history.candles(APPLE, "1m", None, START + 3 * HOUR, 2_000)
    assert shown[0].start == START + 2 * HOUR
    generated = await history.candles(APPLE, "1m", None, START, 10)  # whole by itself
    assert [one.start for one in generated] == [START + at * MINUTE for at in range(-10, 0)]


async def test_minutes_stay_for_what_can_still_be_taken_back(store: CandleStore, database: str) -> None:
    await record(store)
    await store.forget_minutes(NOW, Always())
    assert counts(database)[2] == 48  # the day of the newest trade
    batch = Batch(Always())
    batch.add(unit(len(TRADES) + 1, bust(APPLE.instrument, len(TRADES)), ts=NOW))
    await store.apply(len(TRADES), batch)
    with psycopg.connect(database) as connection:
        left = connection.execute("SELECT count(*) FROM market.minutes WHERE start >= %s", (START + 2 * DAY,))
        assert left.fetchone() == (0,)
        days = connection.execute("SELECT trades FROM market.days ORDER BY start").fetchall()
        hours = connection.execute("SELECT trades FROM market.hours ORDER BY start").fetchall()
    assert quarters(database) == 4
    assert days == [(3,), (1,)]
    assert hours == [(2,), (1,), (1,)]


async def test_a_database_of_before_gets_the_hours_of_the_minutes_that_it_has(
    store: CandleStore, history: History, database: str
) -> None:
    await record(store)
    before = await history.candles(APPLE, "1h", START, START + 51 * HOUR, 1_000)
    for turn in range(2):
        await store.forget_minutes(START + 27 * HOUR, Always())
        leave(database, "0007")  # which had hours only of minutes that had left
        assert counts(database) == ((5, 1)[turn], 3, 27)
        migrate(database)
        assert counts(database) == ((5, 1)[turn], 4, 27)
        assert quarters(database) == 1  # of the minutes that are shown
        assert await history.candles(APPLE, "1h", START, START + 51 * HOUR, 1_000) == before
