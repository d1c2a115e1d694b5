"""The archive's part of a worker beside a living node."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from openbell.cli.rerun import Rerun
from openbell.compliance import role
from openbell.compliance.restore import restore
from openbell.compliance.verify import verify
from openbell.core import snapshot
from openbell.log.disk import RealDisk
from openbell.log.segment import segment_numbers
from tests.compliance.made import archive_of
from tests.node.exchange import LIMITS, connect, deposit, furnish, settings, start_node

MIB = 1 << 20


async def test_a_node_under_load_is_archived_drops_what_is_archived_and_can_be_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role, "EVERY_S", 0.05)
    node = await start_node(tmp_path, dataclasses.replace(LIMITS, archived=True, journal_bytes=3 * MIB))
    stop, ready = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(role.run(settings(tmp_path), stop, ready.set))
    await asyncio.wait_for(ready.wait(), 10)
    archive = archive_of(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    async with asyncio.timeout(60):
        while len(archive.sealed()) < 4:
            await asyncio.gather(*(client.send(deposit(1)) for _ in range(1_000)))
    node.snapshot_at -= 1e9  # one is due
    async with asyncio.timeout(30):
        while not node.snapshots.positions():
            await asyncio.sleep(0.05)
        while segment_numbers(RealDisk(), tmp_path / "journal")[0] == 1:
            await asyncio.gather(*(client.send(deposit(1)) for _ in range(100)))
            await node._tidy()
    stop.set()
    await asyncio.wait_for(keeping, 20)
    checked = verify(archive)
    assert (checked.first, checked.segments) == (1, len(archive.sealed()))
    done = restore(archive, tmp_path / "back" / "journal", tmp_path / "back" / "snapshots")
    again = Rerun(tmp_path / "back" / "journal")
    for _ in again.units(()):
        pass
    assert again.exchange.position == done.last == checked.last
    assert len(snapshot.state_hash(again.exchange)) == 64
    again.close()
    await client.close()
    await node.stop()
