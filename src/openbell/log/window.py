"""Reads a file through one large piece at a time: small reads that go forward cost no system call."""

from __future__ import annotations

from openbell.log.disk import Source

SIZE = 1 << 20


class Window:
    """The piece of `file` last read. What it holds may be older than the file: `forget` after a change."""

    def __init__(self, file: Source) -> None:
        self.file = file
        self.path = file.path
        self.size = file.size
        self.forget()

    def forget(self) -> None:
        """Read from the file again, whatever is asked next."""
        self.start = 0
        self.data = b""

    def read(self, offset: int, length: int) -> bytes:
        """As `File.read`."""
        at = offset - self.start
        if at < 0 or at + length > len(self.data):
            self.data = self.file.read(offset, max(SIZE, length))
            self.start, at = offset, 0
        return self.data[at : at + length]
