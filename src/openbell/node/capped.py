"""The disk of a data folder that has a cap: no file of the log is made beyond it.

The journal makes the next segment beforehand. Where it cannot, new orders get LOG_FULL and what ends orders
is still taken, as on a disk that is full; and it tries again each second.
"""

from __future__ import annotations

from pathlib import Path

from openbell.log.disk import RealDisk, RealFile
from openbell.ops.room import Room


class CappedDisk(RealDisk):
    """The operating system's disk as far as `room` reaches."""

    def __init__(self, room: Room) -> None:
        self.room = room

    def create(self, path: Path, size: int, header: bytes) -> RealFile:
        self.room.require(size)
        return super().create(path, size, header)
