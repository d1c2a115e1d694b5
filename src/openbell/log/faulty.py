"""A disk that fails as real ones do, from a seed: power cuts that lose and tear unsynced bytes, failing
syncs, flipped bits, no space.

It keeps its files in memory, each twice: as a running process sees it (the page cache) and as the plates
hold it. After `cut_power`, any subset of the pieces written since a file's last finished sync is there.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openbell.log.disk import MARK, MARK_MASK, Buffer, mark_value


class PowerCut(Exception):
    """The machine went off in the middle of an operation; nothing works until `cut_power` was called."""


@dataclass
class Plate:
    """One file: what a process reads, what survives, and the writes between the two."""

    seen: bytearray
    kept: bytearray
    pending: list[tuple[int, bytes]] = field(default_factory=list)


class FaultyDisk:
    """A `Disk` in memory. Set `cut_after`, `fail_sync_after` or `capacity` to make it fail.

    Args:
        seed: decides everything that is left to chance.
        capacity: bytes that all files together may have.
    """

    def __init__(self, seed: int, capacity: int = 1 << 40) -> None:
        self.random = random.Random(seed)
        self.capacity = capacity
        self.plates: dict[Path, Plate] = {}
        self.marks: dict[Path, list[bytes]] = {}
        self.locked: set[Path] = set()
        self.operations = 0
        self.cut_after = -1  # the number of the operation that the power goes off in; -1: never
        self.fail_sync_after = -1  # syncs fail from this operation on
        self.dead = False

    def make_folder(self, folder: Path) -> None:
        """Folders need no making here."""

    def create(self, path: Path, size: int, header: bytes) -> FaultyFile:
        if self.step():
            self.plates[path.with_suffix(".tmp")] = Plate(bytearray(size // 2), bytearray(size // 2))
            raise PowerCut(f"while creating {path.name}")
        if sum(len(plate.seen) for plate in list(self.plates.values())) + size > self.capacity:
            raise OSError(errno.ENOSPC, "no space left on device", str(path))
        data = header + bytes(size - len(header))
        self.plates[path] = Plate(bytearray(data), bytearray(data))
        return FaultyFile(self, path)

    def open(self, path: Path, writable: bool) -> FaultyFile:
        if path not in self.plates:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return FaultyFile(self, path)

    def names(self, folder: Path) -> list[str]:
        there = list(self.plates)  # in one step: the journal may make a file meanwhile
        return sorted(path.name for path in there if path.parent == folder)

    def remove(self, path: Path) -> None:
        if self.step():
            raise PowerCut(f"while removing {path.name}")
        del self.plates[path]

    def mark(self, path: Path, writable: bool) -> FaultyMark:
        if path not in self.marks:
            if not writable:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            self.marks[path] = [bytes(16)]
        return FaultyMark(self.marks[path])

    def lock(self, path: Path) -> int:
        if path in self.locked:
            raise BlockingIOError(errno.EAGAIN, "held by process 0", str(path))
        self.locked.add(path)
        return 0

    def unlock(self, handle: int) -> None:
        self.locked.clear()

    def step(self) -> bool:
        """Count an operation; whether the power goes off in it."""
        if self.dead:
            raise PowerCut("the power is off")
        self.operations += 1
        if self.operations == self.cut_after:
            self.dead = True
        return self.dead

    def kill_process(self) -> None:
        """End the process that used the disk, and only it: what it wrote stays to be seen, unsynced."""
        self.restart()

    def cut_power(self) -> None:
        """Switch the machine off and on: of what was not synced, chance decides."""
        for plate in self.plates.values():
            for offset, data in plate.pending:
                self.land(plate, offset, data)
            plate.pending.clear()
            plate.seen[:] = plate.kept
        for history in self.marks.values():
            kept = self.random.choice(history)
            if self.random.random() < 0.2:
                kept = kept[:8] + self.random.choice(history)[8:]
            history[:] = [kept]
        self.restart()

    def restart(self) -> None:
        """Forget locks and planned faults."""
        self.locked.clear()
        self.dead = False
        self.cut_after = self.fail_sync_after = -1

    def land(self, plate: Plate, offset: int, data: bytes) -> None:
        """Put a random subset of an unsynced write's pieces onto the plate, some with a flipped bit."""
        fate = self.random.random()
        if fate < 0.25:
            return
        at = 0
        while at < len(data):
            step = 512 if fate < 0.6 else self.random.randint(1, 4096)
            piece = bytearray(data[at : at + step])
            if fate > 0.9 and self.random.random() < 0.3:
                piece[self.random.randrange(len(piece))] ^= 1 << self.random.randrange(8)
            if fate > 0.8 or self.random.random() < 0.5:
                plate.kept[offset + at : offset + at + len(piece)] = piece
            at += step

    def flip_bit(self, path: Path, offset: int) -> None:
        """Damage one bit of what is stored."""
        bit = 1 << self.random.randrange(8)
        plate = self.plates[path]
        plate.kept[offset] ^= bit
        plate.seen[offset] ^= bit


class FaultyFile:
    """An open file of a `FaultyDisk`."""

    def __init__(self, disk: FaultyDisk, path: Path) -> None:
        self.disk = disk
        self.path = path
        self.plate = disk.plates[path]
        self.size = len(self.plate.seen)

    def write(self, offset: int, parts: Sequence[Buffer]) -> None:
        data = b"".join(parts)
        if offset + len(data) > self.size:
            raise OSError(errno.EFBIG, f"{offset + len(data)} is past {self.size}", str(self.path))
        torn = self.disk.step()
        if torn:
            data = data[: self.disk.random.randint(0, len(data))]
        self.plate.seen[offset : offset + len(data)] = data
        self.plate.pending.append((offset, data))
        if torn:
            raise PowerCut(f"while writing {self.path.name}")

    def sync(self) -> None:
        if self.disk.step():
            raise PowerCut(f"while syncing {self.path.name}")
        if 0 <= self.disk.fail_sync_after <= self.disk.operations:
            # As Linux does: the error is told once and the pages count as clean, whatever became of them.
            for offset, data in self.plate.pending:
                self.disk.land(self.plate, offset, data)
            self.plate.pending.clear()
            raise OSError(errno.EIO, "input/output error", str(self.path))
        for offset, data in self.plate.pending:
            self.plate.kept[offset : offset + len(data)] = data
        self.plate.pending.clear()

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.plate.seen[offset : offset + length])

    def close(self) -> None:
        """Nothing is held."""


class FaultyMark:
    """A mark whose stores are never synced: any of them may be what a power cut leaves."""

    def __init__(self, history: list[bytes]) -> None:
        self.history = history

    def store(self, value: int) -> None:
        self.history.append(MARK.pack(value, value ^ MARK_MASK))

    def load(self) -> int:
        return mark_value(self.history[-1])

    def close(self) -> None:
        """Nothing is held."""
