"""The first command of a new log: what the exchange is made of."""

from __future__ import annotations

import json

from openbell.core import codes, records
from openbell.log.stamp import stamp
from openbell.ops.settings import Settings

NAME = "OpenBell"
CALENDAR = "always"
POSITION = 1


def make_genesis(settings: Settings, ts: int) -> bytes:
    """A stamped GENESIS record of `settings`' capacities, at time `ts` (nanoseconds UTC)."""
    body = records.Genesis(rules=records.RULES_VERSION, shard=0, **settings.genesis())
    facts = {"name": NAME, "calendar": settings.calendar or CALENDAR, "seed": settings.seed}
    blob = json.dumps(facts).encode()
    record = records.pack(codes.C_GENESIS, bytes(body), blob)
    stamp(record, 0, len(record), POSITION, ts, 1)
    return bytes(record)
