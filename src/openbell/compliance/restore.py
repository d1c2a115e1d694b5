"""Brings a log back from its archive into an empty data folder, checking every byte of it on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from openbell.compliance.archive import LogArchive, root_name, snapshot_name, snapshot_seal_name
from openbell.compliance.documents import Root, SnapshotSeal, Wrong
from openbell.compliance.register import Register
from openbell.compliance.verify import Read, Report, read_segments
from openbell.log.disk import ZEROS, RealDisk
from openbell.log.formats import MARK, SegmentHeader, pack_segment_header
from openbell.log.segment import segment_path
from openbell.ops.durable import sync_folder

UNFINISHED = ".restoring"


class CannotRestore(Exception):
    """The log cannot be brought back here; the message says what to do."""


class Restored(NamedTuple):
    """The positions that are back; the snapshot brought, 0 without one; and the position that the newest root
    speaks of."""

    first: int
    last: int
    segments: int
    snapshot: int
    signed: int


def restore(
    archive: LogArchive, journal: Path, snapshots: Path, report: Report = lambda _at, _of: None
) -> Restored:
    """Bring back every segment that the archive keeps, and the newest snapshot.

    The folders get their names only when all is there: what a kill leaves is begun anew.

    Raises:
        CannotRestore: a folder is not empty, or there is nothing to bring back.
        Wrong: the first object that is not what it must be.
        OSError: the disk or the archive refused something.
    """
    begun = unfinished(journal).is_dir()  # a restore was killed: the snapshots are its own
    for folder in (journal, snapshots):
        if folder.is_dir() and any(folder.iterdir()) and not (begun and folder == snapshots):
            raise CannotRestore(f"{folder} is not empty: restore into an empty data folder (--data-dir)")
    for folder in (journal, snapshots):
        empty(unfinished(folder))
    removed = Register(archive).removed
    count = len(archive.sealed()) - removed
    before: Read | None = None
    segments = first = 0
    for read in read_segments(archive, removed):
        if read.image is None:
            continue
        if before is not None:
            write(unfinished(journal), before, before.seal.size)
        segments, first, before = segments + 1, first or read.seal.first, read
        report(segments, count)
    if before is None:
        raise CannotRestore("the archive holds no segment of the log: there is nothing to bring back")
    # Nothing may follow in the last one: it is complete in the archive, and what comes is another segment.
    write(unfinished(journal), before, before.seal.length)
    note_durable(unfinished(journal), before.seal.last)
    newest = bring_snapshot(archive, unfinished(snapshots), before.seal.last)
    signed = archive.dates()
    root = archive.document(root_name(signed[-1]), Root)[0] if signed else None
    for folder in (snapshots, journal):  # the log last: without it the folder counts as empty
        sync_folder(unfinished(folder))
        if folder.is_dir():
            empty(folder)
            folder.rmdir()
        unfinished(folder).rename(folder)
        sync_folder(folder.parent)
    return Restored(first, before.seal.last, segments, newest, root.position if root else 0)


def unfinished(folder: Path) -> Path:
    """Where a folder is made."""
    return folder.with_name(folder.name + UNFINISHED)


def empty(folder: Path) -> None:
    """Make `folder`, with nothing in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.iterdir():
        path.unlink()


def write(folder: Path, read: Read, size: int) -> None:
    """Write a segment as a file of `size` bytes, durable but for its name."""
    seal, image = read.seal, read.image
    assert image is not None
    head = pack_segment_header(seal.number, size)
    fd = os.open(segment_path(folder, seal.number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(head)
        file.write(image.data[SegmentHeader.SIZE :])
        while (left := size - file.tell()) > 0:
            file.write(ZEROS[:left])
        file.flush()
        os.fsync(file.fileno())


def note_durable(folder: Path, position: int) -> None:
    """Leave the mark that says how far the log goes: all that was archived was durable."""
    mark = RealDisk().mark(folder / MARK, writable=True)
    mark.store(position)
    mark.close()
    fd = os.open(folder / MARK, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def bring_snapshot(archive: LogArchive, folder: Path, last: int) -> int:
    """Write the newest snapshot that the log up to `last` confirms; its position, 0 without one."""
    positions = [position for position in archive.snapshots() if position <= last]
    if not positions:
        return 0
    position = positions[-1]
    seal, _ = archive.document(snapshot_seal_name(position), SnapshotSeal)
    if seal.position != position:
        raise Wrong(snapshot_seal_name(position), f"it is of the snapshot at {seal.position}")
    data = archive.content(snapshot_name(position), seal)
    fd = os.open(folder / f"{position:020d}.snapshot", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return position
