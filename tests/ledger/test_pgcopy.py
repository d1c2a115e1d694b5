"""Columns written in COPY's binary format are read back as the same rows."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from openbell.ledger.pgcopy import BIG, FLAG, MIDDLE, SMALL, TEXT, layout_of, pack, pack_rows

LAYOUT = (("a", BIG), ("b", MIDDLE), ("c", SMALL), ("d", TEXT), ("e", FLAG))
ROWS = [
    (-(1 << 63), -(1 << 31), -(1 << 15), "", False),
    ((1 << 63) - 1, (1 << 31) - 1, (1 << 15) - 1, "zwölf\t\\N", True),
    (0, 1, 2, "same size!", True),
    (-1, -1, -1, "", False),
]


def columns(rows: list[tuple[object, ...]]) -> dict[str, np.ndarray]:
    places = {name: at for at, (name, form) in enumerate(LAYOUT) if form != TEXT}
    return {name: np.array([row[at] for row in rows], np.int64) for name, at in places.items()}


def test_rows_come_back_as_they_were(database: str) -> None:
    packed = pack(LAYOUT, columns(ROWS), [row[3].encode() for row in ROWS])
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TEMP TABLE one (a bigint, b integer, c smallint, d text, e boolean)")
        with connection.cursor().copy("COPY one FROM STDIN (FORMAT binary)") as copy:
            copy.write(packed)
        found = connection.execute("SELECT * FROM one").fetchall()
    assert sorted(found) == sorted(ROWS)


@pytest.mark.parametrize(("name", "value"), [("b", 1 << 31), ("c", 1 << 15), ("c", -(1 << 15) - 1), ("e", 2)])
def test_a_value_that_its_column_cannot_hold_is_refused(name: str, value: int) -> None:
    given = columns(ROWS)
    given[name][1] = value
    with pytest.raises(OverflowError, match=f"a value of {name}"):
        pack(LAYOUT, given, [b""] * len(ROWS))


def test_no_rows_are_no_bytes() -> None:
    assert pack(LAYOUT, columns([])) == b""
    assert pack_rows(layout_of("holdings"), []) == b""
