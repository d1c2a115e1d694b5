"""Record layouts: fixed-size little-endian structures, defined once and used by every part.

A layout is a list of (field, type). From it come a ctypes structure (arrays over shared bytes),
a `struct.Struct` (fast unpacking in plain Python) and, at build time, the C structure that the
compiled core uses (see `setup.py`), so that no two parts can disagree about a byte.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

# type name -> (ctypes type, struct code, C type, size in bytes)
TYPES: dict[str, tuple[Any, str, str, int]] = {
    "u8": (ctypes.c_uint8, "B", "unsigned char", 1),
    "u16": (ctypes.c_uint16, "H", "unsigned short", 2),
    "u32": (ctypes.c_uint32, "I", "unsigned int", 4),
    "i32": (ctypes.c_int32, "i", "int", 4),
    "u64": (ctypes.c_uint64, "Q", "unsigned long long", 8),
    "i64": (ctypes.c_int64, "q", "long long", 8),
}

LAYOUTS: dict[str, type[Record]] = {}


class Record(ctypes.LittleEndianStructure):
    """One fixed-size record; subclasses are made by `record`."""

    FIELDS: tuple[tuple[str, str], ...]
    STRUCT: struct.Struct
    SIZE: int

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)}" for name, _ in self.FIELDS)
        return f"{type(self).__name__}({values})"


def record(name: str, fields: str) -> type[Record]:
    """Define the layout `name` from lines of "field type"; every field must lie on its own alignment.

    Raises:
        ValueError: a field is misaligned, of an unknown type, or the size is no multiple of 8.
    """
    pairs = tuple((line.split()[0], line.split()[1]) for line in fields.strip().splitlines())
    offset = 0
    for field, kind in pairs:
        if kind not in TYPES:
            raise ValueError(f"{name}.{field}: unknown type {kind}; use one of {', '.join(TYPES)}")
        size = TYPES[kind][3]
        if offset % size:
            raise ValueError(f"{name}.{field}: offset {offset} is not a multiple of {size}; reorder")
        offset += size
    if offset % 8:
        raise ValueError(f"{name}: size {offset} is not a multiple of 8; add reserved fields")
    body = {
        "_fields_": [(field, TYPES[kind][0]) for field, kind in pairs],
        "FIELDS": pairs,
        "STRUCT": struct.Struct("<" + "".join(TYPES[kind][1] for _, kind in pairs)),
        "SIZE": offset,
    }
    made: type[Record] = type(name, (Record,), body)
    if ctypes.sizeof(made) != offset:
        raise ValueError(f"{name}: laid out in {ctypes.sizeof(made)} bytes, expected {offset}")
    LAYOUTS[name] = made
    return made
