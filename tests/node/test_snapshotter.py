"""Snapshots made beside the node: the newest one and the log after it give the state that the node has."""

from __future__ import annotations

import subprocess
from pathlib import Path

from openbell.core import snapshot
from openbell.node.snapshots import WRITER, Snapshots
from openbell.node.snapshotter import advance
from tests.node.exchange import open_node
from tests.node.test_recovery import snapshots, trade


async def test_it_shows_the_state_that_the_node_had(tmp_path: Path) -> None:
    await trade(tmp_path, 5)
    position, state = await trade(tmp_path, 5)
    snapshots(tmp_path)[-1].unlink()
    assert advance(tmp_path / "journal", tmp_path / "snapshots") == position
    made, _ = Snapshots(tmp_path / "snapshots").load(position)
    assert snapshot.state_hash(made) == state
    node = open_node(tmp_path)
    assert node.snapshot_position == position  # the log confirms it
    await node.stop()


async def test_it_begins_with_the_log_where_there_is_no_snapshot(tmp_path: Path) -> None:
    position, state = await trade(tmp_path, 5)
    for path in snapshots(tmp_path):
        path.unlink()
    assert advance(tmp_path / "journal", tmp_path / "snapshots") == position
    made, _ = Snapshots(tmp_path / "snapshots").load(position)
    assert snapshot.state_hash(made) == state


async def test_it_writes_nothing_where_nothing_is_new(tmp_path: Path) -> None:
    position, _ = await trade(tmp_path, 5)
    (newest,) = snapshots(tmp_path)
    before = newest.stat().st_mtime_ns
    assert advance(tmp_path / "journal", tmp_path / "snapshots") == position
    assert newest.stat().st_mtime_ns == before


def test_it_ends_where_its_node_is_gone(tmp_path: Path) -> None:
    gone = subprocess.run(
        [*WRITER, str(tmp_path / "journal"), str(tmp_path / "snapshots"), str(1 << 30)],
        capture_output=True,
        check=False,
    )
    assert (gone.returncode, gone.stderr) == (1, b"the node is gone\n")
