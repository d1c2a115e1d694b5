"""Bringing a log into its archive: whole segments, signed days, and the same again after any kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openbell.compliance.archive import ArchiveConflict, segment_name
from openbell.compliance.archiver import ArchiveGap
from openbell.compliance.documents import Root, digest_of
from openbell.compliance.verify import verify
from openbell.log.disk import RealDisk
from openbell.log.errors import LogCorrupt
from openbell.log.reader import chain_at
from tests.compliance.made import Log, archive_of, archiver_of, objects

ROOT = Path(__file__).parents[2]
ROUNDS_MAX = 40


def archived_mark(folder: Path) -> int:
    mark = RealDisk().mark(folder / "journal" / "archived", writable=False)
    try:
        return mark.load()
    finally:
        mark.close()


def test_complete_segments_and_days_that_are_over_are_brought_and_found_sound(tmp_path: Path) -> None:
    log = Log(tmp_path, 60)
    done = archiver_of(tmp_path).step()
    segments = len(list((tmp_path / "journal").glob("*.log")))
    assert done.segments == segments - 1  # the last one is being written
    assert done.roots == 3
    checked = verify(archive_of(tmp_path))
    assert (checked.segments, checked.first, checked.roots) == (done.segments, 1, 3)
    assert 0 < checked.last < log.journal.last
    assert archived_mark(tmp_path) == checked.last
    log.close()


def test_a_root_names_the_last_batch_of_its_day_and_the_root_before_it(tmp_path: Path) -> None:
    log = Log(tmp_path, 60)
    archiver_of(tmp_path).step()
    archive = archive_of(tmp_path)
    dates = archive.dates()
    assert dates == ["2023-11-14", "2023-11-15", "2023-11-16"]
    (first, digest), (second, _), _ = (archive.document(f"roots/{date}", Root) for date in dates)
    # Batches are hours from 22:13 on: genesis and one more on the first day, then 24.
    assert (first.position, second.position) == (2 + 50, 2 + 25 * 50)
    assert first.previous == ""
    assert second.previous == digest
    for root in (first, second):
        chain = chain_at(tmp_path / "journal", root.position)
        assert chain is not None
        assert chain.hex() == root.chain
    assert [one.number for one in (*first.segments, *second.segments)] == list(range(1, second.through + 1))
    log.close()


def test_nothing_is_brought_twice_and_what_comes_later_is_brought_then(tmp_path: Path) -> None:
    log = Log(tmp_path, 40)
    archiver = archiver_of(tmp_path)
    assert archiver.step().segments > 0
    before = {name: path.read_bytes() for name, path in objects(tmp_path / "archive").items()}
    assert archiver.step() == (0, 0, 0)
    assert archiver_of(tmp_path).step() == (0, 0, 0)
    log.add(40)
    assert archiver.step().segments > 0
    after = {name: path.read_bytes() for name, path in objects(tmp_path / "archive").items()}
    assert before.items() <= after.items()
    verify(archive_of(tmp_path))
    log.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from openbell.ops.blobs import Blobs
from tests.compliance.made import archiver_of
left = int(sys.argv[2])
real = Blobs.put
def point():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
def put(self, name, source, size):
    point()
    real(self, name, source, size)
    point()
Blobs.put = put
archiver_of(Path(sys.argv[1])).step()
"""


def test_kills_at_any_moment_leave_no_gap_and_never_another_object_of_a_name(tmp_path: Path) -> None:
    seed = int(os.environ.get("OPENBELL_KILL_SEED", str(time.time_ns() % 1_000_000)))
    print(f"OPENBELL_KILL_SEED={seed}")
    chance = random.Random(seed)
    log = Log(tmp_path, 50)
    log.close()
    archive_of(tmp_path)  # makes the key
    seen: dict[str, str] = {}
    kills = 0
    for _ in range(ROUNDS_MAX):
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(chance.randint(1, 9))]
        code = subprocess.run(command, cwd=ROOT, timeout=60).returncode
        there = objects(tmp_path / "archive") if (tmp_path / "archive" / "log").is_dir() else {}
        for name, path in there.items():
            digest = digest_of(path.read_bytes())
            assert seen.setdefault(name, digest) == digest
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
    assert code == 0
    assert kills > 1
    checked = verify(archive_of(tmp_path))
    assert checked.segments == len(list((tmp_path / "journal").glob("*.log"))) - 1
    assert (checked.roots, checked.unsealed) == (3, 0)


def test_a_copy_without_a_seal_that_holds_something_else_is_never_written_over(tmp_path: Path) -> None:
    log = Log(tmp_path, 30)
    archive = archive_of(tmp_path)
    archive.blobs.put_bytes(segment_name(1), b"something else")
    with pytest.raises(ArchiveConflict, match=r"segments/0000000001.log.zst is in the archive already"):
        archiver_of(tmp_path).step()
    assert archive.blobs.get(segment_name(1)) == b"something else"
    log.close()


def test_a_damaged_segment_is_not_archived(tmp_path: Path) -> None:
    log = Log(tmp_path, 40)
    path = tmp_path / "journal" / "0000000002.log"
    data = bytearray(path.read_bytes())
    data[20_000] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogCorrupt, match=r"0000000002.log is damaged at offset"):
        archiver_of(tmp_path).step()
    assert archive_of(tmp_path).sealed() == [1]
    assert segment_name(2) not in objects(tmp_path / "archive")
    log.close()


def test_a_gap_between_log_and_archive_is_named(tmp_path: Path) -> None:
    log = Log(tmp_path, 20)
    assert archiver_of(tmp_path).step().segments > 0
    last = archive_of(tmp_path).sealed()[-1]
    log.add(60)
    archiver = archiver_of(tmp_path)
    for number in range(1, last + 2):
        (tmp_path / "journal" / f"{number:010d}.log").rename(tmp_path / f"{number}.away")
    with pytest.raises(ArchiveGap, match=rf"segment {last + 1} is gone from .*: restore {last + 1:010d}.log"):
        archiver.step()
    log.close()
