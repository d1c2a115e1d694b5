"""A data folder with a cap: what goes first, and what happens where nothing more can go."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from pathlib import Path

from openbell.compliance.segment import complete
from openbell.core import codes
from openbell.log.disk import RealDisk
from openbell.log.formats import ARCHIVED
from openbell.log.segment import segment_numbers
from openbell.node.clock import Clock
from openbell.node.genesis import make_genesis
from openbell.node.node import DROP_PERCENT, Node
from openbell.node.role import limits as role_limits
from openbell.node.snapshotter import advance
from openbell.ops.room import COMING, FREE_PERCENT, largest_in
from tests.node.exchange import LIMITS, connect, deposit, furnish, order, settings, start_node
from tests.node.test_full import cancel

MIB = 1 << 20


def numbers(node: Node) -> list[int]:
    return segment_numbers(RealDisk(), node.journal.folder)


def archive(node: Node, position: int) -> None:
    mark = RealDisk().mark(node.journal.folder / ARCHIVED, writable=True)
    mark.store(position)
    mark.close()


async def fill(folder: Path, node: Node, segments: int) -> None:
    """Deposits until the log has so many segments."""
    client = await connect(folder)
    await furnish(client)
    while len(numbers(node)) < segments:
        await asyncio.gather(*(client.send(deposit(1)) for _ in range(500)))
    await client.close()


async def test_beyond_the_cap_new_orders_are_refused_and_cancels_go_on(tmp_path: Path) -> None:
    node = await start_node(tmp_path, dataclasses.replace(LIMITS, data_bytes=16 * MIB))
    client = await connect(tmp_path)
    await furnish(client)
    working = (await client.send(order(codes.BUY, 900_000))).order
    (tmp_path / "filler").write_bytes(b"x" * 15 * MIB)
    code = codes.E_OK
    while code == codes.E_OK:
        code = (await asyncio.gather(*(client.send(deposit(1)) for _ in range(200))))[-1].code
    assert code == codes.E_LOG_FULL
    assert (await client.send(order(codes.BUY, 900_000))).code == codes.E_LOG_FULL
    assert (await client.send(cancel(working))).code == codes.E_OK
    (tmp_path / "filler").unlink()
    async with asyncio.timeout(10):
        while (await client.send(order(codes.BUY, 900_000))).code != codes.E_OK:
            await asyncio.sleep(0.05)
    await client.close()
    await node.stop()


async def test_segments_go_oldest_first_and_only_as_many_as_are_too_many(tmp_path: Path) -> None:
    node = await start_node(tmp_path, dataclasses.replace(LIMITS, journal_bytes=4 * MIB))
    await fill(tmp_path, node, 6)
    advance(node.journal.folder, node.snapshots.folder)
    there = numbers(node)
    await node._tidy()
    assert numbers(node) == there[len(there) - 4 :]
    await node.stop()


async def test_no_segment_goes_that_is_not_archived(tmp_path: Path) -> None:
    node = await start_node(tmp_path, dataclasses.replace(LIMITS, journal_bytes=2 * MIB, archived=True))
    await fill(tmp_path, node, 5)
    advance(node.journal.folder, node.snapshots.folder)
    await node._tidy()
    assert numbers(node)[0] == 1
    archive(node, 1)
    await node._tidy()
    assert numbers(node)[0] == 1
    archive(node, node.journal.durable)
    await node._tidy()
    assert numbers(node)[0] > 2
    await node.stop()


async def test_the_cap_of_the_folder_makes_segments_go_too(tmp_path: Path) -> None:
    node = await start_node(tmp_path, dataclasses.replace(LIMITS, data_bytes=64 * MIB))
    await fill(tmp_path, node, 4)
    advance(node.journal.folder, node.snapshots.folder)
    await node._tidy()
    assert numbers(node)[0] == 1
    node.room.look()
    snapshot = largest_in(node.snapshots.folder)
    wanted = node.room.used + COMING * snapshot  # two more of these are to find room
    node.room.bytes_max = (wanted - MIB // 2) // (DROP_PERCENT + FREE_PERCENT) * 100  # no percent is rounded
    assert MIB // 2 <= node.room.over(DROP_PERCENT, snapshot) < MIB  # one segment is enough
    assert node.room.over(DROP_PERCENT) == 0
    await node._tidy()
    assert numbers(node)[0] == 2
    await node.stop()


def test_without_a_cap_the_whole_log_stays() -> None:
    assert role_limits(0).journal_bytes == role_limits(0).data_bytes == 0
    ten = role_limits(10 << 30)
    assert (ten.journal_bytes, ten.events_bytes_max, ten.data_bytes) == (4 << 30, 6 << 30, 10 << 30)
    assert (ten.segment_bytes, ten.snapshot_commands, ten.events_bytes) == (64 * MIB, 1_000_000, 256 * MIB)
    assert ten.archived


def test_a_small_cap_has_small_pieces() -> None:
    small = role_limits(256 * MIB)
    assert (small.segment_bytes, small.snapshot_commands, small.events_bytes) == (8 * MIB, 65_536, 16 * MIB)
    assert small.journal_bytes > 10 * small.segment_bytes


async def test_the_segment_ends_with_the_day_and_what_it_holds_can_be_archived(tmp_path: Path) -> None:
    ahead = 0

    def boot() -> int:
        return time.monotonic_ns() + ahead

    chosen = settings(tmp_path)
    node = Node.open(tmp_path, lambda now: make_genesis(chosen, now), Clock(boot=boot), LIMITS)
    await node.start(tmp_path / "node.sock")
    client = await connect(tmp_path)
    await furnish(client)
    journal, disk = node.journal, RealDisk()
    assert list(complete(disk, journal.folder, journal.durable)) == []
    ahead = 86_400 * 10**9
    async with asyncio.timeout(20):
        while not list(complete(disk, journal.folder, journal.durable)):
            await asyncio.sleep(0.1)
    assert (await client.send(deposit(1))).code == codes.E_OK
    await asyncio.sleep(1.5)
    assert list(complete(disk, journal.folder, journal.durable)) == [1]  # once a day
    await client.close()
    await node.stop()
