"""What journal files are made of: a segment's header, then batches of command records.

A batch is a `BatchHeader`, its 32-byte chain value, and its records. The chain value is SHA-256 over the
chain value before it, the header with `crc` zero, and the records; the header's `crc` is CRC-32C over
header (with `crc` zero) and chain value. Each record carries its own CRC-32C (`Header.crc`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from openbell.core.layout import record
from openbell.log.crc import crc32c

SEGMENT_LAYOUT = 1
BATCH_LAYOUT = 1
SEGMENT_MAGIC = int.from_bytes(b"OBSEGMNT", "little")
BATCH_MAGIC = int.from_bytes(b"OBBT", "little")
BATCH_MAGIC_BYTES = b"OBBT"

# The first batch starts on a page of its own, so that no later write touches the header's page.
SEGMENT_START = 4096
LOCK = "lock"  # the file whose lock is the ownership of a journal
MARK = "durable"  # the file that tells other processes the durable position
ARCHIVED = "archived"  # the file that tells the owner up to which position segments are in an archive

CHAIN_SIZE = 32
CHAIN_ZERO = bytes(CHAIN_SIZE)  # before the first batch

SegmentHeader = record(
    "SegmentHeader",
    """
    magic u64
    layout u32
    crc u32
    number u64
    size u64
    """,
)

# `length` counts header, chain value and records. `durable` is the last sequence that was durable when
# the batch was written: damage at or below it is never a torn tail.
BatchHeader = record(
    "BatchHeader",
    """
    magic u32
    crc u32
    length u32
    layout u32
    first u64
    last u64
    durable u64
    """,
)

HEAD = BatchHeader.SIZE + CHAIN_SIZE


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its header tells it; `offset` and `length` in bytes of its segment."""

    offset: int
    length: int
    first: int
    last: int
    durable: int
    layout: int
    chain: bytes
    plain: bytes  # the header with `crc` zero: what the chain value covers

    @property
    def end(self) -> int:
        """The offset after the batch."""
        return self.offset + self.length


def pack_segment_header(number: int, size: int) -> bytes:
    """The header of segment `number` of `size` bytes."""
    head = SegmentHeader.STRUCT.pack(SEGMENT_MAGIC, SEGMENT_LAYOUT, 0, number, size)
    return SegmentHeader.STRUCT.pack(SEGMENT_MAGIC, SEGMENT_LAYOUT, crc32c(head), number, size)


def pack_batch_head(records: bytes | bytearray, first: int, last: int, durable: int, chain: bytes) -> bytes:
    """Header and chain value of a batch of `records`; `chain` is the chain value before it."""
    length = HEAD + len(records)
    plain = BatchHeader.STRUCT.pack(BATCH_MAGIC, 0, length, BATCH_LAYOUT, first, last, durable)
    value = chain_value(chain, plain, records)
    crc = crc32c(plain + value)
    return BatchHeader.STRUCT.pack(BATCH_MAGIC, crc, length, BATCH_LAYOUT, first, last, durable) + value


def chain_value(chain: bytes, plain: bytes, records: bytes | bytearray | memoryview) -> bytes:
    """The chain value of a batch after `chain`; `plain` is its header with `crc` zero."""
    digest = hashlib.sha256(chain + plain)
    digest.update(records)
    return digest.digest()


def parse_batch_head(data: bytes | memoryview, at: int, offset: int) -> Batch | None:
    """The batch whose header starts at `data[at]`, or None if no sound header is there.

    `offset` is where `data[at]` lies in its segment. The records are not looked at.
    """
    if at + HEAD > len(data):
        return None
    magic, crc, length, layout, first, last, durable = BatchHeader.STRUCT.unpack_from(data, at)
    if magic != BATCH_MAGIC:
        return None
    plain = BatchHeader.STRUCT.pack(magic, 0, length, layout, first, last, durable)
    chain = bytes(data[at + BatchHeader.SIZE : at + HEAD])
    if crc32c(plain + chain) != crc:
        return None
    return Batch(offset, length, first, last, durable, layout, chain, plain)
