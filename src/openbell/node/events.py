"""Event files: the units of the event stream on disk, so that readers can resume.

Derived from the log, hence never synced: a damaged or missing file is made again from a snapshot. Each
file is a run of blocks: a `BlockHeader` and whole units, with a CRC-32C over both.
"""

from __future__ import annotations

import bisect
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openbell.core.layout import record
from openbell.log.crc import crc32c, extend_apart
from openbell.node.protocol import LENGTH_SIZE, SEQ_AT, SEQ_TS, UNIT

log = logging.getLogger(__name__)

MAGIC = int.from_bytes(b"OBEV", "little")
FILE_BYTES = 16 << 20
CHUNK = 1 << 20
SUFFIX = ".events"

BlockHeader = record(
    "BlockHeader",
    """
    magic u32
    crc u32
    length u32
    count u32
    first u64
    last u64
    """,
)


class Block(NamedTuple):
    """Whole units of the positions `first` to `last`."""

    first: int
    last: int
    units: bytes | bytearray


class EventsGone(Exception):
    """Units that were asked for are not kept any more."""


def pack_header(block: Block) -> bytes:
    """The header of a block in a file."""
    length, count = len(block.units), block.last - block.first + 1
    plain = BlockHeader.STRUCT.pack(MAGIC, 0, length, count, block.first, block.last)
    crc = extend_apart(crc32c(plain), block.units, 0, length)
    return BlockHeader.STRUCT.pack(MAGIC, crc, length, count, block.first, block.last)


def blocks_in(data: bytes | memoryview, base: int = 0) -> Iterator[tuple[int, Block]]:
    """The sound whole blocks at the start of `data`, each with the offset after it (plus `base`)."""
    at = 0
    while at + BlockHeader.SIZE <= len(data):
        magic, crc, length, count, first, last = BlockHeader.STRUCT.unpack_from(data, at)
        stop = at + BlockHeader.SIZE + length
        if magic != MAGIC or stop > len(data) or last - first + 1 != count:
            return
        plain = BlockHeader.STRUCT.pack(magic, 0, length, count, first, last)
        if extend_apart(crc32c(plain), data, at + BlockHeader.SIZE, stop) != crc:
            return
        yield base + stop, Block(first, last, bytes(data[at + BlockHeader.SIZE : stop]))
        at = stop


def after(block: Block, position: int) -> Block:
    """The part of a block that is after `position`."""
    at = 0
    while True:
        length, _ = UNIT.unpack_from(block.units, at)
        seq, _ = SEQ_TS.unpack_from(block.units, at + UNIT.size + SEQ_AT)
        if seq > position:
            return Block(seq, block.last, block.units[at:])
        at += LENGTH_SIZE + length


def given_out(folder: Path) -> int:
    """The last position in the newest event file of `folder`, 0 without one: it was durable once."""
    newest = max((path for path in folder.glob(f"*{SUFFIX}")), default=None)
    last = 0
    if newest is not None:
        for _, block in blocks_in(memoryview(newest.read_bytes())):
            last = block.last
    return last


