"""Keeps one empty segment ready before it is needed, so that the hot path never waits for space."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from openbell.log.disk import Disk, File
from openbell.log.errors import LogFull
from openbell.log.segment import create_segment

log = logging.getLogger(__name__)

RETRY_S = 1.0
WAIT_S = 10.0


class Reserve:
    """The next segment of a journal; `number` is the number it has or will get."""

    def __init__(self, disk: Disk, folder: Path, size: int, number: int, file: File | None) -> None:
        self.disk = disk
        self.folder = folder
        self.size = size
        self.number = number
        self.file = file
        self.error: OSError | None = None
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None
        self.closing = False

    def start(self) -> None:
        """Make segments in a thread of its own from now on."""
        self.thread = threading.Thread(target=self.run, name="journal-reserve", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            with self.changed:
                if self.error is not None:
                    self.changed.wait(RETRY_S)
                else:
                    self.changed.wait_for(lambda: self.closing or self.file is None)
                if self.closing:
                    return
            self.make()

    def make(self) -> None:
        """Make the segment unless it is there; failing leaves `error` set."""
        if self.file is not None:
            return
        file, error = None, None
        try:
            file = create_segment(self.disk, self.folder, self.number, self.size)
        except OSError as problem:
            error = problem
            if self.error is None:
                log.error("no space for journal segment %d: %s", self.number, problem)
        with self.changed:
            self.file, self.error = file, error
            self.changed.notify_all()

    def available(self) -> bool:
        """Whether `take` will succeed; waits while the segment is being made."""
        if self.file is None and self.error is None:
            if self.thread is None:
                self.make()
            else:
                with self.changed:
                    self.changed.wait_for(lambda: self.file is not None or self.error is not None, WAIT_S)
        return self.file is not None

    def take(self) -> tuple[int, File]:
        """The segment's number and file; the next one is made from now on.

        Raises:
            LogFull: there is no space for it.
        """
        if not self.available():
            raise LogFull(f"no space for journal segment {self.number} in {self.folder}: {self.error}")
        with self.changed:
            file, number = self.file, self.number
            assert file is not None
            self.file, self.number = None, number + 1
            self.changed.notify_all()
        return number, file

    def close(self) -> None:
        """End the thread; the segment made so far stays on the disk."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        if self.thread is not None:
            self.thread.join()
        if self.file is not None:
            self.file.close()
