import asyncio
from collections.abc import AsyncGenerator, Sequence

import psycopg
import pytest

from openbell.market import recorder
from openbell.market.calendar import Always
from openbell.market.events import UnitLike
from openbell.market.recorder import Recorder
from openbell.market.store import ForeignDatabase
from openbell.node.client import SubscribeError
from tests.market.events import SHARE, Unit, trade, unit


class Log:
    """A log's units in memory, followed the way the node's client does."""

    def __init__(self, *units: Unit, genesis: bytes = b"genesis") -> None:
        self.genesis = genesis
        self.units = list(units)
        self.acked = 0
        self.subscriptions: list[int] = []
        self.changed = asyncio.Event()

    def append(self, *units: Unit) -> None:
        self.units.extend(units)
        self.changed.set()

    async def subscribe(self, position: int, name: str) -> AsyncGenerator[Sequence[UnitLike], None]:
        assert name == "market"
        self.subscriptions.append(position)
        while True:
            units = [one for one in self.units if one.seq > position]
            if units:
                position = units[-1].seq
                yield units
            else:
                self.changed.clear()
                await self.changed.wait()

    async def ack(self, position: int) -> None:
        self.acked = position


def minutes(database: str) -> list[tuple[int, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT start, close, volume, trades FROM market.minutes ORDER BY 1"
        ).fetchall()


async def until(recording: Recorder, position: int, task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(30):
        while recording.position < position:
            assert not task.done(), task.result()
            await asyncio.sleep(0.02)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_units_become_candles_once_across_restarts(database: str) -> None:
    log = Log(unit(1, trade(0, 1000, SHARE), ts=1), unit(2, trade(0, 1100, SHARE), ts=2))
    for position in (2, 3):
        recording = Recorder(log, database, Always(), write_every_s=0)
        task = asyncio.create_task(recording.run())
        await until(recording, position, task)
        await stop(task)
        log.append(unit(3, trade(0, 1200, SHARE), ts=3))
    assert log.subscriptions == [0, 2]
    assert minutes(database) == [(0, 1200, 3 * SHARE, 3)]


async def test_what_is_on_disk_is_acknowledged_to_the_node(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "ACK_EVERY_S", 0)
    log = Log(unit(5))
    recording = Recorder(log, database, Always(), write_every_s=0)
    task = asyncio.create_task(recording.run())
    await until(recording, 5, task)
    await asyncio.sleep(0)
    await stop(task)
    assert log.acked == 5


async def test_candles_wait_for_a_database_that_is_away_and_go_on(database: str) -> None:
    log = Log(unit(1, trade(0, 1000, SHARE), ts=1))
    started = asyncio.Event()
    recording = Recorder(log, database, Always(), write_every_s=0, on_started=started.set)
    task = asyncio.create_task(recording.run())
    await until(recording, 1, task)
    assert started.is_set()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'openbell market' AND datname = current_database()"
        )
    log.append(unit(2, trade(0, 1100, SHARE), ts=2))
    await until(recording, 2, task)
    await stop(task)
    assert minutes(database) == [(0, 1100, 2 * SHARE, 2)]


async def test_a_recorder_that_starts_without_a_database_says_started_and_keeps_trying() -> None:
    started = asyncio.Event()
    nowhere = "postgresql://openbell@/none?host=/nowhere"
    task = asyncio.create_task(Recorder(Log(), nowhere, Always(), on_started=started.set).run())
    async with asyncio.timeout(10):
        await started.wait()
    await asyncio.sleep(0.3)
    assert not task.done()
    await stop(task)


async def test_events_that_the_node_no_longer_has_are_an_alarm_and_end_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetful(Log):
        gone = True

        async def subscribe(self, position: int, name: str) -> AsyncGenerator[Sequence[UnitLike], None]:
            if self.gone:
                self.subscriptions.append(position)
                raise SubscribeError("POSITION_GONE", "the files begin at 100")
            async for units in super().subscribe(position, name):
                yield units

    monkeypatch.setattr(recorder, "REFUSED_PAUSE_S", 0.05)
    log, started = Forgetful(unit(1, trade(0, 1000, SHARE), ts=1)), asyncio.Event()
    recording = Recorder(log, database, Always(), write_every_s=0, on_started=started.set)
    task = asyncio.create_task(recording.run())
    async with asyncio.timeout(30):
        await started.wait()
        while len(log.subscriptions) < 3:
            assert not task.done(), task.result()
            await asyncio.sleep(0.02)
    told = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert told == ["Candles cannot go on after command 0: POSITION_GONE: the files begin at 100"]
    assert recording.stopped == told[0]
    log.gone = False  # a node that started again made its event files anew
    await until(recording, 1, task)
    await stop(task)
    assert minutes(database) == [(0, 1000, SHARE, 1)]
    assert not recording.stopped


async def test_the_database_of_another_exchange_ends_the_recorder(database: str) -> None:
    task = asyncio.create_task((recording := Recorder(Log(unit(1)), database, Always(), 0)).run())
    await until(recording, 1, task)
    await stop(task)
    with pytest.raises(ForeignDatabase):
        await Recorder(Log(genesis=b"other"), database, Always()).run()


async def test_a_second_recorder_never_doubles_what_the_first_has_stored(database: str) -> None:
    log = Log(*(unit(n, trade(0, 1000, SHARE), ts=n) for n in range(1, 200)))
    pair = [Recorder(log, database, Always(), write_every_s=0) for _ in range(2)]
    tasks = [asyncio.create_task(one.run()) for one in pair]
    for n in range(200, 220):
        log.append(unit(n, trade(0, 1000, SHARE), ts=n))
        await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        while max(one.position for one in pair) < 219:
            await asyncio.sleep(0.02)
    for task in tasks:
        await stop(task)
    assert minutes(database) == [(0, 1000, 219 * SHARE, 219)]
