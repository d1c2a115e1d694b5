"""Disks that a test holds in its hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from openbell.log.disk import Buffer, RealDisk, RealFile


class HeldFile(RealFile):
    """A real file whose syncs wait until the disk is let go."""

    let_go: threading.Event

    def sync(self) -> None:
        assert self.let_go.wait(30)
        super().sync()


class HeldDisk(RealDisk):
    """The real disk; `let_go.clear()` makes every sync of a segment wait."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.let_go.set()
        self.writes = 0

    def create(self, path: Path, size: int, header: bytes) -> RealFile:
        return self.held(super().create(path, size, header))

    def open(self, path: Path, writable: bool) -> RealFile:
        return self.held(super().open(path, writable))

    def held(self, file: RealFile) -> RealFile:
        disk = self

        class Counted(HeldFile):
            let_go = self.let_go

            def write(self, offset: int, parts: Sequence[Buffer]) -> None:
                super().write(offset, parts)
                disk.writes += 1

        return Counted(file.path, file.fd)
