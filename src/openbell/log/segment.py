"""One file of the journal: its header, and the batches that can be found in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from openbell.log.crc import crc32c
from openbell.log.disk import Disk, File, Source
from openbell.log.errors import LogCorrupt, LogUnknown
from openbell.log.formats import (
    BATCH_LAYOUT,
    BATCH_MAGIC_BYTES,
    HEAD,
    SEGMENT_LAYOUT,
    SEGMENT_MAGIC,
    SEGMENT_START,
    Batch,
    SegmentHeader,
    pack_segment_header,
    parse_batch_head,
)

SUFFIX = ".log"
CHUNK = 1 << 20


def segment_path(folder: Path, number: int) -> Path:
    """Where segment `number` lies."""
    return folder / f"{number:010d}{SUFFIX}"


def segment_numbers(disk: Disk, folder: Path) -> list[int]:
    """The numbers of the segments in `folder`, ascending.

    Raises:
        LogCorrupt: one in between is missing.
    """
    stems = [name.removesuffix(SUFFIX) for name in disk.names(folder) if name.endswith(SUFFIX)]
    numbers = sorted(int(stem) for stem in stems if stem.isdecimal())
    for before, after in itertools.pairwise(numbers):
        if after != before + 1:
            raise LogCorrupt(segment_path(folder, before + 1), 0, "the file is missing")
    return numbers


def create_segment(disk: Disk, folder: Path, number: int, size: int) -> File:
    """A new segment with nothing in it, durable. Raises OSError where there is no space."""
    return disk.create(segment_path(folder, number), size, pack_segment_header(number, size))


def open_segment(disk: Disk, folder: Path, number: int, writable: bool = False) -> File:
    """Segment `number`, its header checked.

    Raises:
        LogUnknown: a layout of another build.
        LogCorrupt: not a segment's header, or another segment's.
    """
    file = disk.open(segment_path(folder, number), writable)
    try:
        check_segment_header(file, number)
    except BaseException:
        file.close()
        raise
    return file


def check_segment_header(file: Source, number: int) -> None:
    """Raises as `open_segment`."""
    data = file.read(0, SegmentHeader.SIZE)
    if len(data) < SegmentHeader.SIZE:
        raise LogCorrupt(file.path, 0, f"{len(data)} bytes are too few for a segment's header")
    magic, layout, crc, said, size = SegmentHeader.STRUCT.unpack(data)
    if crc32c(SegmentHeader.STRUCT.pack(magic, layout, 0, said, size)) != crc or magic != SEGMENT_MAGIC:
        raise LogCorrupt(file.path, 0, "the segment's header fails its check")
    if layout != SEGMENT_LAYOUT:
        raise LogUnknown(f"{file.path} has segment layout {layout}; this build knows {SEGMENT_LAYOUT}")
    if said != number or size != file.size:
        raise LogCorrupt(
            file.path, 0, f"the header is of segment {said} with {size} bytes; this file has {file.size}"
        )


def read_head(file: Source, offset: int) -> Batch | None:
    """The batch whose sound header is at `offset`, or None.

    Raises:
        LogUnknown: the header is sound but of another build's layout.
    """
    batch = parse_batch_head(file.read(offset, HEAD), 0, offset)
    if batch is None:
        return None
    if batch.layout != BATCH_LAYOUT:
        raise LogUnknown(
            f"{file.path} has batch layout {batch.layout} at offset {offset}; this build knows {BATCH_LAYOUT}"
        )
    if batch.length < HEAD or batch.end > file.size or batch.last < batch.first:
        return None
    return batch


def first_batch(file: Source) -> Batch | None:
    """The first batch of a segment; None if it holds none yet."""
    return read_head(file, SEGMENT_START)


def heads(file: Source) -> Iterator[Batch]:
    """The batch headers of a segment, one after the other; the records are not looked at."""
    batch = first_batch(file)
    while batch is not None:
        yield batch
        batch = read_head(file, batch.end)


def later_heads(file: Source, offset: int) -> Iterator[Batch]:
    """Every sound batch header at or after `offset`, wherever it lies: what a tear may have left."""
    overlap = len(BATCH_MAGIC_BYTES) - 1
    while offset < file.size:
        data = file.read(offset, CHUNK + overlap)
        at = data.find(BATCH_MAGIC_BYTES)
        while at >= 0:
            batch = read_head(file, offset + at)
            if batch is not None:
                yield batch
            at = data.find(BATCH_MAGIC_BYTES, at + 1)
        offset += CHUNK


def all_zero(file: Source, offset: int) -> bool:
    """Whether nothing was ever written at or after `offset`."""
    while offset < file.size:
        data = file.read(offset, CHUNK)
        if data.count(0) != len(data):
            return False
        offset += len(data)
    return True
