"""The ledger's writing side: one batch of units, its rows and the new position, in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from openbell.core import codes
from openbell.ledger import equity, tables
from openbell.ledger.balances import CLEARING, ERRORS, FEES, Accounts, CannotApply, Holdings
from openbell.ledger.batch import Copy, Prepared, balances, by_column, by_row, text
from openbell.ledger.columns import Events
from openbell.ledger.months import NOTE, Months
from openbell.ledger.projection import CHANGED, KEEP, KEPT, UnitLike, touched

# Plans of a writer that always reaches rows by key: a table's statistics must not talk it out of its index.
PLANS = """
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET application_name = 'openbell ledger'
"""
SESSION = f"""
{PLANS};
SET synchronous_commit = off;
CREATE TEMP TABLE changes (order_id bigint, price bigint, quantity bigint, filled bigint, leaves bigint,
    notional bigint, seq bigint, updated_ts bigint, status smallint, reason smallint, stop_price bigint,
    trail bigint, display bigint, starts bigint, ends bigint) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE new_accounts (LIKE ledger.accounts) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE new_holdings (LIKE ledger.holdings) ON COMMIT DELETE ROWS
"""
APPLY_CHANGES = f"""
UPDATE ledger.orders o SET
    {", ".join(f"{name} = CASE WHEN c.{name} = {KEEP} THEN o.{name} ELSE c.{name} END" for name in KEPT)},
    {", ".join(f"{column} = c.{column}" for column in CHANGED if column not in KEPT)}
