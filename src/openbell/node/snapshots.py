"""Snapshots of the state: found, loaded, written now or by a process of its own while the node goes on."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openbell.core import snapshot
from openbell.core.exchange import Exchange
from openbell.log.disk import sync_data

log = logging.getLogger(__name__)

SUFFIX = ".snapshot"
KEEP = 2
SYNC_PAUSE_S = 0.005
WRITER = (sys.executable, "-m", "openbell.node.snapshotter")


@contextmanager
def synced_as_it_grows(fd: int) -> Iterator[None]:
    """Sync a file while it is written: one sync of all of it would hold up the journal's behind it."""
    done = threading.Event()

    def sync() -> None:
        while not done.wait(SYNC_PAUSE_S):
            sync_data(fd)

    thread = threading.Thread(target=sync, name="snapshot-sync")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class Snapshots:
    """The snapshot files of one folder, named by position."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.remove_unfinished()

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

    @property
    def child(self) -> int:
        """The process that writes a snapshot now, 0 if none does."""
        return self.process.pid if self.process else 0

    def begin(self, journal: Path) -> None:
        """Have a process write what the log in `journal` has led to; `poll` tells when it is done.

        Raises:
            OSError: no process could be made.
        """
        command = [*WRITER, str(journal), str(self.folder), str(os.getpid())]
        # Its own session: Ctrl-C in a terminal is for the node to act on. It ends when the node ends.
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def poll(self) -> int | None:
        """The position of a snapshot that the process has finished; None while there is none.

        One that failed leaves no file; the next snapshot is a new try.
        """
        if self.process is None:
            return None
        status = self.process.poll()
        if status is None:
            return None
        self.process = None
        if status != 0:
            log.error("a snapshot failed (status %d): is the disk full?", status)
            return None
        return max(self.positions(), default=0)

    def save(self, exchange: Exchange, meta: dict[str, Any]) -> int:
        """Write the state now, in this process; the position."""
        path = self.path(exchange.position)
        temporary = path.with_suffix(".tmp")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with synced_as_it_grows(fd):
                snapshot.save(exchange, fd, meta)
            os.fsync(fd)
        finally:
            os.close(fd)
        temporary.rename(path)
        fd = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        return int(exchange.position)

    def abandon(self) -> None:
        """End a process that still writes."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.remove_unfinished()

    def remove_unfinished(self) -> None:
        """Remove what was not finished."""
        for left in self.folder.glob("*.tmp"):
            left.unlink()

    def prune(self, needed: int | None) -> None:
        """Keep the newest two and the newest at or before `needed`, the slowest reader's position."""
        positions = self.positions()
        keep = set(positions[:KEEP])
        if needed is not None:
            keep.update([position for position in positions if position <= needed][:1])
        for position in positions:
            if position not in keep:
                self.path(position).unlink(missing_ok=True)
