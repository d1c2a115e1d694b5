"""Reads a journal's segments at start-up: finds where it ends, and tells a torn tail from damage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from openbell.core.records import LAYOUT_VERSION, Header
from openbell.log.crc import of_record
from openbell.log.disk import Disk, Source
from openbell.log.errors import LogCorrupt, LogUnknown
from openbell.log.formats import CHAIN_ZERO, HEAD, SEGMENT_START, Batch, chain_value
from openbell.log.segment import (
    all_zero,
    first_batch,
    later_heads,
    open_segment,
    read_head,
    segment_numbers,
)
from openbell.log.stamp import check
from openbell.log.window import Window


@dataclass(slots=True)
class Tail:
    """Where a journal ends, and what was found wrong after its last sound batch."""

    number: int  # the segment that takes the next batch
    durable: int  # the highest position that anything found calls durable
    offset: int = SEGMENT_START  # of the next batch
    last: int = 0  # the last sound sequence
    expected: int | None = None  # the next sequence; None before anything is known
    chain: bytes | None = None  # the chain value after `last`; None before anything is known
    proven: int = SEGMENT_START  # before this offset everything is recorded as durable
    torn: str = ""  # what is wrong at `place`, empty if nothing
    place: int = 0
    spare: list[int] = field(default_factory=list)  # later segments, to be emptied and used

    @property
    def next(self) -> int:
        """The sequence of the next record."""
        return self.expected or 1


def scan(disk: Disk, folder: Path, since: int = 0, durable: int = 0) -> Tail | None:
    """Where the journal in `folder` ends; None if it has no segment yet.

    Segments that end before position `since` are not looked into: who reads them checks them. `durable`
    is a position known from elsewhere to be durable.

    Raises:
        LogCorrupt: damage at or below a position that is recorded as durable.
        LogUnknown: a layout of another build.
    """
    numbers = segment_numbers(disk, folder)
    if not numbers:
        return None
    begin = starting_segment(disk, folder, numbers, since)
    tail = Tail(numbers[begin], durable)
    if numbers[begin] == 1:
        tail.expected, tail.chain = 1, CHAIN_ZERO
    file = open_segment(disk, folder, numbers[begin])
    try:
        scan_segment(file, tail)
        for number in numbers[begin + 1 :]:
            later = open_segment(disk, folder, number)
            if tail.torn or all_zero(later, SEGMENT_START):
                note_heads(later, SEGMENT_START, tail)
                tail.spare.append(number)
                later.close()
                continue
            file.close()
            file = later
            tail.number, tail.offset, tail.proven = number, SEGMENT_START, SEGMENT_START
            scan_segment(file, tail)
        if tail.durable >= tail.next:
            words = tail.torn or f"the log ends here at {tail.last}"
            raise LogCorrupt(file.path, tail.place or tail.offset, f"{words}; {tail.durable} was durable")
    finally:
        file.close()
    return tail


def starting_segment(disk: Disk, folder: Path, numbers: list[int], since: int) -> int:
    """The index of the last segment that begins at or before the position after `since`."""
    for index in range(len(numbers) - 1, 0, -1):
        file = open_segment(disk, folder, numbers[index])
        try:
            batch = first_batch(file)
        finally:
            file.close()
        if batch is not None and batch.first <= since + 1:
            return index
    return 0


def scan_segment(source: Source, tail: Tail) -> None:
    """Move `tail` over the sound batches of `file`; set `torn` where they end otherwise than in zeros."""
    unproven: list[Batch] = []
    file = Window(source)
    while True:
        batch = read_head(file, tail.offset)
        if batch is None:
            if not all_zero(file, tail.offset):
                tear(file, tail, tail.offset, "no sound batch header")
            break
        wrong = misplaced(batch, tail) or damage(file, batch, tail.chain)
        if wrong is not None:
            tear(file, tail, *wrong)
            break
        tail.durable = max(tail.durable, batch.durable)
        tail.offset, tail.last, tail.expected, tail.chain = batch.end, batch.last, batch.last + 1, batch.chain
        unproven = [before for before in (*unproven, batch) if before.last > tail.durable]
    tail.proven = unproven[0].offset if unproven else tail.offset


def tear(file: Source, tail: Tail, place: int, words: str) -> None:
    """Note damage, and every durable position that is recorded behind it."""
    tail.torn, tail.place = words, place
    note_heads(file, tail.offset, tail)


def note_heads(file: Source, offset: int, tail: Tail) -> None:
    """Raise `tail.durable` to what any batch header from `offset` on records."""
    for batch in later_heads(file, offset):
        if batch.durable < batch.first:
            tail.durable = max(tail.durable, batch.durable)


def misplaced(batch: Batch, tail: Tail) -> tuple[int, str] | None:
    """As `damage`, of a batch that is sound in itself but does not follow the one before."""
    if tail.expected is not None and batch.first != tail.expected:
        return batch.offset, f"a batch begins at {batch.first}; {tail.expected} is next"
    if batch.durable >= batch.first:
        return batch.offset, f"a batch from {batch.first} says that {batch.durable} was durable before it"
    return None


def damage(file: Source, batch: Batch, chain: bytes | None) -> tuple[int, str] | None:
    """What is wrong with a batch's records: (offset in the segment, words), or None.

    `chain` is the chain value before the batch; None where it is not known.

    Raises:
        LogUnknown: a sound record of another build's layout.
    """
    return damage_in(file, batch, file.read(batch.offset + HEAD, batch.length - HEAD), chain)


def damage_in(file: Source, batch: Batch, data: bytes, chain: bytes | None) -> tuple[int, str] | None:
    """As `damage`, of records already read."""
    bad, following = check(data, 0, len(data), batch.first)
    if bad < len(data):
        refuse_layout(file, batch.offset + HEAD, data, bad)
        return batch.offset + HEAD + bad, "a record fails its check"
    if following != batch.last + 1:
        return (
            batch.offset,
            f"{following - batch.first} records; the header says {batch.first} to {batch.last}",
        )
    if chain is not None and chain_value(chain, batch.plain, data) != batch.chain:
        return batch.offset, "the chain value does not follow from what is before it"
    return None


def refuse_layout(file: Source, start: int, data: bytes, at: int) -> None:
    """Raise LogUnknown if the record at `data[at]` is sound but of another build's layout."""
    if len(data) - at < Header.SIZE:
        return
    head = Header.from_buffer_copy(data, at)
    if head.layout == LAYOUT_VERSION or not Header.SIZE <= head.length <= len(data) - at:
        return
    if of_record(data, at, head.length) == head.crc:
        raise LogUnknown(
            f"{file.path} has record layout {head.layout} at offset {start + at};"
            f" this build knows {LAYOUT_VERSION}"
        )
