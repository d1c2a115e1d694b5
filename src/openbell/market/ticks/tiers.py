"""Where the files of a store are to be read: on this disk, or in an archive.

Importing this module imports pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import fs

from openbell.market.ticks.archive import Archive
from openbell.market.ticks.files import TickFile, found_in, standing

NEWEST = 1 << 62


class Held(NamedTuple):
    """A file, and where to read it."""

    file: TickFile
    filesystem: Any
    path: str

    @property
    def is_local(self) -> bool:
        """Whether it is in a folder, and not in an object store."""
        return isinstance(self.filesystem, fs.LocalFileSystem)


def held(folder: Path, archives: Sequence[Archive] = (), position: int = NEWEST) -> list[Held]:
    """The files that hold each tick up to `position` once, in order.

    Args:
        archives: where files go from `folder`, in the order in which they go there: what moves meanwhile is
            found in the one place or in the other.

    Raises:
        OSError: an archive cannot be reached.
    """
    here, root = fs.LocalFileSystem(), folder.resolve()
    found = {
        file.name: Held(file, here, str(root / file.name))
        for file in found_in(folder)
        if file.last <= position
    }
    for archive in archives:
        for file in archive.files():
            found.setdefault(file.name, Held(file, archive.filesystem, archive.path(file)))
    return [found[file.name] for file in standing(one.file for one in found.values())]
