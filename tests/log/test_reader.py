"""Readers: from any position, following a living journal from another process, refusing damage."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from openbell.log import reader as module
from openbell.log.disk import Disk
from openbell.log.errors import LogCorrupt, LogGone
from openbell.log.formats import HEAD, SEGMENT_START
from openbell.log.journal import Journal
from openbell.log.reader import JournalReader, chain_at
from openbell.log.segment import segment_path
from tests.log.batches import batch, sequences

SEGMENT = 64 << 10
EACH = 7


@pytest.fixture
def journal(disk: Disk, tmp_path: Path) -> Journal:
    """A journal of several segments with 1,001 records."""
    made = Journal.open(tmp_path / "journal", disk=disk, segment_bytes=SEGMENT, threads=False)
    grow(made, 143)
    return made


def grow(journal: Journal, count: int) -> None:
    for _ in range(count):
        first = journal.last + 1
        journal.append(batch(first, EACH), first, first + EACH - 1)
        journal.flush()


@pytest.mark.parametrize("position", [0, 1, 6, 7, 8, 500, 999, 1000, 1001, 5000])
def test_a_reader_starts_after_any_position(journal: Journal, position: int) -> None:
    reader = JournalReader(journal.folder, position, disk=journal.disk)
    found = [seq for record in reader.records() for seq in sequences(record)]
    assert found == list(range(position + 1, 1002))
    reader.close()


def test_reads_come_in_pieces_of_about_the_size_asked_for(journal: Journal) -> None:
    reader = JournalReader(journal.folder, disk=journal.disk)
    piece = reader.read(1000)
    assert 1000 <= len(piece) < 1000 + EACH * 200
    assert sequences(piece + reader.read(1000))[-1] == reader.position
    reader.close()


def test_a_reader_goes_on_where_the_journal_grows(journal: Journal) -> None:
    reader = JournalReader(journal.folder, 990, disk=journal.disk)
    assert sequences(reader.read()) == list(range(991, 1002))
    assert reader.read() == b""
    grow(journal, 200)  # into further segments
    found = []
    while data := reader.read():
        found += sequences(data)
    assert found == list(range(1002, 1002 + 200 * EACH))
    reader.close()


def test_a_reader_sees_only_what_is_durable(journal: Journal) -> None:
    reader = JournalReader(journal.folder, 1001, disk=journal.disk)
    journal.append(batch(1002, 1), 1002, 1002)
    assert reader.read() == b""
    journal.flush()
    assert sequences(reader.read()) == [1002]
    reader.close()


def test_without_the_mark_a_reader_stops_at_what_batches_record(journal: Journal) -> None:
    journal.disk.mark(journal.folder / "durable", True).store(0)
    reader = JournalReader(journal.folder, disk=journal.disk)
    assert [sequences(record) for record in reader.records()][-1] == [1001 - EACH]
    reader.close()


def test_a_reader_refuses_damage_with_its_place(journal: Journal) -> None:
    file = journal.disk.open(segment_path(journal.folder, 1), True)
    file.write(SEGMENT_START + HEAD + 50, [b"\xff\xff"])
    reader = JournalReader(journal.folder, disk=journal.disk)
    with pytest.raises(LogCorrupt) as caught:
        reader.read()
    assert (caught.value.file, caught.value.offset) == (file.path, SEGMENT_START + HEAD)
    reader.close()


def test_a_position_in_a_dropped_segment_is_gone(journal: Journal) -> None:
    assert journal.drop(before=900)
    with pytest.raises(LogGone, match="1 is gone"):
        JournalReader(journal.folder, 0, disk=journal.disk).read()


def test_a_reader_whose_next_segment_is_dropped_says_that_it_is_gone_and_not_damaged(
    journal: Journal,
) -> None:
    grow(journal, 200)
    reader = JournalReader(journal.folder, disk=journal.disk)
    assert sequences(reader.read(1000))[-1] < 100
    assert journal.drop(before=journal.last) > 1
    with pytest.raises(LogGone, match="dropped meanwhile"):
        list(reader.records())
    reader.close()


def test_a_segment_that_is_dropped_while_its_place_is_looked_for_is_gone(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(journal, 200)
    numbers = module.segment_numbers(journal.disk, journal.folder)
    assert journal.drop(before=journal.last) > 1
    monkeypatch.setattr(module, "segment_numbers", lambda _disk, _folder: numbers)
    with pytest.raises(LogGone, match="meanwhile"):
        JournalReader(journal.folder, 0, disk=journal.disk).read()
    with pytest.raises(LogGone, match="meanwhile"):
        chain_at(journal.folder, EACH, journal.disk)


def test_a_lost_segment_with_older_ones_before_it_is_damage(journal: Journal) -> None:
    grow(journal, 200)
    reader = JournalReader(journal.folder, disk=journal.disk)
    reader.read(1000)
    journal.disk.remove(segment_path(journal.folder, 2))
    with pytest.raises(LogCorrupt, match="the file is missing"):
        list(reader.records())
    reader.close()


def test_the_chain_is_told_where_a_batch_ends_and_nowhere_else(journal: Journal) -> None:
    assert chain_at(journal.folder, 1001, journal.disk) == journal.chain
    assert chain_at(journal.folder, 0, journal.disk) == bytes(32)
    assert chain_at(journal.folder, 1000, journal.disk) is None
    assert chain_at(journal.folder, 1008, journal.disk) is None
    ends = [chain_at(journal.folder, position, journal.disk) for position in range(EACH, 1002, EACH)]
    assert None not in ends
    assert len(set(ends)) == 143


def test_following_in_the_same_process_gives_everything_in_order(disk: Disk, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal", disk=disk, segment_bytes=SEGMENT)
    reader = JournalReader(journal.folder, disk=disk, limit=lambda: journal.durable)
    stop = threading.Event()
    found: list[int] = []

    def follow() -> None:
        for data in reader.follow(stop, 0.001):
            found.extend(sequences(data))
            if found[-1] == 700:
                return

    thread = threading.Thread(target=follow)
    thread.start()
    for first in range(1, 701, EACH):
        journal.append(batch(first, EACH), first, first + EACH - 1)
    thread.join(10)
    stop.set()
    assert found == list(range(1, 701))
    reader.close()
    journal.close()


OWNER = """
import sys, time
from pathlib import Path
from openbell.log.journal import Journal
from tests.log.batches import batch

