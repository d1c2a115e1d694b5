"""Frames between the node and its clients; docs/node-protocol.md has the tables."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

VERSION = 1

HELLO = 1
COMMAND = 2
QUERY = 3
SUBSCRIBE = 4
ACK = 5
WELCOME = 65
ANSWER = 66
RESULT = 67
UNITS = 68
ERROR = 69

# length of what follows this field, kind, flags, zero, correlation
FRAME = struct.Struct("<IBBHQ")
LENGTH_SIZE = 4
REST = FRAME.size - LENGTH_SIZE  # a frame's length without payload
INBOUND_MAX = 1 << 20  # the longest frame a client may send, header included
OUTBOUND_MAX = 1 << 30  # one command can have many events; a longer frame is garbage

POSITION = struct.Struct("<Q")
UNIT = struct.Struct("<II")  # length of what follows this field, number of events
UNIT_LENGTH_EXTRA = UNIT.size - LENGTH_SIZE
SEQ_TS = struct.Struct("<Qq")
EVENT_SIZE = 128
SEQ_AT = 16  # where a command record has seq and ts

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder().decode


class Unit(NamedTuple):
    """One command of the log with all its events: `events` is their records, 128 bytes each."""

    seq: int
    ts: int
    command: bytes
    events: bytes


def frame(kind: int, correlation: int, payload: bytes | bytearray = b"") -> bytes:
    """A frame's bytes."""
    return FRAME.pack(REST + len(payload), kind, 0, 0, correlation) + payload


def message(kind: int, correlation: int, value: Any) -> bytes:
    """A frame whose payload is `value` in msgpack."""
    return frame(kind, correlation, encode(value))


def units_in(payload: bytes | bytearray, after: int = 0) -> list[Unit]:
    """The units in a payload, without those up to position `after`.

    Raises:
        ValueError: the bytes are not whole units.
    """
    return [unit for unit in _units(payload) if unit.seq > after]


def _units(payload: bytes | bytearray) -> Iterator[Unit]:
    at, end = 0, len(payload)
    while at < end:
        length, count = UNIT.unpack_from(payload, at)
        start, stop = at + UNIT.size, at + LENGTH_SIZE + length
        split = stop - count * EVENT_SIZE
        if stop > end or split < start + SEQ_AT + SEQ_TS.size:
            raise ValueError(f"a unit of {length} bytes with {count} events at {at} of {end}")
        seq, ts = SEQ_TS.unpack_from(payload, start + SEQ_AT)
        yield Unit(seq, ts, bytes(payload[start:split]), bytes(payload[split:stop]))
        at = stop
