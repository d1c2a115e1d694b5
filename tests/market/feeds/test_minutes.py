"""Feeds' candles of one minute: what is older than they are kept stays by the hour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR, MINUTE, Always
from openbell.market.feeds import recorder as module
from openbell.market.feeds.candles import VOLUME_MAX
from openbell.market.feeds.history import FedHistory
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.recorder import FedRecorder
from openbell.market.history import FILLED, TRADED, Candle, History
from openbell.market.migrate import migrate
from openbell.market.ticks.batch import BUST, TRADE, Ticks
from tests.market.earlier import leave
from tests.market.feeds.made import intake
from tests.market.ticks.made import SHARE, Row, batch, random_ticks, trade

START = 1_795_305_600 * 10**9  # a day's begin
GOLD = 2  # its number in the feed
KEEP = 2 * DAY
# Hours and minutes after the start, price, shares: two in one hour, one a day later, one two days after that.
TRADES = ((1, 10, 300, 2), (1, 50, 310, 1), (26, 5, 330, 4), (74, 20, 340, 1))


@pytest.fixture
async def history(database: str) -> AsyncIterator[FedHistory]:
    migrate(database)
    made = History(database, 7, Always(), START)
    yield FedHistory(made)
    await made.close()


@pytest.fixture
def fed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    monkeypatch.setattr(module, "FORGET_EVERY_S", 0)
    one = intake(tmp_path, venue_fed=("GOLD",))
    assert [one.number(symbol) for symbol in ("AAPL", "BAC", "GOLD")] == [0, 1, GOLD]
    yield one
    one.close()


def take(one: Intake, source: str, ticks: Ticks) -> None:
    one.open(source)
    assert one.take(source, ticks) == len(ticks)
    one.close_source(source)
    one.flush()


def gold(*trades: tuple[int, int, int, int]) -> Ticks:
    rows: list[Row] = []
    for hours, minutes, price, shares in trades:
        rows.append(trade(GOLD, price, shares * SHARE, START + hours * HOUR + minutes * MINUTE + 7))
    made = batch(*rows)
    return replace(made, trade=np.zeros(len(made), np.int64))  # each has its number in the feed then


def counts(database: str) -> tuple[int, int, int]:
    """How many minutes and hours there are, and from when minutes are shown, in hours after the start."""
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM market.fed_minutes), (SELECT count(*) FROM market.fed_hours),"
            " (SELECT minutes_from FROM market.feeds)"
        ).fetchone()
    assert row
    return row[0], row[1], (row[2] - START) // HOUR


def hour(at: int, opened: int, close: int, shares: int, trades: int, source: str) -> Candle:
    high, low = max(opened, close), min(opened, close)
    return Candle(START + at * HOUR, opened, high, low, close, shares * SHARE, trades, source)


async def hours(history: FedHistory) -> list[Candle]:
    return await history.candles("lab", "GOLD", "1h", None, None, 2_000)


async def test_hours_and_days_are_the_same_before_and_after_minutes_left(
    fed: Intake, history: FedHistory, database: str, tmp_path: Path
) -> None:
    take(fed, "file", gold(*TRADES))
    FedRecorder(tmp_path, database).record()
    before, days = await hours(history), await history.candles("lab", "GOLD", "1d", None, None, 9)
    assert before[0] == hour(1, 300, 310, 3, 2, TRADED) and before[1] == hour(2, 310, 310, 0, 0, FILLED)
    assert before[25] == hour(26, 330, 330, 4, 1, TRADED) and len(before) == 74
    recording = FedRecorder(tmp_path, database, minutes_keep_ns=KEEP)
    recording.record()
    assert counts(database) == (4, 3, 26)  # minutes of before are not shown, and not removed yet
    assert await hours(history) == before
    assert recording._behind(), "nothing came, and yet the minutes are to go"
    recording.record()
    assert counts(database) == (2, 3, 26)
    assert await hours(history) == before
    assert not recording._behind(), "there is nothing left to do"
    assert await history.candles("lab", "GOLD", "1d", None, None, 9) == days
    minutes = await history.candles("lab", "GOLD", "15m", START, START + 27 * HOUR, 300)
    assert minutes[0] == Candle(START + 26 * HOUR, 330, 330, 330, 330, 4 * SHARE, 1, TRADED)
    quiet = await history.candles("lab", "GOLD", "1m", START, START + 26 * HOUR + 5 * MINUTE, 300)
    first = START + 26 * HOUR
    assert quiet[0] == Candle(first, 310, 310, 310, 310, 0, 0, FILLED)  # its price is the last hour's
    assert len(quiet) == 5


async def test_what_comes_late_counts_into_the_hours_whose_minutes_left(
    fed: Intake, history: FedHistory, database: str, tmp_path: Path
) -> None:
    recording = FedRecorder(tmp_path, database, minutes_keep_ns=KEEP)
    take(fed, "newer", gold(*TRADES))
    for _ in range(3):
        recording.record()
    take(fed, "older", gold((-49, 30, 100, 1), (-49, 40, 90, 1), (1, 55, 280, 5)))
    for _ in range(3):
        recording.record()
    shown = await hours(history)
    assert shown[0] == Candle(START - 49 * HOUR, 100, 100, 90, 90, 2 * SHARE, 2, TRADED)
    assert shown[50] == Candle(START + HOUR, 300, 310, 280, 280, 8 * SHARE, 3, TRADED)
    assert shown[25] == Candle(START - 24 * HOUR, 90, 90, 90, 90, 0, 0, FILLED)
    assert counts(database) == (2, 4, 26)


async def test_a_bust_makes_the_hours_of_its_day_anew_and_brings_no_minute_back(
    fed: Intake, history: FedHistory, database: str, tmp_path: Path
) -> None:
    recording = FedRecorder(tmp_path, database, minutes_keep_ns=KEEP)
    take(fed, "file", gold(*TRADES))
    for _ in range(3):
        recording.record()
    take(fed, "busts", batch((BUST, 0, GOLD, START + 80 * HOUR, 1, 1, 0, 2)))  # the second trade
    recording.record()
    shown = await hours(history)
    assert shown[0] == hour(1, 300, 300, 2, 1, TRADED) and len(shown) == 74
    assert counts(database) == (2, 3, 26)
    take(fed, "again", batch((BUST, 0, GOLD, START + 81 * HOUR, 1, 1, 0, 1)))  # the first: the hour is empty
    recording.record()
    assert (await hours(history))[0] == hour(1, 330, 330, 0, 0, FILLED)
    days = await history.candles("lab", "GOLD", "1d", None, None, 9)
    assert [bar.trades for bar in days] == [0, 1, 0, 1]


async def test_hours_stay_as_they_are_when_their_minutes_leave(
    fed: Intake, history: FedHistory, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_A_STEP", 170)
    ticks = random_ticks(3, 2_000, 3, step=7 * MINUTE * 10)
    take(fed, "file", ticks)
    FedRecorder(tmp_path, database).record()
    before = await hours(history)
    recording = FedRecorder(tmp_path, database, minutes_keep_ns=10 * DAY)
    for _ in range(2):
        recording.record()
    assert await hours(history) == before
    gone = ticks.time[(ticks.kind == TRADE) & (ticks.instrument == GOLD)].max() - 10 * DAY
    with psycopg.connect(database) as connection:
        oldest = connection.execute("SELECT min(start) FROM market.fed_minutes").fetchone()
    assert oldest and oldest[0] >= gone - gone % HOUR > ticks.time[0]


async def test_an_hour_holds_at_most_the_volume_that_can_be_counted(
    history: FedHistory, fed: Intake, database: str, tmp_path: Path
) -> None:
    recording = FedRecorder(tmp_path, database)
    take(fed, "first", gold((1, 10, 300, 1)))
    recording.record()
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE market.fed_hours SET volume = %s", (VOLUME_MAX - 1,))
    take(fed, "second", gold((1, 50, 310, 1)))
    recording.record()
    assert (await hours(history))[0].volume == VOLUME_MAX


async def test_a_database_of_before_gets_the_hours_of_the_minutes_that_it_has(
    fed: Intake, history: FedHistory, database: str, tmp_path: Path
) -> None:
    take(fed, "file", gold(*TRADES))
    FedRecorder(tmp_path, database).record()
    before = await hours(history)
    for turn in range(2):
        FedRecorder(tmp_path, database, minutes_keep_ns=KEEP).record()
        leave(database, "0007")  # which had hours only of minutes that had left
        assert counts(database) == ((4, 2)[turn], 1, 26)
        migrate(database)
        assert counts(database) == ((4, 2)[turn], 3, 26)
        assert await hours(history) == before
