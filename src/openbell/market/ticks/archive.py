"""The archive of ticks: where files of ticks go when they are old. A folder, or an object store by URL.

Importing this module imports pyarrow.
"""

from __future__ import annotations

from pathlib import Path

from openbell.market.ticks.files import TickFile, tick_file
from openbell.ops.blobs import Blobs


class Archive:
    """Files of ticks in `folder` below `where`, which is as `Blobs` says; raises as it does."""

    def __init__(self, where: str | Path, folder: str = "ticks") -> None:
        self.blobs = Blobs(where, folder)
        self.filesystem = self.blobs.filesystem
        self.root = self.blobs.root
        self._files: dict[str, TickFile] | None = None

    def path(self, file: TickFile) -> str:
        """Where a file is, for `filesystem`."""
        return self.blobs.path(file.name)

    def files(self) -> list[TickFile]:
        """All files, in order; asked of the store once, then known.

        Raises:
            OSError: the store cannot be reached.
        """
        if self._files is None:
            made = (tick_file(name, size) for name, size in self.blobs.sizes().items())
            self._files = {file.name: file for file in made if file is not None}
        return sorted(self._files.values())

    def put(self, file: TickFile, source: Path) -> None:
        """Bring a file in, whole: when this returns it can be removed where it was.

        Raises:
            OSError: the store did not take it.
        """
        self.files()
        with source.open("rb") as data:
            self.blobs.put(file.name, data, file.size)
        if self._files is not None:
            self._files[file.name] = file

    def remove(self, file: TickFile) -> None:
        """Forget a file.

        Raises:
            OSError: the store did not remove it.
        """
        self.blobs.remove(file.name)
        if self._files is not None:
            self._files.pop(file.name, None)
