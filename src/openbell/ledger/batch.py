"""A batch of units as the rows that are written of it: by row, or by column when there are many units."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from openbell.ledger import equity
from openbell.ledger.balances import Accounts, Holdings
from openbell.ledger.columns import Events
from openbell.ledger.months import PARTITIONED, Month
from openbell.ledger.order_columns import Orders
from openbell.ledger.pgcopy import BIG, SMALL, layout_of, pack, pack_rows
from openbell.ledger.projection import CHANGED, O_CLIENT_ID, Projection, UnitLike
from openbell.ledger.settlement import Settlement

# Text that COPY reads as itself.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Units applied before whatever else waits in this process, a batch being written for one, has its turn.
UNITS_AT_ONCE = 50
# The temporary table of changes: CHANGED of an order, and the month that it was entered in.
CHANGES = (
    ("order_id", BIG),
    *((name, SMALL if name in ("status", "reason") else BIG) for name in CHANGED),
    ("starts", BIG),
    ("ends", BIG),
)

Span = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class Copy:
    """Rows for one COPY into `table`, in its text or its binary format."""

    table: str
    rows: bytes
    binary: bool


@dataclass
class Rows:
    """What a batch writes beside the position.

    Attributes:
        copies: rows that are appended.
        changes: rows of CHANGES, `changed` of them.
        suspensions: instrument and status.
        day: position of the last day roll.
    """

    copies: list[Copy]
    changes: Copy
    changed: int
    suspensions: list[tuple[int, int]]
    day: int


def place(table: str, months: Sequence[Month]) -> str:
    """Where rows of these months go: straight to the partition if it is one."""
    one = table in PARTITIONED and len(months) == 1
    return f"ledger.{table}_{months[0].name}" if one else f"ledger.{table}"


def text(table: str, rows: Iterable[Sequence[int | str]]) -> Copy:
    """Rows, of ints and escaped text in the table's column order, as COPY's text format."""
    listed = list(rows)
    if not listed:
        return Copy(table, b"", False)
    line = "\t".join(["%s"] * len(listed[0])) + "\n"
    return Copy(table, "".join([line % tuple(row) for row in listed]).encode(), False)


def balances(table: str, rows: Sequence[Sequence[int]], source: str) -> Copy:
    """Rows of a table of integers for the temporary table `source`."""
    return Copy(source, pack_rows(layout_of(table), rows), True)


async def by_row(
    units: Sequence[UnitLike],
    accounts: Accounts,
    holdings: Holdings,
    day: int,
    months: Sequence[Month],
    span: Span,
) -> Rows:
    """The rows of units whose balances are `accounts` and `holdings`, which change; event after event.

    Args:
        day: position of the last day roll.
        months: that the units are in.
        span: the month that an order was entered in, by its number.

    Raises:
        CannotApply: an event contradicts the ledger.
    """
    projection = Projection(accounts, holdings, day)
    for start in range(0, len(units), UNITS_AT_ONCE):
        for unit in units[start : start + UNITS_AT_ONCE]:
            projection.apply(unit)
        await asyncio.sleep(0)
    for row in projection.orders.values():
        row[O_CLIENT_ID] = str(row[O_CLIENT_ID]).translate(ESCAPES)
    for listed in projection.instruments.values():
        listed[-1] = str(listed[-1]).translate(ESCAPES)
    made: dict[str, Iterable[Sequence[int | str]]] = {
        "instruments": projection.instruments.values(),
        "orders": projection.orders.values(),
        "trades": projection.trades,
        "fills": projection.fills,
        "entries": projection.balances.entries,
        "moves": projection.balances.moves,
        "closes": projection.closes,
        "days": projection.days,
    }
    return Rows(
        [text(place(table, months), rows) for table, rows in made.items()],
        text("changes", [[*row, *span(row[0])] for row in projection.changes.values()]),
        len(projection.changes),
        list(projection.suspensions.values()),
        projection.balances.day,
    )


def by_column(
    events: Events, accounts: Accounts, holdings: Holdings, day: int, months: Sequence[Month], span: Span
) -> Rows:
    """As `by_row`, of units that did not roll the day.

    Raises:
        CannotApply: an event contradicts the ledger, or is one that only `by_row` can tell whether it does.
    """
    orders = Orders(events)
    settled = Settlement(events, accounts, holdings, day)
    single = settled.single
    for listed in single.instruments.values():
        listed[-1] = str(listed[-1]).translate(ESCAPES)
    packed = {
        "orders": pack(layout_of("orders"), orders.entered, orders.client_ids),
        "trades": settled.trade_rows(),
        "fills": settled.fill_rows(),
        "entries": settled.entry_rows(),
        "moves": pack_rows(layout_of("moves"), single.balances.moves),
    }
    changed = orders.changed
    spans = [span(order) for order in changed["order_id"].tolist()]
    bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return Rows(
        [
            text("ledger.instruments", single.instruments.values()),
            *(Copy(place(table, months), rows, True) for table, rows in packed.items()),
        ],
        Copy("changes", pack(CHANGES, changed | {"starts": bounds[:, 0], "ends": bounds[:, 1]}), True),
        len(spans),
        list(single.suspensions.values()),
        day,
    )


@dataclass
class Prepared:
    """A batch ready to be written: what `LedgerStore.prepare` made of units."""

    first: int
    last: int
    rows: Rows
    accounts: Copy
    holdings: Copy
    roll: equity.Roll | None  # of the batch that is a day roll alone
    months: list[Month]  # that its units are in
