"""The disk under the journal: every byte and every name the journal stores goes through here.

`RealDisk` is the operating system's. `openbell.log.faulty.FaultyDisk` loses, tears and flips what was
not synced; both run the same tests.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview

ZEROS = bytes(1 << 20)
MARK_SIZE = 16
MARK_MASK = 0x5A5A5A5A5A5A5A5A
MARK = struct.Struct("<QQ")


class Source(Protocol):
    """Bytes that can be read."""

    path: Path
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; fewer only at the end of the file."""


class File(Source, Protocol):
    """An open file of fixed size."""

    def write(self, offset: int, parts: Sequence[Buffer]) -> None:
        """Write all of `parts`, one after the other, from `offset`; raises OSError if any byte is not."""

    def sync(self) -> None:
        """Return when everything written before is durable; raises OSError if it is not."""

    def close(self) -> None:
        """Give the handle back."""


class Mark(Protocol):
    """One number beside the journal that other processes can read; it may be lost, never wrong."""

    def store(self, value: int) -> None:
        """Set the number; cheap, not synced."""

    def load(self) -> int:
        """The number, or 0 where there is none that can be trusted."""

    def close(self) -> None:
        """Give the handle back."""


class Disk(Protocol):
    """A place for files."""

    def make_folder(self, folder: Path) -> None:
        """Create `folder` unless it exists."""

    def create(self, path: Path, size: int, header: bytes) -> File:
        """A new durable file: `header`, then zeros up to `size`.

        Raises:
            OSError: there is no space; nothing is named `path` then.
        """

    def open(self, path: Path, writable: bool) -> File:
        """An existing file."""

    def names(self, folder: Path) -> list[str]:
        """Names in `folder`, sorted."""

    def remove(self, path: Path) -> None:
        """Remove a file."""

    def mark(self, path: Path, writable: bool) -> Mark:
        """The mark at `path`; a writable one is created if it is missing."""

    def lock(self, path: Path) -> int:
        """Own `path` alone until `unlock`; raises BlockingIOError with the holder's words in `strerror`."""

    def unlock(self, handle: int) -> None:
        """Give up what `lock` returned."""


def sync_data(fd: int) -> None:
    """fdatasync, or what makes data durable on this system."""
    if sys.platform == "darwin":
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(fd)


class RealFile:
    """A file of the operating system."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd
        self.size = os.fstat(fd).st_size

    def write(self, offset: int, parts: Sequence[Buffer]) -> None:
        size = sum(len(part) for part in parts)
        if os.pwritev(self.fd, parts, offset) == size:
            return
        # A short write is rare (a signal, a full disk); the rest shows which.
        joined = b"".join(parts)
        done = 0
        while done < size:
            wrote = os.pwrite(self.fd, joined[done:], offset + done)
            if wrote == 0:
                raise OSError(errno.EIO, "wrote nothing", str(self.path))
            done += wrote

    def sync(self) -> None:
        sync_data(self.fd)

    def read(self, offset: int, length: int) -> bytes:
        parts = []
        while length > 0:
            part = os.pread(self.fd, length, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        os.close(self.fd)


class RealMark:
    """The mark as a mapped page: storing it is two writes to memory."""

    def __init__(self, fd: int, writable: bool) -> None:
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self.map = mmap.mmap(fd, MARK_SIZE, access=access)

    def store(self, value: int) -> None:
        MARK.pack_into(self.map, 0, value, value ^ MARK_MASK)

    def load(self) -> int:
        for _ in range(100):  # the writer may be between its two stores
            value = mark_value(self.map[:MARK_SIZE])
            if value:
                return value
        return 0

    def close(self) -> None:
        self.map.close()


def mark_value(data: bytes) -> int:
    """The number in a mark's bytes, 0 if its two words do not agree."""
    value, check = MARK.unpack(data)
    return int(value) if value ^ check == MARK_MASK else 0


class RealDisk:
    """The operating system's disk."""

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path, size: int, header: bytes) -> RealFile:
        # Zeros are really written: a sync into merely allocated space also has to record, each time,
        # that the space now holds data (0.14 ms against 0.08 ms a sync here).
        temporary = path.with_suffix(".tmp")
        fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, size)
            file = RealFile(temporary, fd)
            for offset in range(0, size, len(ZEROS)):
                file.write(offset, [ZEROS[: min(len(ZEROS), size - offset)]])
                file.sync()  # in steps, so that the journal's own syncs never wait behind all of it
            file.write(0, [header])
            os.fsync(fd)
            temporary.rename(path)
            self.sync_folder(path.parent)
        except BaseException:
            os.close(fd)
            temporary.unlink(missing_ok=True)
            raise
        return RealFile(path, fd)

    def open(self, path: Path, writable: bool) -> RealFile:
        flags = os.O_RDWR if writable else os.O_RDONLY
        return RealFile(path, os.open(path, flags | os.O_CLOEXEC))

    def names(self, folder: Path) -> list[str]:
        return sorted(entry.name for entry in folder.iterdir())

    def remove(self, path: Path) -> None:
        path.unlink()
        self.sync_folder(path.parent)

    def mark(self, path: Path, writable: bool) -> RealMark:
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size < MARK_SIZE:
                if not writable:
                    raise FileNotFoundError(errno.ENOENT, "the mark is not written yet", str(path))
                os.ftruncate(fd, MARK_SIZE)
            return RealMark(fd, writable)
        finally:
            os.close(fd)

    def lock(self, path: Path) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise BlockingIOError(errno.EAGAIN, f"held by process {holder}", str(path)) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        return fd

    def unlock(self, handle: int) -> None:
        os.close(handle)

    def sync_folder(self, folder: Path) -> None:
        """Make names created, renamed and removed in `folder` durable."""
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
