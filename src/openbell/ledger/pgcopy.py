"""Columns of integers as rows of PostgreSQL's binary COPY format, without an object for each value.

https://www.postgresql.org/docs/18/sql-copy.html: a signature, then each row as the number of its fields and
each field as its length and its bytes, big-endian, then a trailer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, Boolean, Integer, SmallInteger, Text

from openbell.ledger import tables

Column = npt.NDArray[np.int64]
Columns = Mapping[str, Column]

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
TEXT = ""  # a field's form in a layout when its bytes differ in length
BIG, MIDDLE, SMALL, FLAG = ">i8", ">i4", ">i2", "u1"
FORMS = ((SmallInteger, SMALL), (BigInteger, BIG), (Integer, MIDDLE), (Boolean, FLAG), (Text, TEXT))
BOUNDS = {MIDDLE: (-(1 << 31), (1 << 31) - 1), SMALL: (-(1 << 15), (1 << 15) - 1), FLAG: (0, 1)}  # inclusive

# The fields of a row in order: name, and the form of its bytes.
Layout = tuple[tuple[str, str], ...]


@cache
def layout_of(table: str) -> Layout:
    """The fields of a table of `tables`."""
    found = []
    for column in tables.metadata.tables[f"{tables.SCHEMA}.{table}"].columns:
        form = next(form for type_, form in FORMS if isinstance(column.type, type_))
        found.append((column.name, form))
    return tuple(found)


@cache
def _row(layout: Layout, text: int) -> npt.NDArray[Any]:
    """One row of a layout with everything but its values: the lengths, texts being `text` bytes long."""
    parts, sizes = [("fields", SMALL)], {"fields": len(layout)}
    for name, form in layout:
        size = np.dtype(form).itemsize if form else text
        parts.append((f"{name} length", MIDDLE))
        sizes[f"{name} length"] = size
        if size:
            parts.append((name, form or f"V{size}"))
    row = np.zeros(1, dtype=np.dtype(parts))
    for name, size in sizes.items():
        row[name] = size
    return row


def pack(layout: Layout, columns: Columns, texts: Sequence[bytes] = ()) -> bytes:
    """Rows for COPY ... FORMAT binary; b"" of none.

    Args:
        columns: every field's values by name, as many of each, except the text's.
        texts: the values of the one text field, if there is one; the rows are then sorted by their length.

    Raises:
        OverflowError: a value is not of its field's form.
    """
    count = len(next(iter(columns.values())))
    if not count:
        return b""
    for name, form in layout:
        low, high = BOUNDS.get(form, (0, 0))
        if high and not low <= columns[name].min() <= columns[name].max() <= high:
            raise OverflowError(f"a value of {name} is not between {low} and {high}")
    if not texts:
        return b"".join((SIGNATURE, _fill(layout, columns, 0, count).tobytes(), TRAILER))
    sizes = np.fromiter(map(len, texts), np.int64, count)
    made = [SIGNATURE]
    for size in sorted(set(sizes.tolist())):
        chosen = np.flatnonzero(sizes == size)
        rows = _fill(layout, {name: column[chosen] for name, column in columns.items()}, size, len(chosen))
        if size:
            (name,) = (name for name, form in layout if form == TEXT)
            rows[name] = np.frombuffer(b"".join([texts[at] for at in chosen.tolist()]), f"V{size}")
        made.append(rows.tobytes())
    return b"".join((*made, TRAILER))


def _fill(layout: Layout, columns: Columns, text: int, count: int) -> npt.NDArray[Any]:
    rows = np.repeat(_row(layout, text), count)
    for name, form in layout:
        if form:
            rows[name] = columns[name]
    return rows


def pack_rows(layout: Layout, rows: Sequence[Sequence[int]]) -> bytes:
    """As `pack`, of rows of integers in the layout's order."""
    if not rows:
        return b""
    table = np.array(rows, dtype=np.int64)
    return pack(layout, {name: table[:, at] for at, (name, _) in enumerate(layout)})
