"""Reading the events of a unit: only the fields that market data needs of them."""

from __future__ import annotations

import struct
from typing import Protocol

from openbell.core.layout import TYPES
from openbell.core.records import Event

SIZE = Event.SIZE  # an event's first byte is its type


class UnitLike(Protocol):
    """One command of the log and the records of all its events, as the node's client hands it out."""

    @property
    def seq(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def command(self) -> bytes: ...
    @property
    def events(self) -> bytes: ...


def fields(*names: str) -> struct.Struct:
    """A structure that unpacks just these fields of an event, in the event's own order.

    Raises:
        ValueError: a name that events do not have.
    """
    unknown = set(names) - {name for name, _ in Event.FIELDS}
    if unknown:
        raise ValueError(f"events have no field {sorted(unknown)[0]!r}")
    code = "<"
    for name, kind in Event.FIELDS:
        _, letter, _, size = TYPES[kind]
        code += letter if name in names else f"{size}x"
    return struct.Struct(code)


TRADE = fields("side", "status", "instrument", "price", "quantity", "notional", "trade")
LEVEL = fields("side", "instrument", "price", "quantity", "leaves")
BUST = fields("trade")
CLOSE = fields("instrument", "price")
INSTRUMENT = fields("status", "instrument")
AUCTION = fields("side", "status", "reason", "instrument", "price", "quantity", "leaves", "limit", "observed")
BAND = fields("status", "instrument", "price", "limit", "observed")

ELIGIBLE = 1  # bit of a TRADE's status: it moves last and candle prices
