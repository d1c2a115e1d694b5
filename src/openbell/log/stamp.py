"""The journal's inner loops: stamp records with sequence, time, term and CRC; check stored ones."""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.records import COMMAND_LENGTH_MAX, LAYOUT_VERSION, Header
    from openbell.core.types import i64, u32, u64
    from openbell.log.crc import of_record


def stamp(buf: Any, start: i64, stop: i64, seq: u64, ts: i64, term: u32) -> u64:
    """Write seq, ts, term and crc into each record of `buf[start:stop]`; return the sequence after them.

    Raises:
        ValueError: a record's length is not one that a command can have, or reaches past `stop`.
    """
    at = start
    while at < stop:
        if stop - at < 96:
            raise ValueError(f"{stop - at} bytes at {at} are too few for a record")
        if cython.compiled:
            head = cython.cast(cython.pointer(Header), cython.address(buf[at]))
        else:
            head = Header.from_buffer(buf, at)
        length = head.length
        if length < 96 or length > COMMAND_LENGTH_MAX or length > stop - at:
            raise ValueError(f"record at {at} has length {length}; {stop - at} bytes are left")
        head.seq = seq
        head.ts = ts
        head.term = term
        head.crc = of_record(buf, at, length)
        at += length
        seq += 1
    return seq


def check(buf: Any, start: i64, stop: i64, seq: u64) -> tuple[int, int]:
    """How far the records in `buf[start:stop]` are sound: (offset, next sequence).

    Sound: a possible length, the layout of this build, sequence `seq` and on, and the CRC it says.
    The offset is `stop` if all are, else that of the first that is not.
    """
    at = start
    with cython.nogil:
        while at < stop:
            if stop - at < 96:
                break
            if cython.compiled:
                head = cython.cast(cython.pointer(cython.const[Header]), cython.address(buf[at]))
            else:
                head = Header.from_buffer_copy(buf, at)
            length = head.length
            if length < 96 or length > COMMAND_LENGTH_MAX or length > stop - at:
                break
            if head.seq != seq or head.layout != LAYOUT_VERSION or head.crc != of_record(buf, at, length):
                break
            at += length
            seq += 1
    return at, seq
