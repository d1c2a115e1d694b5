"""The journal's owner: appending, finding the end again, refusing damage, running out of space."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openbell.log.crc import crc32c
from openbell.log.disk import Disk
from openbell.log.errors import LogCorrupt, LogFull, LogLocked, LogUnknown
from openbell.log.faulty import FaultyDisk
from openbell.log.formats import HEAD, SEGMENT_START, BatchHeader, SegmentHeader
from openbell.log.journal import Journal
from openbell.log.reader import JournalReader, chain_at
from openbell.log.segment import segment_path
from tests.log.batches import batch, sequences

SEGMENT = 64 << 10


@pytest.fixture
def reopen(disk: Disk, tmp_path: Path) -> Callable[..., Journal]:
    def open_it(**more: Any) -> Journal:
        return Journal.open(tmp_path / "journal", disk=disk, segment_bytes=SEGMENT, threads=False, **more)

    return open_it


def fill(journal: Journal, count: int, each: int = 5) -> None:
    """Append and flush `count` batches of `each` records."""
    for _ in range(count):
        first = journal.last + 1
        journal.append(batch(first, each), first, first + each - 1)
        journal.flush()


def everything(journal: Journal) -> bytes:
    reader = JournalReader(journal.folder, disk=journal.disk)
    parts = []
    while part := reader.read():
        parts.append(part)
    reader.close()
    return b"".join(parts)


def overwrite(journal: Journal, number: int, offset: int, data: bytes) -> None:
    """Change bytes of a closed journal's segment behind its back."""
    file = journal.disk.open(segment_path(journal.folder, number), True)
    file.write(offset, [data])
    file.sync()
    file.close()


def forget_mark(journal: Journal) -> None:
    """Lose what is not in the segments themselves, as a power cut may."""
    mark = journal.disk.mark(journal.folder / "durable", True)
    mark.store(0)
    mark.close()


def test_what_was_appended_is_found_again_in_order(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 40)
    journal.close()
    again = reopen()
    assert (again.last, again.durable, again.cut) == (200, 200, None)
    assert everything(again) == b"".join(batch(first, 5) for first in range(1, 201, 5))
    again.close()


def test_the_next_batch_follows_after_reopening(reopen: Callable[..., Journal]) -> None:
    for _ in range(3):
        journal = reopen()
        fill(journal, 30)
        journal.close()
    journal = reopen()
    assert sequences(everything(journal)) == list(range(1, 451))
    assert chain_at(journal.folder, 450, journal.disk) == journal.chain
    journal.close()


