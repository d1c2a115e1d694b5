"""Layouts of order groups: the ring of a group's legs beside tickets and in the book, and turns."""

from __future__ import annotations

from typing import Any

from openbell.core.layout import Record, record

F_LEG = 1 << 17  # the ticket's alone: it is a leg of a group
B_GROUPED = 32  # BookOrder flags, where F_NOTIONAL never comes: it is a leg of a group
GROUPS_SHARE = 16  # one group for so many orders that there is room for
LEGS_MAX = 3
LEGS_AT = 64  # words of the desk from which the legs of the command lie side by side
TEXT_AT = 96
TEXT_WORDS = 6
QUEUED = 1  # its turn comes in this cascade
LATE = 2  # it had its turn in this cascade: the next one comes after the next message

# A leg beside its ticket: `next` is the ticket of the group's next leg that works, round and round. `cash`
# and `shares` are what the whole group holds, the same in all its legs; `fee` is the part of the leg's own
# reserve that is for its fee.
TicketLeg = record(
    "TicketLeg",
    """
    next u32
    role u8
    kind u8
    reserved u16
    cash i64
    shares i64
    fee i64
    """,
)

# A leg beside its order in the book. `begun`: a child whose parent has filled something. `asked` is a stop's
# stop price or trail, `round` the cascade in which it had a turn last. What a child does not work for yet is
# the `rest` of its BookExtra.
BookLeg = record(
    "BookLeg",
    """
    next u32
    role u8
    queued u8
    begun u8
    reserved u8
    asked i64
    round i64
    """,
)

Turn = record("Turn", "before u32\nafter u32")  # neighbours of an order that waits for its turn
LegCount = record("LegCount", "legs u32\nreserved u32")  # of an instrument: orders in its book that are legs
Tour = record("Tour", "number u64")  # the rehearsal that met this leg last


def groups_max(genesis: Any) -> int:
    """How many groups may work at the same time."""
    return max(1, int(genesis.orders) // GROUPS_SHARE)


def arrays(genesis: Any, tickets: int) -> list[tuple[str, type[Record], int]]:
    """The arrays of these layouts: name, layout, number of records."""
    return [
        ("ticket_legs", TicketLeg, tickets),
        ("book_legs", BookLeg, genesis.orders),
        ("turns", Turn, genesis.orders),
        ("leg_counts", LegCount, genesis.instruments),
    ]
