"""The months of log time that the ledger's growing tables are partitioned by.

Partitions are made ahead: before a batch is written, those of its months and of the month after. A month's
first command is noted when it comes, so the month of an order is known from its number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from openbell.core import records
from openbell.ledger.projection import UnitLike

SECOND = 1_000_000_000
# The partitioned tables, and what is said of the storage of their partitions.
PARTITIONED = {
    "orders": " WITH (fillfactor = 70)",
    "trades": "",
    "fills": "",
    "entries": "",
    "moves": "",
}
LOCK = "SELECT pg_advisory_xact_lock(hashtext('openbell ledger months'))"
READ = "SELECT starts, ends, name, first_seq FROM ledger.months ORDER BY starts"
NOTE = "UPDATE ledger.months SET first_seq = %s WHERE starts = %s AND first_seq IS NULL"
POSITION_MASK = (1 << records.ID_POSITION_BITS) - 1


@dataclass
class Month:
    """One partition of each table: starts <= log time (ns UTC) < ends.

    Attributes:
        name: ends the partitions' names.
        first_seq: position of the first command in it; None before there is one.
    """

    starts: int
    ends: int
    name: str
    first_seq: int | None


def month_of(ts: int) -> Month:
    """The calendar month (UTC) of a time."""
    moment = datetime.fromtimestamp(ts // SECOND, UTC)
    months = moment.year * 12 + moment.month
    starts = datetime(moment.year, moment.month, 1, tzinfo=UTC)
    ends = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    name = f"y{moment.year:04d}m{moment.month:02d}"
    return Month(int(starts.timestamp()) * SECOND, int(ends.timestamp()) * SECOND, name, None)


def made(table: str, name: str) -> bytes:
    """The statement that makes a partition of `table`, not attached yet."""
    form = f"(LIKE ledger.{table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS){PARTITIONED[table]}"
    return f"CREATE TABLE ledger.{table}_{name} {form}".encode()


def attached(table: str, month: Month) -> bytes:
    """The statement that makes a table the partition of `table` for `month`."""
    whole, span = f"ledger.{table}", f"FROM ({month.starts}) TO ({month.ends})"
    return f"ALTER TABLE {whole} ATTACH PARTITION {whole}_{month.name} FOR VALUES {span}".encode()


class Months:
    """The months that there are partitions of, oldest first, as one writer knows them."""

    def __init__(self) -> None:
        self._months: list[Month] = []

    def forget(self) -> None:
        """Know nothing; the database says it anew."""
        self._months = []

    async def cover(self, connection: AsyncConnection[Any], units: Sequence[UnitLike]) -> list[Month]:
        """Make sure of the partitions for `units`, which come next, and for the month after them.

        Returns:
            The months that the units are in.

        Raises:
            psycopg.OperationalError: PostgreSQL went away.
        """
        entered: list[Month] = []
        for unit in units if self._last_is_over(units[-1].ts) else units[:1]:
            if not entered or unit.ts >= entered[-1].ends:
                month = await self.make(connection, unit.ts)
                if month.first_seq is None:
                    month.first_seq = unit.seq
                entered.append(month)
        return entered

    async def make(self, connection: AsyncConnection[Any], ts: int) -> Month:
        """Make sure of the partitions for the month of `ts` and for the one after it; the month of `ts`.

        Raises:
            psycopg.OperationalError: PostgreSQL went away.
        """
        month = self._find(ts) or await self._make(connection, ts)
        if self._find(month.ends) is None:
            await self._make(connection, month.ends)
        return self._find(ts) or month  # making one has read them all anew

    def span(self, order: int) -> tuple[int, int]:
        """The start and end of the month that an order was entered in, from its number."""
        position = order >> records.ID_INDEX_BITS & POSITION_MASK
        begun = [month for month in self._months if month.first_seq is not None]
        place = bisect_right(begun, position, key=lambda month: month.first_seq or 0)
        month = begun[max(0, place - 1)]
        return month.starts, month.ends

    def _last_is_over(self, ts: int) -> bool:
        """Whether a unit at `ts` may be the first of a month, or the first that this writer sees."""
        begun = [month for month in self._months if month.first_seq is not None]
        return not begun or ts >= begun[-1].ends

    def _find(self, ts: int) -> Month | None:
        for month in reversed(self._months):
            if month.starts <= ts < month.ends:
                return month
        return None

    async def _make(self, connection: AsyncConnection[Any], ts: int) -> Month:
        """The month of `ts` with its partitions, made if the database does not have them."""
        async with connection.transaction():
            await connection.execute(LOCK)
            known = {month.starts: month.first_seq for month in self._months}
            rows = await (await connection.execute(READ)).fetchall()
            self._months = [Month(row[0], row[1], row[2], row[3] or known.get(row[0])) for row in rows]
            found = self._find(ts)
            if found is None:
                found = month_of(ts)
                await self._create(connection, found)
                self._months = sorted([*self._months, found], key=lambda month: month.starts)
        return found

    @staticmethod
    async def _create(connection: AsyncConnection[Any], month: Month) -> None:
        for table in PARTITIONED:
            await connection.execute(made(table, month.name))
            await connection.execute(attached(table, month))
        await connection.execute(
            "INSERT INTO ledger.months (starts, ends, name) VALUES (%s, %s, %s)",
            (month.starts, month.ends, month.name),
        )
