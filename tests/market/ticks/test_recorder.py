from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from openbell.core import codes
from openbell.market.events import UnitLike
from openbell.market.ticks import recorder as module
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.recorder import TickRecorder
from openbell.market.ticks.upkeep import Policy
from openbell.node.client import SubscribeError
from openbell.node.genesis import make_genesis
from openbell.ops.settings import Settings
from tests.market.events import SHARE, Unit, event, level, list_command, row, trade, unit

KEEP = Policy(1 << 62, 0)  # the times here are of 1970


class Log:
    """A log's units in memory, followed the way the node's client does; those up to `gone` are lost."""

    def __init__(self, *units: Unit, genesis: bytes = b"genesis") -> None:
        self.genesis = genesis
        self.units = list(units)
        self.acked = 0
        self.gone = 0
        self.begun: list[int | None] = []
        self.board: dict[str, Any] = {}
        self.changed = asyncio.Event()

    def append(self, *units: Unit) -> None:
        self.units.extend(units)
        self.changed.set()

    def subscribe(self, position: int | None, name: str) -> Stream:
        assert name == "ticks"
        self.begun.append(position)
        return Stream(self, position)

    async def ack(self, position: int) -> None:
        self.acked = position

    async def query(self, name: str, **arguments: int) -> dict[str, Any]:
        return self.board[name]


class Stream:
    def __init__(self, log: Log, position: int | None) -> None:
        self.log = log
        self.position = log.units[-1].seq if position is None else position

    async def start(self) -> int:
        return self.position

    async def aclose(self) -> None:
        pass

    async def __aiter__(self) -> AsyncIterator[Sequence[UnitLike]]:
        if self.position < self.log.gone:
            raise SubscribeError("POSITION_GONE", "units were dropped")
        while True:
            units = [one for one in self.log.units if one.seq > self.position][:7]
            if units:
                self.position = units[-1].seq
                yield units
                await asyncio.sleep(0)
            else:
                self.log.changed.clear()
                await self.log.changed.wait()


def market(first: int, count: int) -> list[Unit]:
    """Units with a trade and two changes of the bid each."""
    return [
        unit(
            seq,
            trade(seq % 2, 100 + seq, SHARE, trade=seq << 8),
            level(seq % 2, codes.BUY, 50 + seq % 7, seq * SHARE),
        )
        for seq in range(first, first + count)
    ]


def listing() -> list[Unit]:
    return [
        unit(
            number + 1,
            event(codes.EV_INSTRUMENT, status=codes.LISTED, instrument=number),
            command=list_command(symbol, 1_000_000),
        )
        for number, symbol in enumerate(("AAPL", "MSFT"))
    ]


def recording(log: Log, folder: Path, **more: Any) -> TickRecorder:
    return TickRecorder(log, folder / "ticks", folder / "archive", None, KEEP, 0.01, **more)


async def until(log: Log, one: TickRecorder, position: int, task: asyncio.Task[None]) -> None:
    """Wait until ticks up to `position` are in files, while the node's clock ticks."""
    async with asyncio.timeout(30):
        while one.position < position:
            assert not task.done(), task.result()
            await asyncio.sleep(0.005)
            log.append(unit(log.units[-1].seq + 1))


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def stored(folder: Path) -> list[tuple[str, int, int, int]]:
    query = TickQuery(folder / "ticks")
    try:
        return query.rows("SELECT symbol, kind, price, position FROM ticks ORDER BY position, kind")
    finally:
        query.close()


async def test_ticks_go_into_files_once_however_often_the_recorder_dies(tmp_path: Path) -> None:
    log = Log(*listing(), *market(3, 400))
    begun = 0
    for part in range(12):
        one = recording(log, tmp_path)
        task = asyncio.create_task(one.run())
        await until(log, one, begun + 1 if part < 11 else log.units[-1].seq, task)
        begun = one.position
        log.append(*market(log.units[-1].seq + 1, 20 if part < 10 else 0))
        await stop(task)
    made = [one for one in stored(tmp_path) if one[1] == 1]
    trades = [one.seq for one in log.units[2:] if one.events]
    assert [one[3] for one in made] == trades
    assert [one[2] for one in made] == [100 + seq for seq in trades]
    assert made[0][:1] == ("MSFT",)
    assert log.acked == one.position


async def test_what_the_node_may_forget_is_in_files(tmp_path: Path) -> None:
    log = Log(*listing(), *market(3, 100))
    one = recording(log, tmp_path)
    task = asyncio.create_task(one.run())
    await until(log, one, 50, task)
    acked = log.acked
    await stop(task)
    assert acked >= 50
    forgettable = {one.seq for one in log.units[2:] if one.events and one.seq <= acked}
    assert {row[3] for row in stored(tmp_path)} >= forgettable


async def test_ticks_whose_units_are_lost_begin_again_with_the_market_as_it_is(tmp_path: Path) -> None:
    log = Log(*listing(), *market(3, 5))
    log.gone = 7
    log.board = {
        "instruments": {"seq": 7, "data": [row(0, "AAPL"), row(1, "MSFT")]},
        "depth": {"seq": 7, "data": {"bids": [[60, SHARE, 1]], "asks": []}},
    }
    log.genesis = bytes(make_genesis(Settings.load({}), 1))
    one = recording(log, tmp_path)
    task = asyncio.create_task(one.run())
    while not log.begun or log.begun[-1] is not None:
        await asyncio.sleep(0.01)
    log.append(*market(8, 20))
    await until(log, one, 20, task)
    await stop(task)
    assert log.begun == [0, None]
    assert stored(tmp_path)[:3] == [("AAPL", 1, 108, 8), ("AAPL", 2, 60, 8), ("MSFT", 2, 60, 8)]


async def test_a_disk_that_refuses_holds_ticks_back_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(module, "HOT_ROWS_MAX", 60)
    log = Log(*listing(), *market(3, 300))
    blocked = tmp_path / "ticks" / "date=1970-01-01"
    blocked.parent.mkdir()
    blocked.write_text("in the way")
    one = recording(log, tmp_path)
    task = asyncio.create_task(one.run())
    await asyncio.sleep(0.5)
    assert one.position == log.acked == 0
    blocked.unlink()
    await until(log, one, 302, task)
    await stop(task)
    assert [row[3] for row in stored(tmp_path) if row[1] == 1] == list(range(3, 303))


async def test_the_folder_of_another_exchange_ends_the_recorder(tmp_path: Path) -> None:
    log = Log(*listing(), *market(3, 20))
    task = asyncio.create_task((one := recording(log, tmp_path)).run())
    await until(log, one, 10, task)
    await stop(task)
    with pytest.raises(StoreError, match="holds the ticks of"):
        await recording(Log(genesis=b"other"), tmp_path).run()
