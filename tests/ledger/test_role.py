"""The ledger's role with a running node, and what `openbell verify` says of it."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from openbell.cli.verify import compare
from openbell.ledger import role
from openbell.ledger.reads import LedgerReads, LedgerUnavailable
from openbell.node import role as node_role
from openbell.node.client import NodeClient
from openbell.ops.settings import Settings
from tests.ledger.conftest import Killable
from tests.ledger.market import RandomMarket

ROOT = Path(__file__).parents[2]


def settings_of(folder: Path, database: str) -> Settings:
    return Settings.load(
        {},
        data_dir=folder,
        database_url=database,
        genesis_accounts=256,
        genesis_instruments=8,
        genesis_positions=1024,
        genesis_orders=4096,
        genesis_ended_orders=8192,
        genesis_requests=8192,
        genesis_levels=512,
        genesis_order_value_max=10**13,
    )


@asynccontextmanager
async def running(run: Callable[..., Any], settings: Settings) -> AsyncIterator[None]:
    """A role at work in this process, from ready to stopped."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(run(settings, stop, ready.set))
    try:
        async with asyncio.timeout(30):
            while not ready.is_set() and not task.done():
                await asyncio.sleep(0.01)
        if task.done():
            task.result()
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def trade(settings: Settings, seed: int, steps: int, pause_s: float = 0.0) -> int:
    """Send a random market's commands to the node; returns the last one's position."""
    market = RandomMarket(seed)
    market.run(steps)
    client = await NodeClient.connect(settings.node_socket, "test", "test")
    last = 0
    for unit in market.units:
        last = (await client.send(unit.command)).seq
        await asyncio.sleep(pause_s)
    await client.close()
    return last


async def test_the_role_follows_a_node_and_verify_finds_no_difference(tmp_path: Path, database: str) -> None:
    settings = settings_of(tmp_path, database)
    async with running(node_role.run, settings):
        async with running(role.run, settings):
            last = await trade(settings, 1, 500)
            reads = LedgerReads(database)
            assert await reads.wait_for(last, 20)
            assert not (await reads.status())["stopped"]
            await reads.close()
        found = await asyncio.to_thread(compare, settings, lambda done, total: None)
    assert found["differences"] == []
    assert found["ledgerPosition"] >= last


async def position(database: str) -> int:
    """The ledger's position, 0 while there is none."""
    reads = LedgerReads(database)
    try:
        return await reads.position()
    except LedgerUnavailable:
        return 0
    finally:
        await reads.close()


class Worker:
    """A process with the ledger's role, killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.environment = os.environ | settings.environment()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.worker"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_ledgers_and_databases_killed_at_random_end_equal_to_the_replay(
    tmp_path: Path, killable: Killable
) -> None:
    settings = settings_of(tmp_path / "data", killable.url)
    dice = random.Random(9)
    await killable.start()
    workers = [Worker(settings), Worker(settings)]
    reached = set()
    try:
        async with running(node_role.run, settings):
            trading = asyncio.create_task(trade(settings, 2, 1500, 0.004))
            for worker in workers:
                worker.start()
            while not trading.done():
                await asyncio.sleep(dice.uniform(1.0, 2.0))
                reached.add(await position(killable.url))
                worker = dice.choice(workers)
                worker.kill()
                worker.start()
                if dice.random() < 0.4:
                    await killable.kill()
                    await asyncio.sleep(dice.uniform(0.0, 0.5))
                    await killable.start()
            reads = LedgerReads(killable.url)
            assert await reads.wait_for(await trading, 60)
            await reads.close()
            found = await asyncio.to_thread(compare, settings, lambda done, total: None)
    finally:
        for worker in workers:
            worker.kill()
    assert found["differences"] == []
    assert found["ledgerPosition"] >= trading.result()
    assert len(reached - {0}) > 1, "the ledger never worked between two kills"