class EventFiles:
    """The files in one folder, covering the positions `first` to `last` without a gap.

    One thread may append while another asks and releases.
    """

    def __init__(self, folder: Path, file_bytes: int = FILE_BYTES) -> None:
        self.folder = folder
        self.file_bytes = file_bytes
        self.firsts: list[int] = []  # of each file
        self.last = 0  # on disk
        self.bytes = 0
        self.fd = -1
        self.size = 0  # of the newest file
        self.lock = threading.Lock()  # of what both threads change: `firsts` and `bytes`
        folder.mkdir(parents=True, exist_ok=True)
        self._recover()

    @property
    def first(self) -> int:
        """The first position covered, or the one after `last` if there is none."""
        return self.firsts[0] if self.firsts else self.last + 1

    def path(self, first: int) -> Path:
        """The file that begins at position `first`."""
        return self.folder / f"{first:020d}{SUFFIX}"

    def _recover(self) -> None:
        """Take what is sound and without a gap from the oldest file on; remove the rest."""
        found = sorted(int(path.stem) for path in self.folder.glob(f"*{SUFFIX}"))
        sound = True
        for first in found:
            path = self.path(first)
            if not sound or (self.firsts and first != self.last + 1):
                log.warning("removing %s: what comes before it is incomplete", path)
                path.unlink()
                sound = False
                continue
            end, last = self._examine(path, first)
            sound = end == path.stat().st_size
            if last < first:
                path.unlink()
                continue
            if not sound:
                log.warning("cutting %s at %d, after %d", path, end, last)
                os.truncate(path, end)
            self.firsts.append(first)
            self.last = last
            self.bytes += end
            self.size = end
        if self.firsts:
            self.fd = os.open(self.path(self.firsts[-1]), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _examine(self, path: Path, first: int) -> tuple[int, int]:
        """Where a file's sound blocks end, and the last position there."""
        end, last = 0, first - 1
        for stop, block in blocks_in(memoryview(path.read_bytes())):
            if block.first != last + 1:
                break
            end, last = stop, block.last
        return end, last

    def restart(self, position: int) -> None:
        """Forget all files; the next block begins after `position`."""
        self.close()
        for first in self.firsts:
            self.path(first).unlink()
        self.firsts, self.last, self.bytes, self.size = [], position, 0, 0

    def append(self, block: Block) -> None:
        """Write a block.

        Raises:
            OSError: it could not be written; nothing of it is there.
            ValueError: it does not follow the last one.
        """
        if block.first != self.last + 1:
            raise ValueError(f"block {block.first} to {block.last} does not follow {self.last}")
        if self.fd < 0 or self.size >= self.file_bytes:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            fd = os.open(self.path(block.first), flags, 0o600)
            self.close()
            self.fd, self.size = fd, 0
            with self.lock:
                self.firsts.append(block.first)
        header = pack_header(block)
        size = len(header) + len(block.units)
        wrote = os.writev(self.fd, [header, block.units])
        if wrote != size:
            os.ftruncate(self.fd, self.size)
            raise OSError(f"wrote {wrote} of {size} bytes")
        self.size += size
        with self.lock:
            self.bytes += size
        self.last = block.last

    def release(self, position: int) -> list[Path]:
        """Forget the oldest files that hold nothing after `position`, and leave them to be removed.

        The newest stays. Removing takes as long as the disk wants: not for the thread that answers.
        """
        released = []
        while len(self.firsts) > 1 and self.firsts[1] <= position + 1:
            path = self.path(self.firsts[0])
            with self.lock:
                self.bytes -= path.stat().st_size
                del self.firsts[0]
            released.append(path)
        return released

    def covering(self, position: int) -> int:
        """The first position of the file that holds `position`.

        Raises:
            EventsGone: it is older than all files.
        """
        with self.lock:
            if not self.firsts or position < self.firsts[0]:
                raise EventsGone(f"units from {position} are gone; the oldest kept is {self.first}")
            return self.firsts[bisect.bisect_right(self.firsts, position) - 1]

    def close(self) -> None:
        """Give the file back."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class EventReader:
    """One subscriber's way through the files."""

    def __init__(self, files: EventFiles) -> None:
        self.files = files
        self.first = 0
        self.fd = -1
        self.offset = 0

    def read(self, first: int, position: int, until: int) -> Block:
        """Units after `position`, up to `until` at the most, about 1 MiB of them.

        `first` is `EventFiles.covering(position + 1)`: asked beforehand, because this runs in a thread.

        Raises:
            EventsGone: they are not kept any more, or damaged.
        """
        if first != self.first or self.fd < 0:
            self.close()
            try:
                self.fd = os.open(self.files.path(first), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                raise EventsGone(f"units from {position + 1} were removed meanwhile") from None
            self.first, self.offset = first, 0
        size = CHUNK
        while True:
            data = os.pread(self.fd, size, self.offset)
            parts: list[Block] = []
            offset = self.offset
            for stop, block in blocks_in(data, self.offset):
                if block.last > until:
                    break
                offset = stop
                if block.last > position:
                    parts.append(block if block.first > position else after(block, position))
            if parts:
                self.offset = offset
                return Block(parts[0].first, parts[-1].last, b"".join(part.units for part in parts))
            if offset > self.offset:
                self.offset = offset
            elif len(data) < size:
                raise EventsGone(f"{self.files.path(first)} is damaged at {self.offset}; restart the node")
            else:
                size *= 4

    def close(self) -> None:
        """Give the file back."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
