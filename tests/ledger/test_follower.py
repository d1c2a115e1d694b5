"""The ledger goes on after anything but a contradiction."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from openbell.core import codes
from openbell.ledger.follower import Follower
from openbell.market.calendar import calendar
from openbell.market.recorder import Recorder
from openbell.node.client import SubscribeError
from tests.ledger.conftest import Killable, MakeDatabase
from tests.ledger.stream import SHARE, USD, PackedSource, Stream, Unit, opened_market

TABLES = (
    "accounts", "holdings", "orders", "trades", "fills", "entries", "moves", "days", "closes", "equity",
    "instruments",
)  # fmt: skip

Contents = dict[str, list[tuple[object, ...]]]
undisturbed: Contents = {}


def busy_market(steps: int, seed: int = 1) -> Stream:
    """A stream of `steps` orders, some filled, some cancelled, with ticks between."""
    stream, dice = opened_market(1 + steps // 1_000), random.Random(seed)
    for _ in range(steps):
        price = dice.randint(90, 110) * USD
        maker = stream.order(4, codes.SELL, SHARE, price, f"m-{stream.position}")
        if dice.random() < 0.5:
            stream.buy_from(maker, 4, 5, SHARE, price)
        elif dice.random() < 0.5:
            stream.cancel(maker, 4, codes.SELL, SHARE, price)
        if dice.random() < 0.1:
            stream.tick()
    return stream


def contents(url: str) -> Contents:
    """Every row of the ledger but the reader's."""
    with psycopg.connect(url) as connection:
        return {
            table: sorted(connection.execute(f"SELECT * FROM ledger.{table}".encode())) for table in TABLES
        }


