"""How often one address may open a demo account, counted by all gateways of a machine together."""

from __future__ import annotations

import fcntl
import hashlib
import math
import mmap
import os
import struct
import time
from pathlib import Path

WINDOW_S = 60.0
SLOTS = 4096
# Since when the slot's window runs (Unix seconds), and how many were let through in it.
SLOT = struct.Struct("<dQ")


class Throttle:
    """At most `limit` calls a minute for each name, in a table of fixed size that processes share.

    Two names that fall on one of the 4,096 slots share its count: the table can only be stricter than
    it promises, and never grows.
    """

    def __init__(self, path: Path | str, limit: int) -> None:
        self.limit = limit
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, SLOTS * SLOT.size)
        self._table = mmap.mmap(self._file, SLOTS * SLOT.size)

    def take(self, name: str) -> int:
        """Count one call of `name`: 0 if it may pass, else in how many seconds to come back."""
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        offset = int.from_bytes(digest, "little") % SLOTS * SLOT.size
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            return self._count(offset, time.time())
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _count(self, offset: int, now: float) -> int:
        since: float
        count: int
        since, count = SLOT.unpack_from(self._table, offset)
        if not since <= now < since + WINDOW_S:
            since, count = now, 0
        if count >= self.limit:
            return math.ceil(since + WINDOW_S - now)
        SLOT.pack_into(self._table, offset, since, count + 1)
        return 0

    def close(self) -> None:
        """Let go of the shared table."""
        self._table.close()
        os.close(self._file)
