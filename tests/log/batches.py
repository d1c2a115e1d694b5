"""Batches of real command records for the log's tests."""

from __future__ import annotations

import random

from openbell.core import codes, records
from openbell.log.stamp import stamp


def command(number: int, blob: bytes = b"") -> bytearray:
    """A DEPOSIT whose amount is `number`, so that a record can be recognised."""
    return records.pack(
        codes.C_DEPOSIT, bytes(records.Amount(amount=number)), blob, account=4, key_low=number
    )


def batch(first: int, count: int, chance: random.Random | None = None) -> bytes:
    """`count` stamped records from sequence `first`, of different lengths if `chance` is given."""
    made = bytearray()
    for seq in range(first, first + count):
        made += command(seq, chance.randbytes(chance.randint(0, 500)) if chance else b"")
    stamp(made, 0, len(made), first, 1_000_000 * first, 1)
    return bytes(made)


def split(data: bytes) -> list[bytes]:
    """The records in `data`."""
    made = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "little")
        made.append(data[at : at + length])
        at += length
    return made


def sequences(data: bytes) -> list[int]:
    """The sequences of the records in `data`."""
    return [records.Header.from_buffer_copy(record).seq for record in split(data)]
