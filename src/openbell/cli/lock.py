"""The lock on a data folder: one `openbell up` at a time, and a second one says who is there."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Self


class FolderInUse(RuntimeError):
    """Another process holds the data folder; the message says which and what to do."""


class FolderLock:
    """`with FolderLock(folder, what): ...` holds the folder until the end, or until the process dies."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        self.what = what
        self.path = folder / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise FolderInUse(
                f"the data folder {self.folder} is in use by {self._holder()}:"
                " stop that one, or choose another folder with --data-dir"
            ) from None
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime())
        text = json.dumps({"pid": os.getpid(), "what": self.what, "since": since})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _holder(self) -> str:
        try:
            found = json.loads(self.path.read_text())
            return f"process {found['pid']} ({found['what']}, since {found['since']})"
        except (OSError, ValueError, KeyError, TypeError):  # it is just writing its name
            return "another process"