journal = Journal.open(Path(sys.argv[1]), segment_bytes=64 << 10)
first = journal.last + 1
journal.on_durable = lambda position: print(position, flush=True)
while first < 200_000:
    journal.append(batch(first, 5), first, first + 4)
    first += 5
    if first % 10 == 1:
        time.sleep(0.0005)
"""


def owner(folder: Path) -> subprocess.Popen[str]:
    """A process that appends to the journal in `folder` and prints each durable position."""
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_a_reader_follows_a_journal_of_another_process(tmp_path: Path) -> None:
    process = owner(tmp_path)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        reader = JournalReader(tmp_path)
        found: list[int] = []
        deadline = time.monotonic() + 10
        while len(found) < 3000 and time.monotonic() < deadline:
            found += sequences(reader.read())
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= 3000
        reader.close()
    finally:
        process.kill()
        process.communicate()


def test_killing_the_owner_loses_nothing_that_it_told(tmp_path: Path) -> None:
    told = 0
    for round_ in range(4):
        process = owner(tmp_path)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(0.1 + 0.07 * round_)
        process.kill()
        lines += process.communicate()[0].splitlines(keepends=True)
        told = max(told, *(int(line) for line in lines if line.endswith("\n")))
        journal = Journal.open(tmp_path, segment_bytes=SEGMENT)
        reader = JournalReader(tmp_path)
        found = [seq for record in reader.records() for seq in sequences(record)]
        assert found == list(range(1, journal.last + 1))
        assert journal.last >= told
        reader.close()
        journal.close()
    assert told > 500
