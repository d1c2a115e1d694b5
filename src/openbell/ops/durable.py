"""Files that are there whole after a crash."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".tmp"  # the end of a name that nobody reads yet


def replace(path: Path, data: bytes) -> None:
    """Give `path` the content `data`; after a crash it has that or what it had before.

    Raises:
        OSError: it cannot be written; what it had before is there.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a folder's entries durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
