"""The ledger's writing side: one batch of units, its rows and the new position, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from openbell.core import codes
from openbell.ledger import tables
from openbell.ledger.balances import CLEARING, ERRORS, FEES, Accounts, CannotApply, Holdings
from openbell.ledger.projection import CHANGED, KEEP, Projection, UnitLike, touched

# Plans of a writer that always reaches rows by key: a table's statistics must not talk it out of its index.
SESSION = """
SET synchronous_commit = off;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET application_name = 'openbell ledger';
CREATE TEMP TABLE changes (order_id bigint, price bigint, quantity bigint, filled bigint, leaves bigint,
    notional bigint, seq bigint, updated_ts bigint, status smallint, reason smallint) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE new_accounts (LIKE ledger.accounts) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE new_holdings (LIKE ledger.holdings) ON COMMIT DELETE ROWS
"""
APPLY_CHANGES = f"""
UPDATE ledger.orders o SET
    price = CASE WHEN c.price = {KEEP} THEN o.price ELSE c.price END,
    {", ".join(f"{column} = c.{column}" for column in CHANGED if column != "price")}
FROM changes c WHERE o.order_id = c.order_id
"""
LOAD_HOLDINGS = """
SELECT h.* FROM unnest(%s::bigint[], %s::bigint[]) AS k (account, instrument)
JOIN ledger.holdings h ON h.account = k.account AND h.instrument = k.instrument
"""
# Text that COPY reads as itself.
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


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


def own_accounts(ts: int) -> list[list[int]]:
    """The accounts that the exchange itself has from genesis, at `ts`, on."""
    kinds = ((CLEARING, codes.KIND_CLEARING), (FEES, codes.KIND_FEES), (ERRORS, codes.KIND_ERROR))
    return [[number, 0, 0, 0, ts, 1, kind, codes.AC_OPEN] for number, kind in kinds]


class LedgerStore:
    """A connection to the ledger's tables; one writer, one batch at a time."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection

    @classmethod
    async def connect(cls, database_url: str) -> LedgerStore:
        """Connect and prepare the session.

        Raises:
            psycopg.OperationalError: PostgreSQL cannot be reached.
        """
        connection = await AsyncConnection.connect(database_url, autocommit=True, connect_timeout=5)
        try:
            await connection.execute(SESSION)
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def close(self) -> None:
        await self.connection.close()

    async def adopt(self, genesis: bytes, ts: int) -> int:
        """Make this database the ledger of the exchange that began with `genesis` at `ts`.

        The first call books what genesis itself creates: the exchange's own accounts, at position 1.

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
            await self.copy(self.connection.cursor(), "ledger.accounts", own_accounts(ts))
        return 1

    async def apply(self, position: int, units: Sequence[UnitLike], synchronous: bool = False) -> int:
        """Write what `units` did, and advance the position from `position` to the last unit's.

        Args:
            synchronous: return only when the transaction, and all before it, are on disk.

        Returns:
            The new position.

        Raises:
            CannotApply: an event contradicts the ledger, or units are missing; nothing was written.
            PositionMoved: the position is no longer `position`; nothing was written.
            psycopg.OperationalError: PostgreSQL went away; whether the batch was written, its position says.
        """
        self.check_order(position, units)
        last = units[-1].seq
        async with self.connection.transaction(), self.connection.cursor() as cursor:
            if synchronous:
                await cursor.execute("SET LOCAL synchronous_commit = on")
            await cursor.execute(
                "UPDATE ledger.reader SET position = %s, stopped = '', stopped_seq = 0 WHERE position = %s",
                (last, position),
            )
            if cursor.rowcount != 1:
                raise PositionMoved(f"the ledger is no longer at {position}")
            projection = Projection(*await self.load(cursor, units))
            for unit in units:
                projection.apply(unit)
            await self.write(cursor, projection)
        return last

    @staticmethod
    def check_order(position: int, units: Sequence[UnitLike]) -> None:
        expected = position + 1
        for unit in units:
            if unit.seq != expected:
                raise CannotApply(f"the stream goes on with command {unit.seq} where {expected} was due")
            expected += 1

    async def load(self, cursor: AsyncCursor[Any], units: Iterable[UnitLike]) -> tuple[Accounts, Holdings]:
        """The balances that the units touch, as far as they exist."""
        numbers, pairs = touched(units)
        accounts: Accounts = {}
        holdings: Holdings = {}
        if numbers:
            # Numbers above 2^63 name no account that can exist, and no bigint.
            wanted = [number for number in numbers if not number >> 63]
            await cursor.execute("SELECT * FROM ledger.accounts WHERE account = ANY(%s)", (wanted,))
            async for row in cursor:
                accounts[row[0]] = list(row)
        if pairs:
            of_accounts, of_instruments = zip(*pairs, strict=True)
            await cursor.execute(LOAD_HOLDINGS, (list(of_accounts), list(of_instruments)))
            async for row in cursor:
                holdings[row[0], row[1]] = list(row)
        return accounts, holdings

    async def write(self, cursor: AsyncCursor[Any], rows: Projection) -> None:
        """Write a batch's rows; the transaction is the caller's."""
        for order in rows.orders.values():
            order[-1] = str(order[-1]).translate(ESCAPES)
        for instrument in rows.instruments.values():
            instrument[-1] = str(instrument[-1]).translate(ESCAPES)
        await self.copy(cursor, "ledger.instruments", rows.instruments.values())
        await self.copy(cursor, "ledger.orders", rows.orders.values())
        await self.copy(cursor, "ledger.trades", rows.trades)
        await self.copy(cursor, "ledger.fills", rows.fills)
        await self.copy(cursor, "ledger.entries", rows.balances.entries)
        await self.copy(cursor, "ledger.closes", rows.closes)
        await self.copy(cursor, "ledger.days", rows.days)
        if rows.changes:
            await self.copy(cursor, "changes", rows.changes.values())
            await cursor.execute(APPLY_CHANGES)
            if cursor.rowcount != len(rows.changes):
                raise CannotApply(
                    f"{len(rows.changes) - cursor.rowcount} of {len(rows.changes)} changed orders "
                    f"are not in the ledger, up to command {rows.seq}"
                )
        if rows.balances.accounts:
            await self.copy(cursor, "new_accounts", rows.balances.accounts.values())
            await cursor.execute(UPSERT_ACCOUNTS)
        if rows.balances.holdings:
            await self.copy(cursor, "new_holdings", rows.balances.holdings.values())
            await cursor.execute(UPSERT_HOLDINGS)
        for number, status in rows.suspensions.values():
            await cursor.execute(
                "UPDATE ledger.instruments SET status = %s WHERE instrument = %s", (status, number)
            )

    @staticmethod
    async def copy(cursor: AsyncCursor[Any], table: str, rows: Iterable[Sequence[int | str]]) -> None:
        """Append rows, of ints and escaped text in the table's column order."""
        listed = list(rows)
        if not listed:
            return
        line = "\t".join(["%s"] * len(listed[0])) + "\n"
        text = "".join([line % tuple(row) for row in listed])
        async with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            await copy.write(text)

    async def mark_stopped(self, seq: int, reason: str) -> None:
        """Say in the database that the ledger stopped before command `seq`, and why."""
        await self.connection.execute(
            "UPDATE ledger.reader SET stopped = %s, stopped_seq = %s", (reason[:1000].replace("\0", ""), seq)
        )
