"""Layouts of what waits for a stop price: heaps of orders in the books, terms beside tickets."""

from __future__ import annotations

from typing import Any

from openbell.core.layout import Record, record

# BookOrder flags: a stop that was not elected, linked into no level; its trail is in basis points.
B_WAITS = 64
B_PERCENT = 128

# A knot of a heap (heap.py), under the slot of its order: lowest key first, then lowest stamp. `rank` is the
# shortest way down to a missing knot.
Knot = record(
    "Knot",
    """
    key i64
    stamp i64
    left u32
    right u32
    up u32
    rank u32
    """,
)

# One side of an instrument's stops: the root of those ordered by stop price, and of marks (stops.py).
StopSide = record("StopSide", "stops u32\nmarks u32")

# What a ticket of a stop has besides, under the ticket's slot: the stop price its owner was told last, and
# of a trailing one its trail (flags: amount or percent) and the mark that it began with.
StopTerms = record(
    "StopTerms",
    """
    stop_price i64
    trail i64
    mark i64
    flags u64
    """,
)


def arrays(genesis: Any, tickets: int) -> list[tuple[str, type[Record], int]]:
    """The arrays of these layouts: name, layout, number of records."""
    return [
        ("stop_sides", StopSide, genesis.instruments * 2),
        ("stop_knots", Knot, genesis.orders),
        ("mark_knots", Knot, genesis.orders),
        ("trail_knots", Knot, genesis.orders),
        ("stop_terms", StopTerms, tickets),
    ]