def position(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT position FROM ledger.reader").fetchone()
        assert row is not None
        return int(row[0])


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


class Running:
    """A follower at work in this event loop; `end` stops it in the middle of whatever it does."""

    def __init__(self, source: PackedSource, url: str, interval_s: float = 0.0) -> None:
        self.follower = Follower(source, url, interval_s)
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(self.follower.run(self.stop))

    async def end(self) -> None:
        self.stop.set()
        await self.task


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few units a transaction, so that there are many moments to interrupt."""
    monkeypatch.setattr("openbell.ledger.intake.BATCH_BYTES", 2_500)


@pytest.fixture
async def expected(make_database: MakeDatabase) -> Contents:
    """What an undisturbed ledger makes of `busy_market(600)`."""
    if not undisturbed:
        url = make_database()
        stream = busy_market(600)
        running = Running(PackedSource(stream, 1000), url)
        await until(lambda: running.follower.position == stream.position)
        await running.end()
        undisturbed.update(contents(url))
    return undisturbed


async def test_it_makes_its_schema_and_catches_up(make_database: MakeDatabase) -> None:
    url = make_database(ledger=False)
    stream = busy_market(20)
    running = Running(PackedSource(stream), url)
    await until(lambda: running.follower.position == stream.position)
    stream.tick()
    await until(lambda: running.follower.position == stream.position)
    await running.end()
    assert position(url) == stream.position


async def test_it_acknowledges_only_what_is_applied(make_database: MakeDatabase) -> None:
    url = make_database()
    source = PackedSource(busy_market(20))
    running = Running(source, url)
    await until(lambda: source.acked > 0)
    assert source.acked <= position(url)
    await running.end()


@pytest.mark.usefixtures("small_batches")
async def test_two_ledgers_at_once_apply_nothing_twice(
    make_database: MakeDatabase,
    expected: Contents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openbell.ledger.follower.MOVED_PAUSE_S", 0.01)
    url = make_database()
    stream = busy_market(600)
    sources = [PackedSource(stream, 7), PackedSource(stream, 5)]
    pair = [Running(source, url) for source in sources]
    await until(lambda: max(one.follower.position for one in pair) == stream.position)
    for one in pair:
        await one.end()
    assert sum(len(source.subscribed) for source in sources) > 2, "they never met"
    assert contents(url) == expected


@pytest.mark.usefixtures("small_batches")
async def test_stopping_at_random_moments_applies_everything_once(
    make_database: MakeDatabase, expected: Contents
) -> None:
    url = make_database()
    stream, dice = busy_market(600), random.Random(2)
    rounds = reached = 0
    while reached < stream.position:
        rounds += 1
        running = Running(PackedSource(stream, 3), url)
        enough = min(reached + dice.randint(1, 300), stream.position)
        await until(lambda one=running, enough=enough: one.follower.position >= enough)  # type: ignore[misc]
        await running.end()
        reached = position(url)
    assert rounds > 2
    assert contents(url) == expected


@pytest.mark.usefixtures("small_batches")
async def test_killing_postgresql_at_random_moments_loses_and_doubles_nothing(
    killable: Killable, expected: Contents
) -> None:
    await killable.start()
    stream, dice = busy_market(600), random.Random(3)
    running = Running(PackedSource(stream, 2), killable.url)
    for _ in range(4):
        await asyncio.sleep(dice.uniform(0.05, 0.3))
        await killable.kill()
        await asyncio.sleep(dice.uniform(0.0, 0.3))
        await killable.start()
    stream.tick()  # as each second brings; what the last kill undid shows at the next command
    await until(lambda: running.follower.position == stream.position)
    await running.end()
    assert contents(killable.url) == expected


async def test_it_waits_for_a_database_that_is_away_at_the_start(killable: Killable) -> None:
    started = asyncio.Event()
    stream = busy_market(5)
    follower = Follower(PackedSource(stream), killable.url, 0.0, on_started=started.set)
    stop = asyncio.Event()
    task = asyncio.create_task(follower.run(stop))
    await asyncio.wait_for(started.wait(), 10)
    await killable.start()
    await until(lambda: follower.position == stream.position)
    stop.set()
    await task


async def test_an_event_it_cannot_apply_stops_it_after_all_before_it(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_database()
    stream = busy_market(20)
    good = stream.position
    stream.cancel(999, 4, codes.SELL, SHARE, USD)
    stream.tick()
    running = Running(PackedSource(stream, 100), url)
    await until(lambda: bool(running.follower.stopped))
    assert position(url) == good
    assert f"stopped before command {good + 1}" in caplog.text
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT stopped_seq, stopped FROM ledger.reader").fetchone()
    assert row is not None
    assert row[0] == good + 1
    assert "changed orders" in row[1]
    await running.end()


async def test_a_row_that_the_database_refuses_stops_it_there(make_database: MakeDatabase) -> None:
    url = make_database()
    stream = busy_market(20)
    good = stream.position
    stream.accepted(stream.trades, 4, codes.SELL, SHARE, USD)
    stream.accepted(1 << 63, 4, codes.SELL, SHARE, USD)
    stream.new_order(4)
    running = Running(PackedSource(stream, 100), url)
    await until(lambda: bool(running.follower.stopped))
    assert position(url) == good
    await running.end()


async def test_units_that_the_node_no_longer_has_are_an_alarm(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetful(PackedSource):
        async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
            raise SubscribeError("POSITION_GONE", "the files begin at 100")
            yield []

    url = make_database()
    running = Running(Forgetful(busy_market(1)), url)
    await until(lambda: bool(running.follower.stopped))
    assert "POSITION_GONE" in caplog.text
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT stopped_seq, stopped FROM ledger.reader").fetchone()
    assert row == (2, "POSITION_GONE: the files begin at 100")
    await running.end()


class OpenSource(PackedSource):
    """A stream for readers of any name."""

    async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
        async for units in super().subscribe(max(1, position), "ledger"):
            yield units


async def test_events_cut_off_in_the_middle_stop_it_there(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_database()
    stream = busy_market(20)
    good = stream.position
    stream.tick().events = bytes(100)
    stream.tick()
    running = Running(PackedSource(stream, 100), url)
    await until(lambda: bool(running.follower.stopped))
    assert position(url) == good
    assert f"stopped before command {good + 1}" in caplog.text
    await running.end()


async def test_a_ledger_that_stopped_stops_nothing_else_in_its_process(make_database: MakeDatabase) -> None:
    url = make_database()
    stream = busy_market(20)
    good = stream.position
    stream.cancel(999, 4, codes.SELL, SHARE, USD)
    source = OpenSource(stream)
    running = Running(source, url)
    recorder = Recorder(source, url, calendar("always"), write_every_s=0.0)
    candles = asyncio.create_task(recorder.run())
    await until(lambda: bool(running.follower.stopped))
    maker = stream.order(4, codes.SELL, SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, SHARE, 100 * USD)
    stream.tick()
    await until(lambda: recorder.position == stream.position)
    assert not running.task.done()
    assert position(url) == good
    candles.cancel()
    await running.end()


async def test_a_fault_of_the_ledger_itself_ends_the_ledger_alone(
    make_database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(PackedSource):
        async def subscribe(self, position: int, name: str) -> AsyncIterator[list[Unit]]:
            raise TypeError("a fault of the program")
            yield []

    url = make_database()
    running = Running(Broken(busy_market(1)), url)
    await until(lambda: bool(running.follower.stopped))
    assert "TypeError: a fault of the program" in caplog.text
    assert not running.task.done()
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT stopped_seq, stopped FROM ledger.reader").fetchone()
    assert row == (2, "TypeError: a fault of the program")
    await running.end()
