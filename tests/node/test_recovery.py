"""Starting again: from a snapshot that the log confirms, from an older one, from genesis, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from openbell.core.exchange import Exchange
from openbell.log.errors import LogCorrupt, LogError, LogLocked
from openbell.log.reader import JournalReader
from openbell.node.clock import Clock, ClockBehind
from openbell.node.genesis import make_genesis
from openbell.node.node import Node
from openbell.node.recovery import CannotRecover
from tests.node.exchange import (
    LIMITS,
    connect,
    deposit,
    furnish,
    open_node,
    order,
    process,
    settings,
    start_node,
    until,
)


async def trade(folder: Path, rounds: int, stop: bool = True) -> tuple[int, str]:
    """Let the exchange in `folder` live for a while; its last position and state hash."""
    node = await start_node(folder)
    client = await connect(folder)
    if (await client.query("totals"))["data"]["accounts"] < 4:
        await furnish(client)
    for number in range(rounds):
        await client.send(order(codes.BUY, 900_000 + 100 * (number % 50)))
        await client.send(order(codes.SELL, 900_000 + 100 * (number % 40)))
    await client.close()
    if stop:
        await node.stop()
    return int(node.exchange.position), snapshot.state_hash(node.exchange)


def from_the_start(folder: Path) -> Exchange:
    """The state that a replay of the whole log gives."""
    reader = JournalReader(folder / "journal")
    records = reader.records()
    exchange = Exchange(next(records))
    for record in records:
        exchange.run(record, 0, len(record))
        exchange.clear()
    reader.close()
    return exchange


def snapshots(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").glob("*.snapshot"))


async def test_a_stopped_exchange_is_found_as_it_was(tmp_path: Path) -> None:
    position, state = await trade(tmp_path, 20)
    node = open_node(tmp_path)
    assert (node.exchange.position, snapshot.state_hash(node.exchange)) == (position, state)
    assert node.snapshot_position == position
    await node.stop()
    assert snapshot.state_hash(from_the_start(tmp_path)) == state


async def test_without_snapshots_the_log_alone_gives_the_same_state(tmp_path: Path) -> None:
    position, state = await trade(tmp_path, 20)
    shutil.rmtree(tmp_path / "snapshots")
    node = open_node(tmp_path)
    assert (node.exchange.position, snapshot.state_hash(node.exchange)) == (position, state)
    await node.stop()


@pytest.mark.parametrize("harm", ["damaged", "empty", "of another log", "ahead of the log"])
async def test_a_snapshot_that_is_not_of_this_log_is_ignored(tmp_path: Path, harm: str) -> None:
    await trade(tmp_path / "one", 5)
    position, state = await trade(tmp_path / "one", 5)
    newest = snapshots(tmp_path / "one")[-1]
    if harm == "damaged":
        data = bytearray(newest.read_bytes())
        data[len(data) // 2] ^= 1
        newest.write_bytes(data)
    elif harm == "empty":
        newest.write_bytes(b"")
    elif harm == "ahead of the log":
        newest.rename(newest.with_name(f"{10**9:020d}.snapshot"))
    else:
        other, _ = await trade(tmp_path / "two", 9)
        shutil.copy(snapshots(tmp_path / "two")[-1], newest.with_name(f"{other:020d}.snapshot"))
    node = open_node(tmp_path / "one")
    assert (node.exchange.position, snapshot.state_hash(node.exchange)) == (position, state)
    await node.stop()


async def test_one_snapshot_back_is_enough(tmp_path: Path) -> None:
    for _ in range(3):
        position, state = await trade(tmp_path, 5)
    assert len(snapshots(tmp_path)) == 2
    snapshots(tmp_path)[-1].unlink()
    node = open_node(tmp_path)
    assert 1 < node.snapshot_position < position
    assert snapshot.state_hash(node.exchange) == state
    await node.stop()


async def test_snapshots_are_written_while_orders_go_on(tmp_path: Path) -> None:
    node = await start_node(tmp_path, replace(LIMITS, snapshot_commands=500))
    client = await connect(tmp_path)
    await furnish(client)
    until_position = 0
    deadline = time.monotonic() + 15
    while len(snapshots(tmp_path)) < 2 and time.monotonic() < deadline:
        answers = await asyncio.gather(*(client.send(order(codes.BUY, 900_000)) for _ in range(20)))
        until_position = answers[-1].seq
        await asyncio.sleep(0.01)
    assert len(snapshots(tmp_path)) >= 2
    taken, meta = snapshot.load(snapshots(tmp_path)[-1])
    assert 500 < taken.position <= until_position
    assert meta["term"] == node.term
    await client.close()
    await node.stop()
    assert snapshot.state_hash(from_the_start(tmp_path)) == snapshot.state_hash(node.exchange)


async def test_a_snapshot_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    node = await start_node(tmp_path, replace(LIMITS, snapshot_commands=10))
    client = await connect(tmp_path)
    node.snapshots.folder = tmp_path / "gone"
    node.snapshots.folder.touch()  # no folder
    await furnish(client)
    for _ in range(20):
        await client.send(deposit(1))
    await asyncio.sleep(1.5)
    assert (await client.send(deposit(1))).code == codes.E_OK
    node.snapshots.folder = tmp_path / "snapshots"
    await client.close()
    await node.stop()


async def units_from(folder: Path, position: int, last: int) -> list[int]:
    """Sequences of the units that a reader gets after `position` up to `last`."""
    client = await connect(folder)
    found: list[int] = []
    async with asyncio.timeout(10):
        async for units in client.subscribe(position):
            found += [unit.seq for unit in units]
            if found[-1] >= last:
                break
    await client.close()
    return found


@pytest.mark.parametrize("lost", ["all files", "the newest file", "a piece in between"])
async def test_events_that_a_reader_needs_are_made_again(tmp_path: Path, lost: str) -> None:
    node = await start_node(tmp_path)
    node.events.file_bytes = 2_000
    client = await connect(tmp_path)
    await client.subscribe(0, "ledger").start()
    await furnish(client)
    for amount in range(50):
        await client.send(deposit(amount))
    await client.close()
    await node.stop()
    position = int(node.exchange.position)
    files = sorted((tmp_path / "events").iterdir())
    assert len(files) > 1
    if lost == "all files":
        for file in files:
            file.unlink()
    elif lost == "the newest file":
        files[-1].unlink()
    else:
        files[0].write_bytes(files[0].read_bytes()[:-100])
    node = await start_node(tmp_path)
    assert node.events.first == 1
    found = await units_from(tmp_path, 0, position)
    assert found == list(range(1, found[-1] + 1))
    assert snapshot.state_hash(from_the_start(tmp_path)) == snapshot.state_hash(node.exchange)
    await node.stop()


async def test_without_readers_lost_events_are_not_made_again(tmp_path: Path) -> None:
    position, _ = await trade(tmp_path, 10)
    shutil.rmtree(tmp_path / "events")
    node = open_node(tmp_path)
    assert (node.snapshot_position, node.events.first) == (position, position + 1)
    await node.stop()


async def test_a_log_that_ends_before_what_was_given_out_is_refused(tmp_path: Path) -> None:
    await trade(tmp_path, 5)
    shutil.copytree(tmp_path / "journal", tmp_path / "older")
    await trade(tmp_path, 5)
    shutil.rmtree(tmp_path / "journal")
    shutil.copytree(tmp_path / "older", tmp_path / "journal")
    with pytest.raises(LogCorrupt, match="was durable"):
        open_node(tmp_path)


async def test_an_empty_log_beside_snapshots_is_refused(tmp_path: Path) -> None:
    await trade(tmp_path, 5)
    shutil.rmtree(tmp_path / "journal")
    shutil.rmtree(tmp_path / "events")
    with pytest.raises(LogError, match="restore the log"):
        open_node(tmp_path)


async def test_without_snapshot_and_beginning_there_is_nothing_to_start_from(tmp_path: Path) -> None:
    node = await start_node(tmp_path, replace(LIMITS, segment_bytes=65_536))
    client = await connect(tmp_path)
    await furnish(client)
    for _ in range(10):
        await asyncio.gather(*(client.send(deposit(1)) for _ in range(200)))
    assert node.journal.drop(1_500) > 0
    await client.close()
    await node.stop()
    shutil.rmtree(tmp_path / "snapshots")
    with pytest.raises(CannotRecover, match="restore a snapshot"):
        open_node(tmp_path)


async def test_old_segments_go_once_snapshots_and_readers_are_past_them(tmp_path: Path) -> None:
    limits = replace(LIMITS, segment_bytes=65_536, journal_bytes=4 * 65_536)
    sizes = []
    for _ in range(4):
        node = await start_node(tmp_path, limits)
        client = await connect(tmp_path)
        if node.exchange.position < 5:
            await furnish(client)
        for _ in range(5):
            await asyncio.gather(*(client.send(deposit(1)) for _ in range(200)))
        await client.close()
        await node.stop()
        sizes.append(len(list((tmp_path / "journal").glob("*.log"))))
    assert max(sizes) < 9
    assert not (tmp_path / "journal" / "0000000001.log").exists()
    node = open_node(tmp_path, limits)
    assert node.exchange.memory["accounts"][4].cash == 10**12 + 4_000
    await node.stop()


async def test_a_data_folder_has_one_owner(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    with pytest.raises(LogLocked, match=f"held by process {os.getpid()}"):
        open_node(tmp_path)
    await node.stop()


async def test_a_clock_far_behind_the_log_is_refused(tmp_path: Path) -> None:
    await trade(tmp_path, 1)
    chosen = settings(tmp_path)

    def behind(seconds: float) -> Clock:
        return Clock(wall=lambda: time.time_ns() - int(seconds * 1e9))

    with pytest.raises(ClockBehind, match="set the clock"):
        Node.open(tmp_path, lambda now: make_genesis(chosen, now), clock=behind(3_600), limits=LIMITS)
    node = Node.open(tmp_path, lambda now: make_genesis(chosen, now), clock=behind(4), limits=LIMITS)
    before = int(node.exchange.time)
    await node.start(tmp_path / "node.sock")
    client = await connect(tmp_path)
    assert (await client.send(deposit(1))).ts >= before
    await client.close()
    await node.stop()


async def test_a_jump_of_the_time_is_a_command_of_its_own(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    ahead = 0
    clock = Clock(boot=lambda: time.monotonic_ns() + ahead)
    node = Node.open(tmp_path, lambda now: make_genesis(chosen, now), clock=clock, limits=LIMITS)
    await node.start(tmp_path / "node.sock")
    client = await connect(tmp_path)
    stream = client.subscribe(None)
    await stream.start()
    await client.send(deposit(1))
    ahead = 60 * 10**9
    answer = await client.send(deposit(2))
    kinds: dict[int, int] = {}
    while answer.seq not in kinds:
        kinds |= {unit.seq: unit.command[2] for unit in await anext(stream)}
    jumps = [seq for seq, kind in kinds.items() if kind == codes.C_CLOCK_JUMP]
    assert len(jumps) == 1
    assert jumps[0] < answer.seq
    await client.close()
    await node.stop()


async def test_time_passes_in_the_log_while_nothing_happens(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    before = int(node.exchange.position)
    await until(lambda: node.exchange.position >= before + 2, 5)
    assert node.exchange.time > time.time_ns() - 2 * 10**9
    await node.stop()


async def test_readers_json_is_only_rewritten_when_something_changed(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await client.subscribe(0, "market").start()
    await until(lambda: (tmp_path / "readers.json").exists(), 5)
    assert json.loads((tmp_path / "readers.json").read_text()) == {"market": 0}
    assert not node.readers.changed
    await client.close()
    await node.stop()


# A process that would take a minute to write its snapshot.
SLOW = """
import sys, time
from openbell.node import snapshotter
snapshotter.Snapshots.save = lambda *_: time.sleep(60)
snapshotter.main(sys.argv[1:])
"""


def test_the_snapshot_child_dies_with_its_node(tmp_path: Path) -> None:
    one = process(
        tmp_path,
        code="from openbell.node import node, snapshots\n"
        f"snapshots.WRITER = (sys.executable, '-c', {SLOW!r})\n"
        "node.Node._snapshot_due = lambda self: not self.snapshots.child",
    )
    deadline = time.monotonic() + 15
    children: list[str] = []
    while not children and time.monotonic() < deadline:
        time.sleep(0.05)
        listed = Path(f"/proc/{one.pid}/task/{one.pid}/children")
        children = listed.read_text().split() if listed.exists() else []
    assert children
    one.kill()
    one.wait()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{children[0]}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{children[0]}").exists()
