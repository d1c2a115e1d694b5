"""Event files: found again, cut where damaged, released, read from any position."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from openbell.node import event_writer
from openbell.node.event_writer import EventsLost, EventWriter
from openbell.node.events import (
    Block,
    EventFiles,
    EventReader,
    EventsGone,
    after,
    given_out,
)
from openbell.node.protocol import units_in
from openbell.node.sequencer import make_blocks
from tests.log.batches import batch


def block(first: int, count: int = 3) -> Block:
    """A block of eventless units."""
    from openbell.core.records import Answer

    answers = b"".join(bytes(Answer(seq=first + i)) for i in range(count))
    records = batch(first, count)
    (made,) = make_blocks(records, 0, len(records), first, answers, b"")
    return made


def fill(files: EventFiles, count: int) -> None:
    for _ in range(count):
        files.append(block(files.last + 1))


def read_all(files: EventFiles, position: int) -> list[int]:
    reader = EventReader(files)
    found: list[int] = []
    while position < files.last:
        got = reader.read(files.covering(position + 1), position, files.last)
        assert got.first == position + 1
        found += [unit.seq for unit in units_in(got.units)]
        position = got.last
    reader.close()
    return found


@pytest.fixture
def files(tmp_path: Path) -> EventFiles:
    """Ten files of two blocks each: positions 1 to 60."""
    made = EventFiles(tmp_path / "events", file_bytes=500)
    fill(made, 20)
    assert len(made.firsts) == 10
    return made


@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 5, 6, 30, 58, 59])
def test_reading_starts_after_any_position(files: EventFiles, position: int) -> None:
    assert read_all(files, position) == list(range(position + 1, 61))


def test_files_are_found_again_and_go_on(files: EventFiles) -> None:
    files.close()
    again = EventFiles(files.folder, file_bytes=500)
    assert (again.first, again.last, again.bytes) == (1, 60, files.bytes)
    fill(again, 3)
    assert read_all(again, 0) == list(range(1, 70))


def test_a_torn_last_block_is_cut(files: EventFiles) -> None:
    files.close()
    path = files.path(files.firsts[-1])
    os.truncate(path, path.stat().st_size - 5)
    assert given_out(files.folder) == 57
    again = EventFiles(files.folder, file_bytes=500)
    assert again.last == 57
    fill(again, 2)
    assert read_all(again, 50) == list(range(51, 64))


def test_damage_ends_the_cover_where_it_lies(files: EventFiles) -> None:
    files.close()
    path = files.path(files.firsts[4])
    data = bytearray(path.read_bytes())
    data[-40] ^= 4
    path.write_bytes(data)
    again = EventFiles(files.folder, file_bytes=500)
    assert (again.first, again.last) == (1, 27)
    assert sorted(int(one.stem) for one in files.folder.iterdir()) == again.firsts


def test_a_missing_file_ends_the_cover(files: EventFiles) -> None:
    files.close()
    files.path(files.firsts[3]).unlink()
    assert EventFiles(files.folder, file_bytes=500).last == 18


def test_what_is_released_is_before_the_position_and_not_covered_any_more(files: EventFiles) -> None:
    released = files.release(29)
    assert released == [files.path(first) for first in (1, 7, 13, 19)]
    size = files.bytes
    assert files.first == 25
    assert read_all(files, 29) == list(range(30, 61))
    with pytest.raises(EventsGone, match="oldest kept is 25"):
        files.covering(24)
    for path in released:
        path.unlink()
    assert EventFiles(files.folder, file_bytes=500).bytes == size
    assert len(files.release(10**6)) == 5
    assert files.last == 60


def test_restarting_forgets_everything(files: EventFiles) -> None:
    files.restart(100)
    assert (files.first, files.last, list(files.folder.iterdir())) == (101, 100, [])
    fill(files, 1)
    assert read_all(files, 100) == [101, 102, 103]


def test_a_block_that_does_not_follow_is_refused(files: EventFiles) -> None:
    with pytest.raises(ValueError, match="does not follow 60"):
        files.append(block(62))


def test_what_cannot_be_written_does_not_fill_memory(
    files: EventFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_writer, "UNWRITTEN_MAX", 1_000)
    writer = EventWriter(files)
    good, files.fd = files.fd, os.open(os.devnull, os.O_RDONLY)
    files.file_bytes = 1 << 20
    fill_first = files.last + 1
    with pytest.raises(EventsLost):  # noqa: PT012
        for number in range(10):
            writer.put([block(fill_first + 3 * number)])
    assert files.last == 60
    os.close(files.fd)
    files.fd = good


def test_what_waits_for_a_disk_that_is_well_again_is_written_in_order(files: EventFiles) -> None:
    writer = EventWriter(files)
    good, files.fd = files.fd, os.open(os.devnull, os.O_RDONLY)
    files.file_bytes = 1 << 20
    writer.put([block(61), block(64)])
    assert (writer.bytes > 0, files.last) == (True, 60)
    os.close(files.fd)
    files.fd = good
    writer.put([block(67)])
    assert (writer.bytes, files.last) == (0, 69)
    assert read_all(files, 50) == list(range(51, 70))


def test_a_slow_disk_is_told_until_it_has_caught_up(
    files: EventFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_writer, "WAITING_MAX", 2 * len(block(61).units))
    disk, room = threading.Semaphore(0), threading.Event()

    def append(one: Block) -> None:
        assert disk.acquire(timeout=10)
        EventFiles.append(files, one)

    monkeypatch.setattr(files, "append", append)
    writer = EventWriter(files)
    writer.on_room = room.set
    writer.start()
    writer.put([block(61), block(64)])
    assert not writer.busy
    writer.put([block(67)])
    assert writer.busy
    assert not room.is_set()
    disk.release()
    assert room.wait(10)
    assert not writer.busy
    disk.release(2)
    writer.close()
    assert (writer.bytes, files.last) == (0, 69)


def test_a_part_of_a_block_begins_at_the_unit_asked_for() -> None:
    part = after(block(10, 5), 12)
    assert (part.first, part.last) == (13, 14)
    assert [unit.seq for unit in units_in(part.units)] == [13, 14]
