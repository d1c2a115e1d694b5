"""The store of ticks: the newest in memory, the rest in Parquet files, each tick in exactly one place.

One writer a folder, held by a lock. `add` and `seal` belong to the thread that brings the ticks, `flush` and
`upkeep` to one that may wait for the disk. What was not flushed is lost with the process: its source has it
still, because the store's position says how far it is.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from openbell.market.calendar import DAY
from openbell.market.ticks import parquet
from openbell.market.ticks.batch import Ticks, join
from openbell.market.ticks.buffer import Buffer
from openbell.market.ticks.checkpoint import Checkpoint, StoreError, load, save
from openbell.market.ticks.files import GROUPS, TickFile, date_of, found_in, standing
from openbell.ops.durable import UNFINISHED, sync_folder

CHECKPOINT = "checkpoint"
LOCK_LOOK_S = 0.05


class Sealed(NamedTuple):
    """Ticks that are to be written next, and what the checkpoint then says."""

    ticks: Ticks
    position: int
    symbols: list[str]
    state: bytes


class TickStore:
    """The store in `folder`, made if it is not there.

    Args:
        source: names the log (or feed) whose ticks these are.
        wait_s: how long to wait for another process that writes it just now.

    Raises:
        StoreError: the folder holds the ticks of another source, or no store, or another process writes it.

    Attributes:
        position: every tick up to this log position is in files, durably.
        state: what the writer gave with it.
        symbols: by instrument number; whoever brings ticks appends to it.
    """

    def __init__(self, folder: Path, source: str, wait_s: float = 0.0) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder / "lock", wait_s)
        try:
            kept = load(folder / CHECKPOINT)
            if kept is None:
                if found_in(folder):
                    raise StoreError(f"{folder} has ticks and no checkpoint; move them away, or restore it")
                kept = Checkpoint(source=source)
                save(kept, folder / CHECKPOINT)
            if kept.source != source:
                raise StoreError(
                    f"{folder} holds the ticks of {kept.source[:12]}, not of {source[:12]}: use another one"
                )
        except BaseException:
            self.close()
            raise
        self.source = source
        self.position = kept.position
        self.state = kept.state
        self.symbols = kept.symbols
        self._hot, self._sealed = Buffer(), Buffer()
        self._seen = self.position  # the newest position that was added
        self._recover()

    def close(self) -> None:
        """Let another process write the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _recover(self) -> None:
        """Remove what a process that died left: unfinished files, those of a flush that was not committed,
        and those that were merged."""
        for path in self.folder.rglob(f"*{UNFINISHED}"):
            path.unlink()
        files = found_in(self.folder)
        kept = set(standing(one for one in files if one.last <= self.position))
        for file in files:
            if file not in kept:
                (self.folder / file.name).unlink()

    # -- hot ---------------------------------------------------------------------------------------

    def add(self, ticks: Ticks, position: int) -> None:
        """Copy a batch: with it everything up to `position` was given, ticks or none."""
        self._hot.add(ticks)
        self._seen = max(self._seen, position)

    def seal(self, state: bytes) -> Sealed:
        """What was added since the last seal, to be flushed, again and again until the disk takes it. Only
        then the next is sealed.

        Args:
            state: what the writer needs to go on after the last position added.
        """
        assert not len(self._sealed), "what was sealed before is not flushed"
        self._sealed, self._hot = self._hot, self._sealed
        return Sealed(self._sealed.ticks(), self._seen, list(self.symbols), state)

    @property
    def hot_rows(self) -> int:
        """How many ticks are only in memory."""
        return len(self._sealed) + len(self._hot)

    def hot(self) -> Ticks:
        """A copy of the ticks that may be in no file yet; those up to `position` are in files already."""
        return join([self._sealed.ticks(), self._hot.ticks()])

    # -- warm --------------------------------------------------------------------------------------

    def flush(self, sealed: Sealed) -> int:
        """Write what was sealed, and commit: `position` is the sealed one then. How many rows it wrote.

        Raises:
            OSError: the disk did not take it; nothing was committed, and it can be tried again.
        """
        if len(sealed.ticks):
            self._write(sealed)
        checkpoint = Checkpoint(
            source=self.source, position=sealed.position, symbols=sealed.symbols, state=sealed.state
        )
        save(checkpoint, self.folder / CHECKPOINT)
        self.position, self.state = sealed.position, sealed.state
        self._sealed.clear()
        return len(sealed.ticks)

    def _write(self, sealed: Sealed) -> None:
        ticks = sealed.ticks
        place = places(sealed.symbols)
        days = ticks.time // DAY
        folders = set()
        for day in np.unique(days).tolist():
            of_day = ticks if days[0] == days[-1] == day else ticks.take(days == day)
            key = place[of_day.instrument]
            order = np.argsort(key, kind="stable")
            groups = of_day.instrument[order] % GROUPS
            bounds = np.searchsorted(groups, np.arange(GROUPS + 1))
            for group in range(GROUPS):
                rows = order[bounds[group] : bounds[group + 1]]
                if len(rows):
                    file = TickFile(date_of(day), group, self.position + 1, sealed.position, 0)
                    path = self.folder / file.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    parquet.write(parquet.table(of_day.take(rows), sealed.symbols), path)
                    folders |= {path.parent, path.parent.parent}
        for folder in (*folders, self.folder):
            sync_folder(folder)

    def files(self) -> list[TickFile]:
        """The committed files on this disk, in order."""
        position = self.position
        return standing(one for one in found_in(self.folder) if one.last <= position)


def places(symbols: Sequence[str]) -> npt.NDArray[np.uint16] | npt.NDArray[np.uint32]:
    """Each instrument's place in the order of files: by group, then by symbol."""
    order = sorted(range(len(symbols)), key=lambda number: (number % GROUPS, symbols[number]))
    place = np.empty(len(symbols), np.uint32)
    place[order] = np.arange(len(symbols), dtype=np.uint32)
    return place.astype(np.uint16) if len(symbols) <= 1 << 16 else place  # 16 bits sort by counting


def _locked(path: Path, wait_s: float) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(LOCK_LOOK_S)
                continue
            os.close(fd)
            raise StoreError(
                f"another process writes the ticks in {path.parent}; there can be only one"
            ) from None
