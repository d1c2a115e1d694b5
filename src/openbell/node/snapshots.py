"""Snapshots of the state, written by a forked child while the node goes on."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

from openbell.core import snapshot
from openbell.core.exchange import Exchange

log = logging.getLogger(__name__)

SUFFIX = ".snapshot"
PR_SET_PDEATHSIG = 1
KEEP = 2


class Snapshots:
    """The snapshot files of one folder, named by position."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child = 0  # the process that writes one now
        self.writing = 0  # its position
        self.libc = ctypes.CDLL(None, use_errno=True)
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.tmp"):
            left.unlink()

    def positions(self) -> list[int]:
        """The positions there is a file for, newest first."""
        stems = [path.stem for path in self.folder.glob(f"*{SUFFIX}")]
        return sorted((int(stem) for stem in stems if stem.isdecimal()), reverse=True)

    def path(self, position: int) -> Path:
        """The file of the snapshot at `position`."""
        return self.folder / f"{position:020d}{SUFFIX}"

    def load(self, position: int) -> tuple[Exchange, dict[str, Any]]:
        """The exchange at `position` and what was noted with it; raises as `core.snapshot.load`."""
        return snapshot.load(self.path(position))

    def fork(self, exchange: Exchange, meta: dict[str, Any]) -> None:
        """Start writing the state as it is now, in a child; `poll` tells when it is done."""
        self.writing = exchange.position
        temporary = self.path(self.writing).with_suffix(".tmp")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        parent = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads: the child uses none of their locks
            self.child = os.fork()
        if self.child == 0:
            self._write_and_exit(exchange, meta, fd, parent)
        os.close(fd)

    def _write_and_exit(self, exchange: Exchange, meta: dict[str, Any], fd: int, parent: int) -> None:
        """The child's life."""
        code = 1
        try:
            # Not to outlive a killed parent, whose lock and sockets it would keep open.
            if sys.platform == "linux":
                self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                os.closerange(3, fd)
                os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))
                os.nice(5)
                snapshot.save(exchange, fd, meta)
                os.fsync(fd)
                code = 0
        finally:
            os._exit(code)

    def poll(self) -> int | None:
        """The position of a snapshot that the child has finished; None while there is none.

        A child that failed leaves no file; the next snapshot is a new try.
        """
        if not self.child:
            return None
        pid, status = os.waitpid(self.child, os.WNOHANG)
        if pid == 0:
            return None
        self.child = 0
        temporary = self.path(self.writing).with_suffix(".tmp")
        if status != 0:
            log.error("the snapshot at %d failed (status %d): is the disk full?", self.writing, status)
            temporary.unlink(missing_ok=True)
            return None
        return self._name(temporary)

    def save(self, exchange: Exchange, meta: dict[str, Any]) -> int:
        """Write the state now, in this process; the position."""
        self.abandon()
        self.writing = exchange.position
        temporary = self.path(self.writing).with_suffix(".tmp")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            snapshot.save(exchange, fd, meta)
            os.fsync(fd)
        finally:
            os.close(fd)
        return self._name(temporary)

    def _name(self, temporary: Path) -> int:
        temporary.rename(self.path(self.writing))
        fd = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        return self.writing

    def abandon(self) -> None:
        """End a child that still writes."""
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.path(self.writing).with_suffix(".tmp").unlink(missing_ok=True)
            self.child = 0

    def prune(self, needed: int | None) -> None:
        """Keep the newest two and the newest at or before `needed`, the slowest reader's position."""
        positions = self.positions()
        keep = set(positions[:KEEP])
        if needed is not None:
            keep.update([position for position in positions if position <= needed][:1])
        for position in positions:
            if position not in keep:
                self.path(position).unlink()
