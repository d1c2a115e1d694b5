"""The archive: where files of ticks go when they are old. A folder, or an object store by URL.

Importing this module imports pyarrow.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs

from openbell.market.ticks.files import TickFile, tick_file
from openbell.market.ticks.parquet import sync_folder

COPY_BYTES = 1 << 20


class ArchiveError(ValueError):
    """The archive's URL cannot be used; the message says why."""


class Archive:
    """Files of ticks in `ticks` below `where`: a folder (a path, or `file:///...`) or an object store
    (`s3://bucket/folder?region=...`, with credentials from the environment as AWS's tools have them).

    Raises:
        ArchiveError: a URL that names no store that is known.
    """

    def __init__(self, where: str | Path) -> None:
        self.filesystem: Any
        if isinstance(where, Path) or "://" not in where:
            self.filesystem, root = fs.LocalFileSystem(), str(Path(where).resolve())
        else:
            try:
                self.filesystem, root = fs.FileSystem.from_uri(where)
            except (pa.ArrowInvalid, OSError) as error:
                raise ArchiveError(
                    f"the archive {where!r} cannot be used: {error}; name a folder or s3://bucket/folder"
                ) from None
            if not root.strip("/"):
                raise ArchiveError(f"the archive {where!r} names no folder or bucket")
        self.root = f"{root.rstrip('/')}/ticks"
        self.is_folder = isinstance(self.filesystem, fs.LocalFileSystem)
        self._files: dict[str, TickFile] | None = None

    def path(self, file: TickFile) -> str:
        """Where a file is, for `filesystem`."""
        return f"{self.root}/{file.name}"

    def files(self) -> list[TickFile]:
        """All files, in order; asked of the store once, then known.

        Raises:
            OSError: the store cannot be reached.
        """
        if self._files is None:
            chosen = fs.FileSelector(self.root, allow_not_found=True, recursive=True)
            found = {}
            for info in self.filesystem.get_file_info(chosen):
                file = tick_file(info.path.removeprefix(self.root).lstrip("/"), info.size or 0)
                if file is not None:
                    found[file.name] = file
            self._files = found
        return sorted(self._files.values())

    def put(self, file: TickFile, source: Path) -> None:
        """Bring a file in, whole: when this returns it can be removed where it was.

        Raises:
            OSError: the store did not take it.
        """
        known = {one.name for one in self.files()}
        if self.is_folder:
            self._put_in_folder(file, source)
        else:
            with source.open("rb") as data, self.filesystem.open_output_stream(self.path(file)) as out:
                shutil.copyfileobj(data, out, COPY_BYTES)
        kept = self.filesystem.get_file_info(self.path(file)).size
        if kept != file.size:
            raise OSError(f"{self.path(file)} has {kept} bytes in the archive and {file.size} here")
        if self._files is not None and file.name not in known:
            self._files[file.name] = file

    def _put_in_folder(self, file: TickFile, source: Path) -> None:
        path = Path(self.path(file))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        with source.open("rb") as data, unfinished.open("wb") as out:
            shutil.copyfileobj(data, out, COPY_BYTES)
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(path)
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            sync_folder(folder)

    def remove(self, file: TickFile) -> None:
        """Forget a file.

        Raises:
            OSError: the store did not remove it.
        """
        self.filesystem.delete_file(self.path(file))
        if self._files is not None:
            self._files.pop(file.name, None)
