"""Objects by name, in a folder or an object store by URL: what archives are made of.

Importing this module imports pyarrow.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import fs

from openbell.ops.durable import UNFINISHED, sync_folder

COPY_BYTES = 1 << 20


class ArchiveError(ValueError):
    """The archive's URL cannot be used; the message says why."""


class Blobs:
    """The objects in `folder` below `where`: a folder (a path, or `file:///...`) or an object store
    (`s3://bucket/folder?region=...`, with credentials from the environment as AWS's tools have them).

    An object is there whole or not at all, and durable when `put` returns.

    Args:
        private: files in a folder are for their owner alone (0600).

    Raises:
        ArchiveError: a URL that names no store that is known.

    Attributes:
        root: the path of `folder` for `filesystem`.
    """

    def __init__(self, where: str | Path, folder: str, private: bool = False) -> None:
        self.mode = 0o600 if private else 0o666  # less what the umask takes
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
        self.base = root.rstrip("/")
        self.root = f"{self.base}/{folder}"
        self.is_folder = isinstance(self.filesystem, fs.LocalFileSystem)

    def path(self, name: str) -> str:
        """Where an object is, for `filesystem`."""
        return f"{self.root}/{name}"

    def sizes(self, below: str = "") -> dict[str, int]:
        """Bytes of every object by its name; only of those below the folder `below`, if it is given.

        Raises:
            OSError: the store cannot be reached.
        """
        start = f"{self.root}/{below}".rstrip("/")
        chosen = fs.FileSelector(start, allow_not_found=True, recursive=True)
        return {
            info.path.removeprefix(self.root).lstrip("/"): info.size or 0
            for info in self.filesystem.get_file_info(chosen)
            if info.type == fs.FileType.File and not info.path.endswith(UNFINISHED)
        }

    def folders(self) -> list[str]:
        """The names of the folders that hold objects, ascending; raises as `sizes`."""
        found = self.filesystem.get_file_info(fs.FileSelector(self.root, allow_not_found=True))
        return sorted(info.base_name for info in found if info.type == fs.FileType.Directory)

    def put(self, name: str, source: BinaryIO, size: int) -> None:
        """Store the `size` bytes of `source` as `name`.

        Raises:
            OSError: the store did not take it, or has another number of bytes of it.
        """
        if self.is_folder:
            self._put_in_folder(name, source)
        else:
            with self.filesystem.open_output_stream(self.path(name), compression=None) as out:
                shutil.copyfileobj(source, out, COPY_BYTES)
        kept = self.filesystem.get_file_info(self.path(name)).size
        if kept != size:
            raise OSError(f"{self.path(name)} has {kept} bytes in the archive and {size} here")

    def put_bytes(self, name: str, data: bytes) -> None:
        """Store `data` as `name`; raises as `put`."""
        self.put(name, io.BytesIO(data), len(data))

    def get(self, name: str) -> bytes:
        """All bytes of an object.

        Raises:
            FileNotFoundError: there is none of that name.
            OSError: the store cannot be reached.
        """
        with self.filesystem.open_input_stream(self.path(name), compression=None) as source:
            return bytes(source.read())

    def remove(self, name: str) -> None:
        """Forget an object.

        Raises:
            OSError: the store did not remove it.
        """
        self.filesystem.delete_file(self.path(name))

    def _put_in_folder(self, name: str, source: BinaryIO) -> None:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(UNFINISHED)
        fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, self.mode)
        with os.fdopen(fd, "wb") as out:
            shutil.copyfileobj(source, out, COPY_BYTES)
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(path)
        for folder in path.parents:
            sync_folder(folder)
            if folder == Path(self.base):
                break
