"""kill -9 at any moment: what was acknowledged is there once, and the stream goes on without a gap."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown, Subscription
from tests.node.exchange import HOUSE, SMALL, connect, deposit, furnish, open_node, order, process, until
from tests.node.test_recovery import from_the_start

# Snapshots all the time, so that kills meet them too.
OFTEN = """
from openbell.node import node
node.HOUSEKEEPING_S = 0.05
node.Node._snapshot_due = lambda self: not self.snapshots.child
"""
ROUNDS = int(os.environ.get("OPENBELL_NODE_KILL_ROUNDS", "4"))


@dataclass
class Words:
    """What the node said, and what it did not get to say."""

    next_amount: Iterator[int] = field(default_factory=lambda: itertools.count(10))
    acknowledged: dict[int, int] = field(default_factory=dict)  # amount -> position
    unknown: set[int] = field(default_factory=set)  # amounts
    orders: dict[int, int] = field(default_factory=dict)  # order -> status
    seen: list[int] = field(default_factory=list)  # positions from the stream
    amounts: dict[int, int] = field(default_factory=dict)  # amount -> position, from the stream


async def load(client: NodeClient, words: Words, chance: random.Random) -> None:
    """Deposits of unique amounts and orders, until the node is gone."""
    while True:
        amount = next(words.next_amount)
        try:
            answer = await client.send(deposit(amount))
            words.acknowledged[amount] = answer.seq
            made = await client.send(order(chance.choice([codes.BUY, codes.SELL]), 1_000_000))
            words.orders[made.order] = made.status
        except OutcomeUnknown:
            words.unknown.add(amount)
            return
        except NodeUnavailable:
            return


async def listen(stream: Subscription, words: Words) -> None:
    """Note every unit that comes."""
    async for units in stream:
        for unit in units:
            words.seen.append(unit.seq)
            if unit.command[2] == codes.C_DEPOSIT:
                amount = int.from_bytes(unit.command[96:104], "little")
                assert amount not in words.amounts
                words.amounts[amount] = unit.seq


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_nothing_acknowledged_is_lost_or_doubled_over_kills(tmp_path: Path) -> None:
    seed = int(os.environ.get("OPENBELL_KILL_SEED", str(time.time_ns() % 1_000_000)))
    print(f"OPENBELL_KILL_SEED={seed}")
    words, chance = Words(), random.Random(seed)
    asyncio.run(rounds(tmp_path, words, chance))
    assert len(words.acknowledged) > 20 * ROUNDS
    assert words.seen == list(range(1, len(words.seen) + 1))
    for amount, position in words.acknowledged.items():
        assert words.amounts[amount] == position
    assert set(words.amounts) - {10**12, 1} <= set(words.acknowledged) | words.unknown
    node_state = from_the_start(tmp_path)
    assert node_state.memory["accounts"][HOUSE].cash == sum(words.amounts)


async def rounds(folder: Path, words: Words, chance: random.Random) -> None:
    """Load, kill, start again; the client and its stream live through all of it."""
    one = process(folder, code=OFTEN)
    client = await connect(folder)
    listener = asyncio.create_task(listen(client.subscribe(0, "ledger"), words))
    await furnish(client)
    try:
        for _ in range(ROUNDS):
            loads = [asyncio.create_task(load(client, words, chance)) for _ in range(8)]
            await asyncio.sleep(chance.uniform(0.05, 0.6))
            one.kill()
            one.wait()
            await asyncio.gather(*loads)
            one = process(folder, code=OFTEN)
            async with asyncio.timeout(20):
                while not client.connected:
                    await asyncio.sleep(0.01)
            await check(client, words)
        last = (await client.send(deposit(1))).seq
        await until(lambda: listener.done() or (words.seen and words.seen[-1] >= last), 20)
    finally:
        one.kill()
        one.wait()
        listener.cancel()
        await client.close()
    with contextlib.suppress(asyncio.CancelledError):
        await listener


async def check(client: NodeClient, words: Words) -> None:
    """Every acknowledged order is there, at least as far along as was said."""
    keys = len(words.orders) + len(words.acknowledged) + len(words.unknown)
    assert keys < SMALL["genesis_ended_per_account"], "the exchange may forget what ended so long ago"
    for number, status in words.orders.items():
        found = (await client.query("order", order=number))["data"]
        assert found is not None
        assert found["status"] >= status


async def test_a_killed_node_leaves_a_folder_that_opens_to_the_replayed_state(tmp_path: Path) -> None:
    one = process(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    words = Words()
    loading = asyncio.create_task(load(client, words, random.Random(1)))
    await asyncio.sleep(0.5)
    one.kill()
    one.wait()
    await loading
    await client.close()
    node = open_node(tmp_path)
    assert node.exchange.position >= max(words.acknowledged.values())
    assert snapshot.state_hash(node.exchange) == snapshot.state_hash(from_the_start(tmp_path))
    await node.stop()
