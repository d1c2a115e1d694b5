"""What can be wrong with a log, each with the place where it is wrong."""

from __future__ import annotations

from pathlib import Path


class LogError(Exception):
    """The log cannot be used as asked."""


class LogCorrupt(LogError):
    """Bytes that were recorded as durable are not what was written; `file` and `offset` say where."""

    def __init__(self, file: Path, offset: int, what: str) -> None:
        super().__init__(f"{file} is damaged at offset {offset}: {what}. Restore this file from a copy")
        self.file = file
        self.offset = offset
        self.what = what


class LogUnknown(LogError):
    """A segment, batch or record has a layout that this build does not know."""


class LogLocked(LogError):
    """Another process owns the journal."""


class LogFull(LogError):
    """No space is reserved for these records."""


class LogFailed(LogError):
    """A write or sync failed; what it was to store is of unknown fate and this journal takes no more."""


class LogGone(LogError):
    """The position asked for is before the oldest segment kept."""
