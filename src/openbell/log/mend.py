"""Makes a journal's end fit to append to: cuts a torn tail, makes sure of what was never proven durable."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from openbell.log.disk import ZEROS, File
from openbell.log.formats import SEGMENT_START
from openbell.log.scan import Tail
from openbell.log.segment import CHUNK

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cut:
    """A torn tail that was removed when the journal was opened."""

    file: Path
    offset: int
    last: int  # the last sequence kept
    what: str

    def __str__(self) -> str:
        return f"cut a torn tail from {self.file} at offset {self.offset} after {self.last}: {self.what}"


def mend(file: File, tail: Tail) -> Cut | None:
    """Make the segment of `tail` end where its sound batches end, durably; tell what was cut."""
    cut = None
    if tail.torn:
        cut = Cut(file.path, tail.offset, tail.last, tail.torn)
        log.warning("%s", cut)
    wipe(file, tail.offset)
    # These bytes may be in the page cache only, and a sync that failed before may have left them marked
    # as written: write them again, so that this sync is about them.
    for offset in range(tail.proven, tail.offset, CHUNK):
        file.write(offset, [file.read(offset, min(CHUNK, tail.offset - offset))])
    file.sync()
    return cut


def wipe(file: File, offset: int) -> None:
    """Zero what is not zero from `offset` on, so that nothing cut can ever be read again."""
    while offset < file.size:
        size = min(CHUNK, file.size - offset)
        data = file.read(offset, size)
        if data.count(0) != len(data):
            file.write(offset, [ZEROS[:size]])
        offset += size


def empty(file: File) -> None:
    """Make a later segment hold nothing, durably."""
    wipe(file, SEGMENT_START)
    file.sync()