def test_a_batch_that_does_not_follow_is_refused(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    with pytest.raises(ValueError, match="does not follow 0"):
        journal.append(batch(2, 1), 2, 2)
    journal.close()


def test_only_one_owner_at_a_time(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    with pytest.raises(LogLocked, match="held by process"):
        reopen()
    journal.close()
    reopen().close()


def test_nothing_is_durable_before_the_flush(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    heard: list[int] = []
    journal.on_durable = heard.append
    journal.append(batch(1, 4), 1, 4)
    journal.append(batch(5, 2), 5, 6)
    assert (journal.durable, heard, everything(journal)) == (0, [], b"")
    journal.flush()
    assert (journal.durable, heard) == (6, [6])
    journal.close()


def test_the_writer_thread_makes_batches_durable(disk: Disk, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal", disk=disk, segment_bytes=SEGMENT)
    for first in range(1, 2001, 10):
        journal.append(batch(first, 10), first, first + 9)
    assert journal.wait(2000)
    assert sequences(everything(journal)) == list(range(1, 2001))
    journal.close()


def test_bytes_after_the_last_batch_are_cut_and_reported(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 3)
    end = journal.offset
    journal.close()
    overwrite(journal, 1, end + 100, b"torn")
    again = reopen()
    assert again.cut is not None
    assert (again.cut.offset, again.cut.last) == (end, 15)
    fill(again, 1)
    again.close()
    assert reopen().cut is None


def test_a_last_batch_that_nothing_calls_durable_is_cut(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 2)
    last = journal.offset
    fill(journal, 1)
    journal.close()
    forget_mark(journal)
    overwrite(journal, 1, last + HEAD + 10, b"\xff\xff")
    again = reopen()
    assert again.cut is not None
    assert (again.last, again.cut.offset) == (10, last)
    again.close()


@pytest.mark.parametrize("knows", ["mark", "caller"])
def test_a_last_batch_that_something_calls_durable_is_never_cut(
    reopen: Callable[..., Journal], knows: str
) -> None:
    journal = reopen()
    fill(journal, 2)
    last = journal.offset
    fill(journal, 1)
    journal.close()
    if knows == "caller":
        forget_mark(journal)
    overwrite(journal, 1, last + HEAD + 10, b"\xff\xff")
    with pytest.raises(LogCorrupt) as caught:
        reopen(durable=15 if knows == "caller" else 0)
    assert (caught.value.file, caught.value.offset) == (segment_path(journal.folder, 1), last + HEAD)


def test_damage_below_a_later_batch_is_refused_with_its_place(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 2)
    second_record = SEGMENT_START + HEAD + len(batch(1, 1))
    journal.close()
    forget_mark(journal)
    overwrite(journal, 1, second_record + 20, b"\xff\xff")
    with pytest.raises(LogCorrupt, match="a record fails its check") as caught:
        reopen()
    assert (caught.value.file.name, caught.value.offset) == ("0000000001.log", second_record)


def test_a_batch_whose_records_were_exchanged_breaks_the_chain(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 2)
    journal.close()
    other = bytearray(batch(1, 5))
    from openbell.log.stamp import stamp

    stamp(other, 0, len(other), 1, 77, 1)  # sound records, but not the ones that were written
    overwrite(journal, 1, SEGMENT_START + HEAD, bytes(other))
    with pytest.raises(LogCorrupt, match="chain"):
        reopen()


def test_a_missing_segment_is_named(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 300)
    journal.close()
    assert journal.current.path.name > "0000000003.log"
    journal.disk.remove(segment_path(journal.folder, 2))
    with pytest.raises(LogCorrupt, match=r"0000000002\.log.*missing"):
        reopen()


def test_a_missing_last_segment_is_noticed(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 200)
    number = int(journal.current.path.stem)
    journal.close()
    journal.disk.remove(segment_path(journal.folder, number))
    with pytest.raises(LogCorrupt, match="1000 was durable"):
        reopen()


def test_a_segment_layout_of_another_build_is_refused_by_name(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 1)
    journal.close()
    magic, _, _, number, size = SegmentHeader.STRUCT.unpack(
        journal.disk.open(segment_path(journal.folder, 1), False).read(0, SegmentHeader.SIZE)
    )
    head = SegmentHeader.STRUCT.pack(magic, 9, 0, number, size)
    overwrite(journal, 1, 0, SegmentHeader.STRUCT.pack(magic, 9, crc32c(head), number, size))
    with pytest.raises(LogUnknown, match="segment layout 9; this build knows 1"):
        reopen()


def test_a_batch_layout_of_another_build_is_refused_by_name(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 1)
    journal.close()
    file = journal.disk.open(segment_path(journal.folder, 1), True)
    head = file.read(SEGMENT_START, HEAD)
    magic, _, length, _, first, last, durable = BatchHeader.STRUCT.unpack_from(head)
    plain = BatchHeader.STRUCT.pack(magic, 0, length, 9, first, last, durable)
    crc = crc32c(plain + head[BatchHeader.SIZE :])
    overwrite(journal, 1, SEGMENT_START, BatchHeader.STRUCT.pack(magic, crc, length, 9, first, last, durable))
    with pytest.raises(LogUnknown, match="batch layout 9"):
        reopen()


def test_a_record_layout_of_another_build_is_refused_by_name(reopen: Callable[..., Journal]) -> None:
    from openbell.log.stamp import stamp

    journal = reopen()
    made = bytearray(batch(1, 1))
    made[3] = 9
    stamp(made, 0, len(made), 1, 1, 1)
    journal.append(bytes(made), 1, 1)
    journal.flush()
    journal.close()
    with pytest.raises(LogUnknown, match="record layout 9"):
        reopen()


def test_old_segments_can_be_dropped_and_the_rest_still_opens(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 300)
    assert journal.drop(before=900) > 0
    journal.close()
    again = reopen(since=900)
    assert again.last == 1500
    reader = JournalReader(again.folder, 900, disk=again.disk)
    assert sequences(reader.read(1 << 30))[0] == 901
    again.close()


def test_a_full_disk_leaves_headroom_for_urgent_records_only(tmp_path: Path) -> None:
    disk = FaultyDisk(1, capacity=2 * SEGMENT)
    journal = Journal.open(tmp_path, disk=disk, segment_bytes=SEGMENT, headroom=8192, threads=False)
    each = len(batch(1, 1))
    while journal.room() >= each:
        fill(journal, 1, 1)
    assert 8192 <= journal.room(urgent=True) < 8192 + HEAD + each
    while journal.room(urgent=True) >= each:
        fill(journal, 1, 1)
    with pytest.raises(LogFull, match="no space"):
        fill(journal, 1, 1)
    disk.capacity = 4 * SEGMENT
    journal.reserve.error = None
    assert journal.room() > 8192
    fill(journal, 10)
    assert sequences(everything(journal)) == list(range(1, journal.last + 1))
    journal.close()


def test_space_that_comes_back_is_taken_by_the_reserve_thread(tmp_path: Path) -> None:
    disk = FaultyDisk(1, capacity=SEGMENT)
    journal = Journal.open(tmp_path, disk=disk, segment_bytes=SEGMENT, headroom=40_000)
    assert journal.room() < SEGMENT - SEGMENT_START - 40_000
    disk.capacity = 2 * SEGMENT
    with journal.reserve.changed:
        assert journal.reserve.changed.wait_for(lambda: journal.reserve.file is not None, 5)
    assert journal.reserve.available()
    journal.close()


def test_after_a_failed_sync_nothing_more_is_taken_or_acknowledged(tmp_path: Path) -> None:
    disk = FaultyDisk(1)
    journal = Journal.open(tmp_path, disk=disk, segment_bytes=SEGMENT)
    failures: list[BaseException] = []
    heard: list[int] = []
    done = threading.Event()

    def on_failure(error: BaseException) -> None:
        failures.append(error)
        done.set()

    journal.on_failure, journal.on_durable = on_failure, heard.append
    disk.fail_sync_after = 0
    journal.append(batch(1, 1), 1, 1)
    assert done.wait(5)
    assert not journal.wait(1, 0.1)
    assert heard == []
    from openbell.log.errors import LogFailed

    with pytest.raises(LogFailed):
        journal.append(batch(2, 1), 2, 2)
    journal.close()


def test_a_segment_that_ends_early_is_followed_by_the_next(
    reopen: Callable[..., Journal], disk: Disk
) -> None:
    journal = reopen()
    assert not journal.roll()  # it holds nothing
    fill(journal, 2)
    assert journal.roll()
    assert not journal.roll()
    fill(journal, 2)
    assert sequences(everything(journal)) == list(range(1, 21))
    second = segment_path(journal.folder, 2)
    journal.close()
    journal = reopen()
    assert journal.current.path == second
    fill(journal, 1)
    assert sequences(everything(journal)) == list(range(1, 26))
    journal.close()


def test_a_segment_that_ended_early_and_is_followed_by_nothing_goes_on(
    reopen: Callable[..., Journal],
) -> None:
    journal = reopen()
    fill(journal, 2)
    assert journal.roll()
    journal.close()
    journal = reopen()
    fill(journal, 1)
    assert sequences(everything(journal)) == list(range(1, 16))
    journal.close()


def test_without_a_reserved_segment_none_ends_early(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    fill(journal, 1)
    journal.reserve.take()
    journal.reserve.error = OSError("there is no space")
    assert not journal.roll()
    journal.close()
