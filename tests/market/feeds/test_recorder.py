"""Feeds' candles: equal to DuckDB's of the feed's ticks in every interval, each trade once, whatever dies."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import psycopg
import pytest

from openbell.market.calendar import DAY, MINUTE, Always
from openbell.market.feeds import recorder as module
from openbell.market.feeds.candles import LENGTHS, VOLUME_MAX, Trades, candles
from openbell.market.feeds.history import FedHistory
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.recorder import FedRecorder
from openbell.market.feeds.store import FedStore, PositionMoved
from openbell.market.history import FILLED, TRADED, Candle, History
from openbell.market.intervals import INTERVALS
from openbell.market.migrate import migrate
from openbell.market.ticks.batch import BUST, ELIGIBLE, TRADE, Ticks
from openbell.market.ticks.query import TickQuery
from tests.market.feeds.made import intake
from tests.market.ticks.aggregation import candles_sql
from tests.market.ticks.made import SECOND, SHARE, START, Row, batch, random_ticks, small, tallies, trade

SYMBOLS = ("ZINC", "GOLD", "OIL")


@pytest.fixture
async def history(database: str) -> AsyncIterator[FedHistory]:
    migrate(database)
    made = History(database, 7, Always(), START)
    yield FedHistory(made)
    await made.close()


def feed(folder: Path) -> Intake:
    one = intake(folder, venue_fed=SYMBOLS)
    for symbol in (*SYMBOLS, "AAPL"):  # so their numbers are as made ticks have them
        assert one.number(symbol) is not None
    return one


def take(one: Intake, ticks: Ticks, source: str = "tests") -> None:
    one.open(source)
    assert one.take(source, ticks) == len(ticks)
    one.close_source(source)
    one.flush()


def rows(database: str, table: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            f"SELECT symbol, start, open, high, low, close, volume, trades FROM market.{table}"
            " JOIN market.fed ON number = instrument ORDER BY 1, 2".encode()
        )
        return found.fetchall()


async def whole(history: FedHistory, symbol: str, name: str) -> list[Candle]:
    """All candles, however many calls it takes."""
    found: list[Candle] = []
    while more := await history.candles("lab", symbol, name, None, found[0].start if found else None, 2_000):
        found = more + found
    return found


async def compare(history: FedHistory, folder: Path) -> int:
    """Every candle of every interval and symbol against DuckDB's of the feed's ticks; how many there are."""
    query = TickQuery(folder / "lab")
    count = 0
    for kept in INTERVALS.values():
        made: dict[str, dict[int, tuple[int, ...]]] = {}
        for symbol, start, *prices, volume, _, trades in query.rows(candles_sql(kept)):
            made.setdefault(symbol, {})[start] = (*prices, volume, trades)
        for symbol in SYMBOLS:
            found = await whole(history, symbol, kept.name)
            assert all(kept.following(one.start) == two.start for one, two in pairwise(found)), "gap-free"
            assert {one.source for one in found} <= {TRADED, FILLED}
            traded = {one.start: one for one in found if one.source == TRADED}
            assert traded.keys() == made.get(symbol, {}).keys()
            for start, (*prices, volume, trades) in made.get(symbol, {}).items():
                one = traded[start]
                assert (one.volume, one.trades) == (volume, trades)
                assert prices[0] is None or [one.open, one.high, one.low, one.close] == prices
            count += len(traded)
    query.close()
    return count


def bust(number: int, position: int, at: Ticks) -> Row:
    """A tick that takes back the trade in row `at` of some ticks."""
    return (BUST, 0, int(at.instrument[position]), START + number, 1, 1, 0, int(at.trade[position]))


async def test_every_candle_equals_an_aggregation_of_the_feeds_ticks_across_restarts_and_busts(
    history: FedHistory, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_A_STEP", 700)
    ticks = random_ticks(11, 6_000, 4, step=2 * SECOND // 3)
    for at in range(0, len(ticks), 1_500):  # each time both sides are started anew
        one = feed(tmp_path)
        take(one, ticks.take(slice(at, at + 1_500)))
        one.close()
        FedRecorder(tmp_path, database).record()
    before = rows(database, "fed_minutes")
    assert await compare(history, tmp_path) > 5_000
    # Trades of the first part and of the last are taken back, and more come, into a store that starts anew.
    gone = np.flatnonzero(ticks.kind == TRADE)[[0, 1, 40, 41, 600, -2, -1]]
    one = feed(tmp_path)
    last = int(ticks.time[-1])
    busts = [replace(batch(bust(n, int(at), ticks)), time=np.array([last + n])) for n, at in enumerate(gone)]
    for each in busts:
        take(one, each, "busts")
    take(one, batch(trade(0, 77, time=last + SECOND, position=10**6)), "more")
    one.close()
    FedRecorder(tmp_path, database).record()
    assert rows(database, "fed_minutes") != before
    assert await compare(history, tmp_path) > 5_000
    assert not [row for row in rows(database, "fed_days") if row[0] == "AAPL"], "the exchange trades it"


async def test_sources_whose_times_lie_apart_make_the_same_candles(
    history: FedHistory, database: str, tmp_path: Path
) -> None:
    one = feed(tmp_path)
    recording = FedRecorder(tmp_path, database)
    for days_before in (0, 40, 3, 400):
        ticks = random_ticks(days_before, 400, 3, step=30 * SECOND)
        shifted = ticks.time - days_before * DAY
        zero = np.zeros(len(ticks), np.int64)
        take(one, replace(ticks, time=shifted, trade=zero), f"file {days_before}")
        recording.record()
    one.close()
    monthly = await whole(history, "GOLD", "1mo")
    assert len(monthly) == 14 and [bar.source for bar in monthly[:2]] == [TRADED, FILLED]
    query = TickQuery(tmp_path / "lab")
    sql = "SELECT count(*), sum(quantity)::BIGINT FROM ticks WHERE kind = 1 AND symbol = 'GOLD'"
    assert query.rows(sql) == [(sum(bar.trades for bar in monthly), sum(bar.volume for bar in monthly))]
    query.close()


async def test_a_chart_begins_with_the_first_trade_and_ends_with_the_newest(
    history: FedHistory, database: str, tmp_path: Path
) -> None:
    one = feed(tmp_path)
    take(one, batch(small(1, 5, time=START), trade(1, 300, time=START + 90 * SECOND)))
    one.close()
    FedRecorder(tmp_path, database).record()
    bars = await history.candles("lab", "GOLD", "1m", None, None, 300)
    assert [(bar.start - START, bar.open, bar.volume) for bar in bars] == [(0, 300, 1), (MINUTE, 300, SHARE)]
    assert await history.candles("lab", "GOLD", "1m", START + MINUTE, None, 300) == bars[1:]
    assert await history.candles("lab", "GOLD", "1m", None, START + MINUTE, 300) == bars[:1]
    assert await history.candles("lab", "OIL", "1m", None, None, 300) == []
    assert await history.candles("other", "GOLD", "1m", None, None, 300) == []


async def test_seconds_leave_when_they_are_old_and_the_chart_goes_on_from_the_minutes(
    history: FedHistory, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FORGET_EVERY_S", 0)
    one = feed(tmp_path)
    recording = FedRecorder(tmp_path, database, seconds_keep_ns=10 * MINUTE)
    for minute in (0, 5, 30, 31):
        take(one, batch(trade(1, 100 + minute, time=START + minute * MINUTE)))
        recording.record()
    one.close()
    seconds = await whole(history, "GOLD", "1s")
    assert (seconds[0].start, seconds[0].close, seconds[0].source) == (START + 21 * MINUTE, 105, FILLED)
    assert [bar.close for bar in seconds if bar.source == TRADED] == [130, 131]
    assert len(rows(database, "fed_seconds")) == 2
    assert len(await whole(history, "GOLD", "1m")) == 32


async def test_a_chart_of_seconds_that_begins_within_a_minute_has_the_price_before_it(
    history: FedHistory, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FORGET_EVERY_S", 0)
    one = feed(tmp_path)
    take(one, batch(trade(1, 100, time=START), trade(1, 130, time=START + 30 * MINUTE + 40 * SECOND)))
    one.close()
    recording = FedRecorder(tmp_path, database, seconds_keep_ns=10 * MINUTE)
    for _ in range(2):
        recording.record()
    bars = await history.candles("lab", "GOLD", "1s", START + 30 * MINUTE + 30 * SECOND, None, 300)
    assert [bar.close for bar in bars] == [100] * 10 + [130]


async def test_a_store_that_was_replaced_begins_its_candles_again(
    history: FedHistory, database: str, tmp_path: Path
) -> None:
    one = feed(tmp_path)
    take(one, batch(*(trade(1, 100, time=START + n) for n in range(5))))
    one.close()
    recording = FedRecorder(tmp_path, database)
    recording.record()
    shutil.rmtree(tmp_path / "lab")
    one = feed(tmp_path)
    take(one, batch(trade(1, 200, time=START)))
    one.close()
    recording.record()
    assert [row[5:] for row in rows(database, "fed_days")] == [(200, SHARE, 1)]


async def test_a_trade_counts_once_however_many_record_and_a_second_writer_is_told(
    history: FedHistory, database: str, tmp_path: Path
) -> None:
    one = feed(tmp_path)
    take(one, batch(trade(1, 100)))
    one.close()
    found = module.reading.window(tmp_path / "lab", 1, 1)
    with psycopg.connect(database, autocommit=True) as connection:
        store = FedStore(connection)
        assert store.position("lab") == 0
        store.apply("lab", 0, 1, found, {})
        with pytest.raises(PositionMoved):
            store.apply("lab", 0, 1, found, {})
    FedRecorder(tmp_path, database).record()
    assert [row[6:] for row in rows(database, "fed_minutes")] == [(SHARE, 1)]


async def test_a_recorder_waits_for_the_database_and_a_spoilt_store_stops_no_other(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.05)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "checkpoint").write_bytes(b"nonsense")
    one = feed(tmp_path)
    take(one, batch(trade(1, 100)))
    task = asyncio.create_task(FedRecorder(tmp_path, database).run())
    await asyncio.sleep(0.5)  # there is no schema yet
    assert not task.done()
    migrate(database)
    async with asyncio.timeout(20):
        while not rows(database, "fed_days"):
            await asyncio.sleep(0.05)
        take(one, batch(trade(1, 120, time=START + 1)))
        while rows(database, "fed_days")[0][6] != 2 * SHARE:
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    one.close()


@pytest.mark.parametrize("length", LENGTHS.values())
def test_candles_made_by_the_thousand_equal_those_of_one_trade_at_a_time(length: int) -> None:
    ticks = random_ticks(5, 3_000, 3, step=20 * SECOND)
    rows = ticks.take(ticks.kind == TRADE)
    columns = (rows.instrument.astype(np.int64), rows.time, rows.price, rows.quantity)
    made = candles(Trades(*columns, (rows.flags & ELIGIBLE) > 0), length)
    naive = [
        (*key, tally.open, tally.high, tally.low, tally.close, tally.volume, tally.trades)
        for key, tally in sorted(tallies(ticks, length).items())
    ]
    assert made == naive


def test_a_volume_that_cannot_be_counted_is_the_most_that_can() -> None:
    count = 1_000
    same: Sequence[np.ndarray] = [np.full(count, value) for value in (0, START, 5, 10**16)]
    assert candles(Trades(*same, np.ones(count, bool)), DAY)[0][6:] == (VOLUME_MAX, count)
