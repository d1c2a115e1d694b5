"""Units are gathered into batches while they trickle, and bounded while they pour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from openbell.ledger import intake as gathering
from openbell.ledger.intake import Intake
from tests.ledger.stream import Stream, Unit


def ticks(count: int) -> list[Unit]:
    stream = Stream()
    return [stream.tick() for _ in range(count)]


async def trickle(units: list[Unit], pause_s: float) -> AsyncIterator[list[Unit]]:
    for unit in units:
        yield [unit]
        await asyncio.sleep(pause_s)
    await asyncio.Event().wait()


async def test_units_that_trickle_leave_together_at_the_interval() -> None:
    units = ticks(30)
    async with Intake(trickle(units, 0.005), 0.1) as intake:
        taken = [await intake.take()]
        begun = time.monotonic()
        while sum(map(len, taken)) < len(units):
            taken.append(await intake.take())
    assert [unit for batch in taken for unit in batch] == units
    assert len(taken) < 15
    assert time.monotonic() - begun >= 0.1 * (len(taken) - 1) * 0.9


async def test_a_full_batch_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    units = ticks(10)
    monkeypatch.setattr(gathering, "BATCH_BYTES", 3 * gathering.size(units[0]))
    async with Intake(trickle(units, 0), 60) as intake:
        await intake.take()  # the first batch has nothing to wait for
        async with asyncio.timeout(5):
            assert [len(await intake.take()) for _ in range(2)] == [3, 3]
        assert not intake.full


async def test_a_source_that_pours_waits_while_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    units = ticks(100)
    given = 0

    async def pour() -> AsyncIterator[list[Unit]]:
        nonlocal given
        for unit in units:
            given += 1
            yield [unit]
        await asyncio.Event().wait()

    monkeypatch.setattr(gathering, "BATCH_BYTES", gathering.size(units[0]))
    monkeypatch.setattr(gathering, "HELD_BYTES_MAX", 5 * gathering.size(units[0]))
    async with Intake(pour(), 0) as intake:
        await asyncio.sleep(0.05)
        assert given == 5
        assert [await intake.take() for _ in units] == [[unit] for unit in units]


async def test_a_source_that_ends_is_told() -> None:
    async def end() -> AsyncIterator[list[Unit]]:
        yield ticks(1)

    async with Intake(end(), 0) as intake:
        assert len(await intake.take()) == 1
        with pytest.raises(EOFError):
            await intake.take()


async def test_an_error_of_the_source_reaches_who_takes() -> None:
    async def fail() -> AsyncIterator[list[Unit]]:
        raise ConnectionError("gone")
        yield []

    async with Intake(fail(), 0) as intake:
        with pytest.raises(ConnectionError, match="gone"):
            await intake.take()
