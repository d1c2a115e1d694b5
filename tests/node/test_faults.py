"""The whole node on a disk that loses, tears and fails: what was said stays, in seeded rounds."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from openbell.core.exchange import Exchange
from openbell.log import journal
from openbell.log.errors import LogError
from openbell.log.faulty import FaultyDisk, PowerCut
from openbell.log.reader import JournalReader
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown
from openbell.node.node import Node
from tests.node.exchange import HOUSE, connect, deposit, furnish, order, start_node, until

ROUNDS = 12
LIVES = 4


class Round:
    """One exchange through several lives, each ended by a fault of its seed's choice."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.disk = FaultyDisk(seed)
        self.folder = folder
        self.amount = 10
        self.acknowledged: dict[int, int] = {}  # amount -> position
        self.orders: list[int] = []

    async def run(self) -> None:
        for life in range(LIVES):
            await self.live(first=life == 0)
            if self.chance.random() < 0.7:
                self.disk.cut_power()
                self.lose_events()
            else:
                self.disk.kill_process()
        await self.check()

    async def live(self, first: bool) -> None:
        """Start, load until something breaks or this life is over, and end without a good-bye."""
        try:
            node = await start_node(self.folder, disk=self.disk)
        except (LogError, PowerCut):
            assert self.disk.operations
            return
        broken = asyncio.Event()
        loop = asyncio.get_running_loop()
        node.journal.on_failure = lambda _error: loop.call_soon_threadsafe(broken.set)
        client = await connect(self.folder)
        if first:
            await furnish(client)
            await client.subscribe(0, "ledger").start()
        self.plan()
        loads = [asyncio.create_task(self.load(client)) for _ in range(4)]
        ending = asyncio.create_task(broken.wait())
        await asyncio.wait([ending, *loads], timeout=self.chance.uniform(0.02, 0.3))
        await self.end(node)
        await asyncio.gather(*loads)
        ending.cancel()
        await client.close()

    def plan(self) -> None:
        """Choose what will go wrong, and when."""
        soon = self.disk.operations + self.chance.randint(2, 120)
        if self.chance.random() < 0.6:
            self.disk.cut_after = soon
        elif self.chance.random() < 0.5:
            self.disk.fail_sync_after = soon

    async def load(self, client: NodeClient) -> None:
        while True:
            self.amount += 1
            amount = self.amount
            try:
                answer = await client.send(deposit(amount))
                assert answer.code == codes.E_OK
                self.acknowledged[amount] = answer.seq
                placed = await client.send(order(codes.BUY, 900_000))
                self.orders.append(placed.order)
            except (OutcomeUnknown, NodeUnavailable):
                return

    async def end(self, node: Node) -> None:
        """End as a killed process does: nothing more is said or saved."""
        node.gate.close()
        for connection in list(node.connections):
            connection.cut_off()
        await node.stop()

    def lose_events(self) -> None:
        """Event files are never synced: any part of them may be gone after a power cut."""
        files = sorted((self.folder / "events").glob("*.events"))
        if files and self.chance.random() < 0.7:
            data = bytearray(files[-1].read_bytes())
            if data and self.chance.random() < 0.5:
                data[self.chance.randrange(len(data))] ^= 1
            files[-1].write_bytes(data[: self.chance.randint(0, len(data))])

    async def check(self) -> None:
        """Every acknowledged command is in the log once, and the stream and the state are the log's."""
        node = await start_node(self.folder, disk=self.disk)
        await until(lambda: node.journal.durable == node.exchange.position)  # the tick of its start
        reader = JournalReader(self.folder / "journal", disk=self.disk)
        records = list(reader.records())
        found: dict[int, int] = {}
        for seq, record in enumerate(records, 1):
            if record[2] == codes.C_DEPOSIT:
                amount = int.from_bytes(record[96:104], "little")
                assert amount not in found
                found[amount] = seq
        assert {amount: found[amount] for amount in self.acknowledged} == self.acknowledged
        replayed = Exchange(records[0])
        for record in records[1 : int(node.exchange.position)]:
            replayed.run(record, 0, len(record))
            replayed.clear()
        assert replayed.position == node.exchange.position
        assert snapshot.state_hash(replayed) == snapshot.state_hash(node.exchange)
        client = await connect(self.folder)
        assert (await client.query("account", account=HOUSE))["data"]["cash"] == sum(found)
        for number in self.orders:
            assert (await client.query("order", order=number))["data"] is not None
        seen: list[int] = []
        async with asyncio.timeout(10):
            async for units in client.subscribe(0, "ledger"):
                seen += [unit.seq for unit in units]
                if seen[-1] >= len(records):
                    break
        assert seen == list(range(1, len(seen) + 1))
        await client.close()
        await node.stop()


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_what_was_acknowledged_survives_every_fault(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "end_process", lambda _error: None)  # a failure while opening
    await Round(seed, tmp_path).run()
