"""The bytes of a feed over TCP: frames, each with a head of twelve bytes, little-endian.

| bytes | is |
|---|---|
| 4 | `OBTK` |
| 1 | kind |
| 3 | zero |
| 4 | length of what follows |

| kind | from | holds |
|---|---|---|
| 1 SYMBOLS | the feed | names, a line each: the first is instrument 0; more are added to those before |
| 2 TICKS | the feed | rows of 48 bytes: `batch.WIRE`; position is not read, and the trade's number may be 0 |
| 66 TAKEN | here | to each TICKS frame: how many rows were good and how many were set aside, 8 bytes each |
| 69 ERROR | here | a sentence; the connection is closed |
"""

from __future__ import annotations

import struct

MAGIC = b"OBTK"
HEAD = struct.Struct("<4sB3xI")
TAKEN_BODY = struct.Struct("<QQ")
SYMBOLS, TICKS, TAKEN, ERROR = 1, 2, 66, 69
PAYLOAD_MAX = 16 << 20


def frame(kind: int, payload: bytes) -> bytes:
    """One frame."""
    return HEAD.pack(MAGIC, kind, len(payload)) + payload
