"""Readers of a journal, in its process or another: from any position, and on as it grows."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from openbell.log.disk import Disk, File, Mark, RealDisk
from openbell.log.errors import LogCorrupt, LogGone
from openbell.log.formats import CHAIN_ZERO, HEAD, MARK, SEGMENT_START, Batch
from openbell.log.scan import Tail, damage_in, note_heads, starting_segment
from openbell.log.segment import (
    first_batch,
    heads,
    open_segment,
    read_head,
    segment_numbers,
    segment_path,
)
from openbell.log.window import Window

POLL_S = 0.02


class JournalReader:
    """Reads the records after `position` that are durable, checking each batch and how it follows."""

    def __init__(
        self,
        folder: Path,
        position: int = 0,
        *,
        disk: Disk | None = None,
        limit: Callable[[], int] | None = None,
    ) -> None:
        """A reader of the journal in `folder` that has read up to `position`.

        Args:
            folder: the journal's.
            position: the last sequence that is not wanted any more; 0 to read from the start.
            disk: what stores the bytes.
            limit: tells the last position that may be read; what the journal records as durable unless given.

        Raises:
            LogGone: the segments with the next records were dropped.
        """
        self.disk = disk or RealDisk()
        self.folder = folder
        self.position = position
        self.mark: Mark | None = None
        self.limit = limit or self.recorded
        self.chain: bytes | None = None  # after the last batch read; None before the first
        self.file: File | None = None
        self.number = 0
        self.offset = SEGMENT_START

    def read(self, size: int = 1 << 20) -> bytes:
        """Whole records after `position`, about `size` bytes of them at most; empty if none is durable yet.

        Raises:
            LogCorrupt: a durable batch is damaged or missing; the message has file and offset.
            LogUnknown: a layout that this build does not know.
            LogGone: the next records' segment was dropped meanwhile.
        """
        limit = self.limit()
        if self.position >= limit or not self.find():
            return b""
        parts: list[bytes] = []
        length = 0
        while self.position < limit and length < size:
            batch, data = self.batch()
            if batch.last > limit:
                break
            parts.append(data[skip(data, batch.first, self.position) :])
            length += len(parts[-1])
            self.position, self.offset, self.chain = batch.last, batch.end, batch.chain
        return b"".join(parts)

    def records(self) -> Iterator[bytes]:
        """Each record up to the end that is durable now."""
        while data := self.read():
            at = 0
            while at < len(data):
                length = int.from_bytes(data[at : at + 2], "little")
                yield data[at : at + length]
                at += length

    def follow(self, stop: threading.Event, poll_s: float = POLL_S) -> Iterator[bytes]:
        """Whole records as they become durable, until `stop` is set."""
        while not stop.is_set():
            data = self.read()
            if data:
                yield data
            else:
                stop.wait(poll_s)

    def recorded(self) -> int:
        """The last position that the journal itself records as durable; its owner may be a little ahead."""
        if self.mark is None:
            try:
                self.mark = self.disk.mark(self.folder / MARK, writable=False)
            except FileNotFoundError:
                return headers_durable(self.disk, self.folder)
        return self.mark.load() or headers_durable(self.disk, self.folder)

    def close(self) -> None:
        """Give the files back."""
        self.leave()
        if self.mark is not None:
            self.mark.close()
            self.mark = None

    def leave(self) -> None:
        """Close the segment; the next read finds its place anew."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def find(self) -> bool:
        """Open the segment with the record after `position`; False if there is none yet."""
        if self.file is not None:
            self.window.forget()
            return True
        numbers = segment_numbers(self.disk, self.folder)
        if not numbers:
            return False
        with dropping(self.folder):
            self.enter(numbers[starting_segment(self.disk, self.folder, numbers, self.position)])
        batch = read_head(self.window, self.offset)
        if batch is not None and batch.first > self.position + 1:
            raise LogGone(
                f"position {self.position + 1} is gone from {self.folder}; it begins at {batch.first}"
            )
        while batch is not None and batch.last <= self.position:
            self.offset, self.chain = batch.end, batch.chain
            batch = read_head(self.window, self.offset)
        return True

    def enter(self, number: int) -> None:
        """Go to the start of segment `number`."""
        file = open_segment(self.disk, self.folder, number)
        self.leave()
        self.file, self.window = file, Window(file)
        self.number, self.offset = number, SEGMENT_START

    def batch(self) -> tuple[Batch, bytes]:
        """The batch with the record after `position`, which is durable: it must be there and sound."""
        batch = read_head(self.window, self.offset)
        if batch is None and self.continues():
            self.enter(self.number + 1)
            batch = read_head(self.window, self.offset)
        expected = self.position + 1
        if batch is None:
            self.refuse_dropped()
            raise LogCorrupt(self.window.path, self.offset, f"no batch with {expected}, which was durable")
        if not batch.first <= expected <= batch.last:
            raise LogCorrupt(
                self.window.path,
                self.offset,
                f"a batch of {batch.first} to {batch.last} where {expected} is next",
            )
        data = self.window.read(batch.offset + HEAD, batch.length - HEAD)
        wrong = damage_in(self.window, batch, data, self.chain)
        if wrong is not None:
            raise LogCorrupt(self.window.path, *wrong)
        return batch, data

    def continues(self) -> bool:
        """Whether the next segment begins with the record after `position`."""
        try:
            file = open_segment(self.disk, self.folder, self.number + 1)
        except FileNotFoundError:
            return False
        try:
            batch = first_batch(file)
        finally:
            file.close()
        return batch is not None and batch.first == self.position + 1

    def refuse_dropped(self) -> None:
        """Raise LogGone if the next segment was dropped while this one was read."""
        oldest = segment_numbers(self.disk, self.folder)[:1]
        if oldest and oldest[0] > self.number + 1:
            raise LogGone(
                f"position {self.position + 1} is gone from {self.folder}; it was dropped meanwhile, and the"
                f" oldest file left is {segment_path(self.folder, oldest[0]).name}"
            )


@contextlib.contextmanager
def dropping(folder: Path) -> Iterator[None]:
    """Raise LogGone for a segment that was listed, and dropped before it was opened."""
    try:
        yield
    except FileNotFoundError as error:
        raise LogGone(f"{error.filename} was dropped from {folder} meanwhile") from error


def skip(data: bytes, first: int, position: int) -> int:
    """The offset in a batch that begins at `first` of the record after `position`."""
    at = 0
    for _ in range(position + 1 - first):
        at += int.from_bytes(data[at : at + 2], "little")
    return at


def headers_durable(disk: Disk, folder: Path) -> int:
    """What the batch headers record as durable: at least everything before the last batch written."""
    tail = Tail(0, 0)
    for number in segment_numbers(disk, folder)[-2:]:
        file = open_segment(disk, folder, number)
        note_heads(file, SEGMENT_START, tail)
        file.close()
    return tail.durable


def chain_at(folder: Path, position: int, disk: Disk | None = None) -> bytes | None:
    """The chain value of the batch that ends at `position`; None if no batch that is there does.

    Raises:
        LogCorrupt: a segment is missing or its header is damaged.
        LogUnknown: a layout that this build does not know.
        LogGone: the segment was dropped while it was looked for.
    """
    if position == 0:
        return CHAIN_ZERO
    disk = disk or RealDisk()
    numbers = segment_numbers(disk, folder)
    if not numbers:
        return None
    with dropping(folder):
        file = open_segment(disk, folder, numbers[starting_segment(disk, folder, numbers, position - 1)])
    try:
        for batch in heads(Window(file)):
            if batch.last >= position:
                return batch.chain if batch.last == position else None
    finally:
        file.close()
    return None
