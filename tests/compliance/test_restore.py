"""A log brought back is the log: it replays to the same state, a node starts from it, and it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openbell.cli.rerun import Rerun
from openbell.compliance.archive import LogArchive, segment_name
from openbell.compliance.archiver import ArchiveConflict
from openbell.compliance.documents import Wrong
from openbell.compliance.key import load_signing_key
from openbell.compliance.restore import CannotRestore, Restored, restore
from openbell.compliance.retention import Beginning, Retention, remove
from openbell.compliance.verify import verify
from openbell.core import snapshot
from openbell.log.journal import Journal
from openbell.log.reader import JournalReader, chain_at
from tests.compliance.made import BEGIN, HOUR, SEGMENT, Log, archive_of, archiver_of
from tests.node.exchange import open_node

ROOT = Path(__file__).parents[2]
YEAR = 366 * 24 * HOUR


def bring_back(archive: LogArchive, folder: Path) -> Restored:
    return restore(archive, folder / "journal", folder / "snapshots")


def state_at(folder: Path, position: int) -> str:
    """The hash of the state at a position, replayed from the first command."""
    rerun = Rerun(folder / "journal")
    for units in rerun.units({position}):
        if units[-1].seq == position:
            return snapshot.state_hash(rerun.exchange)
    raise AssertionError(f"the log ends before {position}")


def test_a_restored_log_is_the_archived_one_and_its_node_starts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 20)
    log.snapshot()
    log.add(40)
    archiver_of(one).step()
    archive = archive_of(one)
    done = bring_back(archive, two)
    assert done == (1, archive.seal(archive.sealed()[-1]).last, len(archive.sealed()), 1002, 2452)
    assert list((two / "snapshots").iterdir())
    assert chain_at(two / "journal", done.last) == chain_at(one / "journal", done.last)
    assert state_at(two, done.last) == state_at(one, done.last)
    log.close()


async def test_a_node_opens_on_a_restored_folder_and_goes_on_behind_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 40)
    archiver_of(one).step()
    log.close()
    done = bring_back(archive_of(one), two)
    expected = state_at(two, done.last)
    node = open_node(two)
    assert node.exchange.position == done.last
    assert snapshot.state_hash(node.exchange) == expected
    await node.stop()


def test_the_archive_goes_on_with_a_restored_log(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 30)
    archiver_of(one).step()
    log.close()
    archive = archive_of(one)
    before = archive.sealed()
    done = bring_back(archive, two)
    (two / "archive.key").write_bytes((one / "archive.key").read_bytes())
    (two / "archive.key").chmod(0o600)
    log = Log(two)
    assert log.journal.last == done.last
    log.hours = 80
    log.add(30)
    log.close()
    archiver_of(two, one / "archive").step()
    assert len(archive.sealed()) > len(before)
    assert verify(archive).segments == len(archive.sealed())


def test_a_log_that_lost_signed_commands_is_not_archived_over_them(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 27)
    archiver_of(one).step()
    log.close()
    done = bring_back(archive_of(one), two)
    assert done.last < done.signed
    (two / "archive.key").write_bytes((one / "archive.key").read_bytes())
    (two / "archive.key").chmod(0o600)
    Log(two).close()
    with pytest.raises(
        ArchiveConflict, match=r"speaks of 1252 commands, the log ends at \d+: it was restored"
    ):
        archiver_of(two, one / "archive").step()


def test_after_the_beginning_is_removed_the_log_begins_with_a_snapshot(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 40)
    log.snapshot()
    log.add(40)
    archiver_of(one).step()
    log.close()
    archive, key = archive_of(one), load_signing_key(one / "archive.key")
    through = Beginning(archive).past(Retention(5, 6), BEGIN + 7 * YEAR)
    assert 1 < through < archive.sealed()[-1]
    remove(archive, key, one / "register.lock", through, "a test")
    checked = verify(archive)
    assert (checked.removed, checked.first) == (through, archive.seal(through).last + 1)
    done = bring_back(archive, two)
    assert done.first == checked.first
    journal = Journal.open(two / "journal", segment_bytes=SEGMENT, threads=False)
    assert journal.last == done.last
    journal.close()
    reader = JournalReader(two / "journal", done.snapshot)
    assert sum(1 for _ in reader.records()) == done.last - done.snapshot
    reader.close()


def test_a_wrong_object_stops_a_restore_and_leaves_no_log(tmp_path: Path) -> None:
    log = Log(tmp_path, 40)
    archiver_of(tmp_path).step()
    log.close()
    archive, folder = archive_of(tmp_path), tmp_path / "two"
    kept = archive.blobs.get(segment_name(2))
    archive.blobs.put_bytes(segment_name(2), kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(Wrong, match=r"0000000002.log.zst: its digest"):
        bring_back(archive, folder)
    assert not (folder / "journal").exists()
    archive.blobs.put_bytes(segment_name(2), kept)
    assert bring_back(archive, folder).segments == len(archive.sealed())


KILLED = """
import os, signal, sys
from pathlib import Path
from openbell.compliance import restore as module
from tests.compliance.made import archive_of
left = int(sys.argv[3])
real = os.fsync
def fsync(fd):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(fd)
os.fsync = fsync
to = Path(sys.argv[2])
module.restore(archive_of(Path(sys.argv[1])), to / "journal", to / "snapshots")
"""


def test_a_restore_that_is_killed_anywhere_is_begun_anew(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    log = Log(one, 20)
    log.snapshot()
    log.add(20)
    archiver_of(one).step()
    log.close()
    archive = archive_of(one)
    # Syncs: each segment, the mark, the snapshot, and for each folder its own and its parent's.
    syncs = len(archive.sealed()) + 6
    for at in (1, 3, syncs - 4, syncs - 3, syncs - 2, syncs - 1):
        command = [sys.executable, "-c", KILLED, str(one), str(two), str(at)]
        assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == -signal.SIGKILL
        assert not (two / "journal").exists()
    done = bring_back(archive, two)
    assert sorted(path.name for path in two.iterdir()) == ["journal", "snapshots"]
    assert (done.segments, done.snapshot) == (len(archive.sealed()), 1_002)
    assert state_at(two, done.last) == state_at(one, done.last)


def test_a_folder_that_has_a_log_is_left_alone(tmp_path: Path) -> None:
    log = Log(tmp_path, 30)
    archiver_of(tmp_path).step()
    log.close()
    with pytest.raises(CannotRestore, match=r"journal is not empty: restore into an empty data folder"):
        bring_back(archive_of(tmp_path), tmp_path)
