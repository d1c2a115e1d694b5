"""Segments of the log as an archive takes them: complete, sound, and each the one after the last."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from openbell.core.records import Header
from openbell.log.disk import Disk, Source
from openbell.log.errors import LogCorrupt
from openbell.log.formats import HEAD, SEGMENT_START
from openbell.log.scan import damage_in
from openbell.log.segment import (
    all_zero,
    check_segment_header,
    first_batch,
    heads,
    open_segment,
    read_head,
    segment_numbers,
)
from openbell.log.window import Window

SECOND = 1_000_000_000


class Image:
    """A segment's bytes in memory; up to `size` what follows them is zero."""

    def __init__(self, path: Path, data: bytes, size: int) -> None:
        self.path = path
        self.data = data
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """As a file's."""
        length = max(0, min(length, self.size - offset))
        return self.data[offset : offset + length].ljust(length, b"\0")


class Content(NamedTuple):
    """What a segment holds: positions, log times in ns UTC, chain values, and how many bytes are in use."""

    first: int
    last: int
    began: int
    ended: int
    before: bytes | None
    after: bytes
    length: int


class DayEnd(NamedTuple):
    """The last batch of a day (UTC): the position that it ends at, and the chain value there."""

    date: str
    position: int
    chain: bytes


def examine(file: Source, number: int, before: bytes | None) -> Content:
    """Check every byte of segment `number`; `before` is the chain value before it, None where unknown.

    Raises:
        LogCorrupt: it is damaged, or does not follow; the message has the offset.
        LogUnknown: a layout that this build does not know.
    """
    check_segment_header(file, number)
    chain, offset, last = before, SEGMENT_START, 0
    first = began = ended = 0
    while (batch := read_head(file, offset)) is not None:
        data = file.read(batch.offset + HEAD, batch.length - HEAD)
        if last and batch.first != last + 1:
            raise LogCorrupt(file.path, offset, f"a batch begins at {batch.first}; {last + 1} is next")
        wrong = damage_in(file, batch, data, chain)
        if wrong is not None:
            raise LogCorrupt(file.path, *wrong)
        ended = Header.from_buffer_copy(data).ts
        if not first:
            first, began = batch.first, ended
        chain, last, offset = batch.chain, batch.last, batch.end
    if not all_zero(file, offset):
        raise LogCorrupt(file.path, offset, "no sound batch header")
    if chain is None or not first:
        raise LogCorrupt(file.path, SEGMENT_START, "it holds no batch")
    return Content(first, last, began, ended, before, chain, offset)


def complete(disk: Disk, folder: Path, durable: int) -> Iterator[int]:
    """The numbers of the segments that take no more batches, and are durable as a whole, ascending."""
    numbers = segment_numbers(disk, folder)
    for number, following in itertools.pairwise(numbers):
        file = open_segment(disk, folder, following)
        batch = first_batch(file)
        file.close()
        if batch is None or batch.first > durable:
            return
        yield number


def day_ends(disk: Disk, folder: Path, after: int, durable: int) -> tuple[list[DayEnd], str]:
    """The ends of the days that are over, and are after position `after`; and the date of the newest batch.

    A day is over when a batch of a later one is durable. Checksums of records are not looked at.
    """
    ends: list[DayEnd] = []
    now: DayEnd | None = None
    numbers = segment_numbers(disk, folder)
    for index, number in enumerate(numbers):
        file = open_segment(disk, folder, number)
        try:
            if index + 1 < len(numbers) and ends_by(disk, folder, numbers[index + 1], after):
                continue
            window = Window(file)
            for batch in heads(window):
                if batch.last > durable:
                    break
                date = date_of(Header.from_buffer_copy(window.read(batch.offset + HEAD, Header.SIZE)).ts)
                if now is not None and date != now.date:
                    ends.append(now)
                now = DayEnd(date, batch.last, batch.chain)
        finally:
            file.close()
    return [end for end in ends if end.position > after], now.date if now else ""


def ends_by(disk: Disk, folder: Path, following: int, position: int) -> bool:
    """Whether the segment before `following` ends at or before `position`."""
    file = open_segment(disk, folder, following)
    try:
        batch = first_batch(file)
    finally:
        file.close()
    return batch is not None and batch.first <= position + 1


def date_of(time: int) -> str:
    """The date, UTC, of a log time in ns."""
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%d")
