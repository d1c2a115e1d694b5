"""A batch of ticks in columns: the one form in which ticks come in, are counted and are kept.

Raw units: time ns UTC, price 1/10,000 USD, quantity 1/100,000,000 share. All columns have the same length, a
row is a tick, and rows are in the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

# Kinds of ticks. A best bid or offer of price 0 and quantity 0: there is none any more.
TRADE = 1
BID = 2
ASK = 3
BUST = 4  # the trade of this number was taken back
KIND_NAMES = {TRADE: "trade", BID: "bid", ASK: "ask", BUST: "bust"}

# Flags of a trade.
ELIGIBLE = 1  # it moves the last price and candle prices
BOUGHT = 2  # the taker bought
SOLD = 4  # the taker sold; neither: it is not known

# A row as other programs send it: 48 bytes, little-endian.
WIRE = np.dtype(
    [
        ("kind", "<u1"),
        ("flags", "<u1"),
        ("zero", "<u2"),
        ("instrument", "<i4"),
        ("time", "<i8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("position", "<i8"),
        ("trade", "<i8"),
    ]
)


@dataclass(frozen=True, slots=True)
class Ticks:
    """A batch. `position` is the log position (or the feed's sequence) that made the tick, `trade` the number
    of the trade in trades and busts, 0 in others."""

    kind: Bytes
    flags: Bytes
    instrument: Numbers
    time: Ints
    price: Ints
    quantity: Ints
    position: Ints
    trade: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, which: slice | npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Ticks:
        """The rows `which`: a slice (no copy), row numbers, or a mask."""
        return Ticks(*(getattr(self, name)[which] for name in COLUMNS))


COLUMNS = tuple(field.name for field in fields(Ticks))
TYPES: dict[str, Any] = {"kind": np.uint8, "flags": np.uint8, "instrument": np.int32}


def empty() -> Ticks:
    """A batch of no rows."""
    return of_rows([])


def of_rows(rows: Sequence[tuple[int, ...]]) -> Ticks:
    """A batch of rows (kind, flags, instrument, time, price, quantity, position, trade)."""
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(COLUMNS))
    return Ticks(
        *(table[:, at].astype(TYPES.get(name, np.int64), order="C") for at, name in enumerate(COLUMNS))
    )


def of_wire(data: bytes | bytearray | memoryview) -> Ticks:
    """A batch of WIRE rows.

    Raises:
        ValueError: the bytes are not a whole number of rows.
    """
    if len(data) % WIRE.itemsize:
        raise ValueError(
            f"{len(data)} bytes of ticks are {len(data) // WIRE.itemsize} rows of {WIRE.itemsize} bytes and"
            f" {len(data) % WIRE.itemsize} bytes more; send whole rows"
        )
    rows = np.frombuffer(data, WIRE)
    return Ticks(*(np.ascontiguousarray(rows[name], dtype=TYPES.get(name, np.int64)) for name in COLUMNS))


def to_wire(ticks: Ticks) -> bytes:
    """The rows as other programs send them."""
    rows = np.zeros(len(ticks), WIRE)
    for name in COLUMNS:
        rows[name] = getattr(ticks, name)
    return rows.tobytes()


def join(batches: Iterable[Ticks]) -> Ticks:
    """Batches one after the other, as one."""
    parts = list(batches)
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return empty()
    return Ticks(*(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS))
