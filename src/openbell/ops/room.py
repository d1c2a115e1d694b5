"""How much of its cap a data folder takes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

BLOCK = 512  # bytes of `st_blocks`
LOOK_S = 5.0
FREE_PERCENT = 10  # of the cap, that what comes and goes has at least
COMING = 2  # snapshots that must have room in that


def bytes_in(folder: Path) -> int:
    """Bytes that the files below `folder` take on the disk; what disappears meanwhile, or may not be looked
    into, counts as nothing."""
    total, folders = 0, [os.fspath(folder)]
    while folders:
        try:
            entries = os.scandir(folders.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * BLOCK
                except OSError:
                    continue
    return total


def largest_in(folder: Path) -> int:
    """Bytes of the largest file in `folder`, 0 if there is none: of snapshots the next is hardly larger."""
    try:
        with os.scandir(folder) as entries:
            return max((entry.stat().st_size for entry in entries), default=0)
    except FileNotFoundError:  # of the folder, or of a file that just went
        return 0


class Room:
    """The data folder `folder` and the most bytes it may take; 0 for no cap.

    The folder is looked through at most once in LOOK_S seconds, unless `look` is called.
    """

    def __init__(self, folder: Path, bytes_max: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.bytes_max = bytes_max
        self.used = 0
        self._clock = clock
        self._looked_at = -LOOK_S

    def look(self) -> None:
        """Look through the folder now."""
        if self.bytes_max:
            self.used = bytes_in(self.folder)
            self._looked_at = self._clock()

    def over(self, percent: int, snapshot: int = 0) -> int:
        """Bytes above so much of the cap; 0 if there are none, or no cap.

        Where the tenth that stays free is too small for two snapshots of `snapshot` bytes, one that is being
        written and what grows meanwhile, it is so much less.
        """
        if not self.bytes_max:
            return 0
        if self._clock() - self._looked_at >= LOOK_S:
            self.look()
        short = max(0, COMING * snapshot - self.bytes_max * FREE_PERCENT // 100)
        return max(0, self.used - self.bytes_max * percent // 100 + short)

    def require(self, size: int) -> None:
        """Raise OSError (no space) if `size` more bytes are above the cap."""
        if not self.bytes_max:
            return
        self.look()
        if self.used + size > self.bytes_max:
            raise OSError(
                errno.ENOSPC,
                f"the data folder takes {self.used >> 20:,} MiB of its {self.bytes_max >> 20:,}"
                " (OPENBELL_DATA_MIB_MAX); raise it, or archive elsewhere with OPENBELL_ARCHIVE_URL",
                str(self.folder),
            )