FROM changes c WHERE o.order_id = c.order_id AND o.created_ts >= c.starts AND o.created_ts < c.ends
"""
LOAD_HOLDINGS = """
SELECT h.* FROM unnest(%s::bigint[], %s::bigint[]) AS k (account, instrument)
JOIN ledger.holdings h ON h.account = k.account AND h.instrument = k.instrument
"""
# From so many units on, a batch's rows are made by column; below, the arrays cost more than they spare.
BY_COLUMN_FROM = 200


class PositionMoved(Exception):
    """Another ledger advanced the position meanwhile: nothing of this batch was written."""


def _columns(table: str) -> str:
    return ", ".join(column.name for column in tables.metadata.tables[f"{tables.SCHEMA}.{table}"].columns)


def _upsert(table: str, source: str, keys: Sequence[str]) -> str:
    """The statement that merges a staging table into `table` by its keys."""
    columns = [column.name for column in tables.metadata.tables[f"{tables.SCHEMA}.{table}"].columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return (
        f"INSERT INTO ledger.{table} SELECT * FROM {source} "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


UPSERT_ACCOUNTS = _upsert("accounts", "new_accounts", ["account"])
UPSERT_HOLDINGS = _upsert("holdings", "new_holdings", ["account", "instrument"])


def genesis_mark(genesis: bytes) -> str:
    """What tells one exchange's log from another's: the digest of its first command."""
    return hashlib.sha256(genesis).hexdigest()


def check_order(position: int, units: Sequence[UnitLike]) -> None:
    """Raise CannotApply unless `units` follow `position` without a gap."""
    expected = position + 1
    for unit in units:
        if unit.seq != expected:
            raise CannotApply(f"the stream goes on with command {unit.seq} where {expected} was due")
        expected += 1


def own_accounts(ts: int) -> list[list[int]]:
    """The accounts that the exchange itself has from genesis, at `ts`, on."""
    kinds = ((CLEARING, codes.KIND_CLEARING), (FEES, codes.KIND_FEES), (ERRORS, codes.KIND_ERROR))
    return [[number, 0, 0, 0, ts, 1, kind, codes.AC_OPEN, 0, 0, 0] for number, kind in kinds]


class LedgerStore:
    """The ledger's tables, for one writer. While a batch is written, the next may be prepared.

    It remembers the balances that it has prepared, so it must see every batch in order. What it remembers is
    true for as long as the position's compare-and-set succeeds: nobody else wrote meanwhile.
    """

    def __init__(self, connection: AsyncConnection[Any], reading: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.reading = reading
        self.accounts: Accounts = {}
        self.holdings: Holdings = {}
        self.known_accounts: set[int] = set()
        self.known_holdings: set[tuple[int, int]] = set()
        self.months = Months()
        self.day: int | None = None  # position of the last roll prepared; None: as the database says

    @classmethod
    async def connect(cls, database_url: str) -> LedgerStore:
        """Connect and prepare the session.

        Raises:
            psycopg.OperationalError: PostgreSQL cannot be reached.
        """
        async with AsyncExitStack() as opened:
            pair = []
            for settings in (SESSION, PLANS):
                one = await AsyncConnection.connect(database_url, autocommit=True, connect_timeout=5)
                opened.push_async_callback(one.close)
                await one.execute(settings.encode())
                pair.append(one)
            opened.pop_all()
            return cls(*pair)

    async def close(self) -> None:
        await self.connection.close()
        await self.reading.close()

    async def adopt(self, genesis: bytes, ts: int) -> int:
        """Make this database the ledger of the exchange that began with `genesis` at `ts`.

        The first call books what genesis itself creates: the exchange's own accounts, at position 1. It makes
        the partitions of that month and of the next.

        Returns:
            The position: the log position of the last command applied.

        Raises:
            CannotApply: the database is the ledger of another exchange.
        """
        mark = genesis_mark(genesis)
        async with self.connection.transaction():
            cursor = await self.connection.execute("SELECT position, genesis FROM ledger.reader FOR UPDATE")
            row = await cursor.fetchone()
            if row is None:
                raise CannotApply("ledger.reader has no row; restore it or recreate the schema ledger")
            position, known = row
            if known and known != mark:
                raise CannotApply(
                    f"the database holds the ledger of the exchange {known[:12]}, the node runs {mark[:12]}; "
                    "use another database or data folder"
                )
            if known:
                return int(position)
            await self.connection.execute("UPDATE ledger.reader SET genesis = %s, position = 1", (mark,))
            await self.copy(self.connection.cursor(), text("ledger.accounts", own_accounts(ts)))
        await self.months.make(self.reading, ts)
        return 1

    async def apply(self, position: int, units: Sequence[UnitLike], synchronous: bool = False) -> int:
        """Prepare and write `units`, a day roll by itself; see there. Returns the new position."""
        for part in equity.parts(units):
            position = await self.write(position, await self.prepare(position, part), synchronous)
        return position

    async def prepare(self, position: int, units: Sequence[UnitLike]) -> Prepared:
        """What `units`, which follow `position`, do to what the batches prepared before them left.

        A unit that rolled the day comes alone (`equity.parts`).

        Raises:
            CannotApply: an event contradicts the ledger, or units are missing.
            psycopg.OperationalError: PostgreSQL went away.
        """
        check_order(position, units)
        assert len(units) == 1 or not any(equity.has_roll(unit) for unit in units)
        roll = equity.has_roll(units[0])
        few = roll or len(units) < BY_COLUMN_FROM
        try:
            events = None if few else await asyncio.to_thread(Events, units)
            numbers, pairs = touched(units) if events is None else events.touched()
            months = await self.months.cover(self.reading, units)
            day = await self.load(numbers, pairs)
            accounts, holdings = self.accounts, self.holdings
            state = accounts, holdings, day, months, self.months.span
            # In a thread, because numpy lets others run meanwhile: above all the writing of the batch before.
            rows = await (
                by_row(units, *state) if events is None else asyncio.to_thread(by_column, events, *state)
            )
            self.day = rows.day
            return Prepared(
                first=units[0].seq,
                last=units[-1].seq,
                rows=rows,
                accounts=balances("accounts", [accounts[number] for number in numbers], "new_accounts"),
                holdings=balances("holdings", [holdings[pair] for pair in pairs], "new_holdings"),
                roll=equity.roll_of(units[0], day) if roll else None,
                months=months,
            )
        except BaseException:
            self.forget()
            raise

    async def write(self, position: int, batch: Prepared, synchronous: bool = False) -> int:
        """Write a batch, and advance the position from `position` to the batch's last command.

        Args:
            synchronous: return only when the transaction, and all before it, are on disk.

        Returns:
            The new position.

        Raises:
            CannotApply: an order that it changes is not in the ledger; nothing was written.
            PositionMoved: the position is no longer `position`; nothing was written.
            psycopg.OperationalError: PostgreSQL went away; whether the batch was written, its position says.
        """
        try:
            async with self.connection.transaction(), self.connection.cursor() as cursor:
                if synchronous:
                    await cursor.execute("SET LOCAL synchronous_commit = on")
                await cursor.execute(
                    "UPDATE ledger.reader SET position = %s, stopped = '', stopped_seq = 0 "
                    "WHERE position = %s",
                    (batch.last, position),
                )
                if cursor.rowcount != 1:
                    raise PositionMoved(f"the ledger is no longer at {position}")
                await self._write_rows(cursor, batch)
        except BaseException:
            self.forget()
            raise
        return batch.last

    async def _write_rows(self, cursor: AsyncCursor[Any], batch: Prepared) -> None:
        for month in batch.months:
            if month.first_seq is not None and month.first_seq >= batch.first:
                await cursor.execute(NOTE, (month.first_seq, month.starts))
        for copy in batch.rows.copies:
            await self.copy(cursor, copy)
        if batch.roll is not None:
            await equity.write(cursor, batch.roll)
        if batch.rows.changed:
            await self.copy(cursor, batch.rows.changes)
            await cursor.execute(APPLY_CHANGES)
            if cursor.rowcount != batch.rows.changed:
                raise CannotApply(
                    f"{batch.rows.changed - cursor.rowcount} of {batch.rows.changed} changed orders "
                    f"are not in the ledger, in commands {batch.first} to {batch.last}"
                )
        if batch.accounts.rows:
            await self.copy(cursor, batch.accounts)
            await cursor.execute(UPSERT_ACCOUNTS)
        if batch.holdings.rows:
            await self.copy(cursor, batch.holdings)
            await cursor.execute(UPSERT_HOLDINGS)
        for number, status in batch.rows.suspensions:
            await cursor.execute(
                "UPDATE ledger.instruments SET status = %s WHERE instrument = %s", (status, number)
            )

    async def load(self, numbers: set[int], pairs: set[tuple[int, int]]) -> int:
        """Remember the balances with these keys, as far as they exist; the last roll's position."""
        missing = numbers - self.known_accounts
        if missing:
            query = "SELECT * FROM ledger.accounts WHERE account = ANY(%s)"
            async for row in await self.reading.execute(query, (list(missing),)):
                self.accounts[row[0]] = list(row)
            self.known_accounts |= missing
        absent = pairs - self.known_holdings
        if absent:
            of_accounts, of_instruments = zip(*absent, strict=True)
            async for row in await self.reading.execute(
                LOAD_HOLDINGS, (list(of_accounts), list(of_instruments))
            ):
                self.holdings[row[0], row[1]] = list(row)
            self.known_holdings |= absent
        if self.day is None:
            cursor = await self.reading.execute("SELECT coalesce(max(seq), 0) FROM ledger.days")
            row = await cursor.fetchone()
            self.day = int(row[0]) if row else 0
        return self.day

    def forget(self) -> None:
        """Remember no balances; what was prepared and not written is void."""
        self.accounts, self.holdings = {}, {}
        self.known_accounts, self.known_holdings = set(), set()
        self.day = None
        self.months.forget()

    @property
    def remembered(self) -> int:
        """How many balances it remembers. `forget` keeps that small, while nothing prepared waits."""
        return len(self.known_accounts) + len(self.known_holdings)

    @staticmethod
    async def copy(cursor: AsyncCursor[Any], rows: Copy) -> None:
        """Append rows to their table."""
        if rows.rows:
            form = " (FORMAT binary)" if rows.binary else ""
            async with cursor.copy(f"COPY {rows.table} FROM STDIN{form}".encode()) as copy:
                await copy.write(rows.rows)

    async def position(self) -> int:
        """The position that the database has now."""
        cursor = await self.reading.execute("SELECT position FROM ledger.reader")
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def mark_stopped(self, seq: int, reason: str) -> None:
        """Say in the database that the ledger stopped before command `seq`, and why."""
        await self.connection.execute(
            "UPDATE ledger.reader SET stopped = %s, stopped_seq = %s WHERE position = %s",
            (reason[:1000].replace("\0", ""), seq, seq - 1),
        )
