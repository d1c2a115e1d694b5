"""The writing side of stored candles: a batch, what it takes back, and the reader's new position, in one
transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from openbell.market import corrections
from openbell.market.calendar import HOUR, MINUTE, QUARTER, Calendar
from openbell.market.candles import Batch, Key, Tally, fold

# Losing the last commits in a crash loses position and candles together; the log has them still.
SESSION = "SET synchronous_commit = off; SET application_name = 'openbell market'"
ADVANCE = "UPDATE market.reader SET position = %s WHERE position = %s AND genesis = %s"
FORGET = """
WITH old AS (SELECT {column} AS shown FROM market.reader WHERE genesis = %(genesis)s), {gone}
UPDATE market.reader SET {column} = greatest({column}, %(before)s) WHERE genesis = %(genesis)s
"""
GONE = "{table}_gone AS (DELETE FROM market.{table} WHERE start < (SELECT shown FROM old))"
OLDEST_TRADE = "SELECT ts FROM market.trades ORDER BY trade LIMIT 1"
MERGE = """
INSERT INTO market.{table} AS kept
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                     %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (instrument, start) DO UPDATE SET
    open = coalesce(kept.open, excluded.open),
    high = greatest(kept.high, excluded.high),
    low = least(kept.low, excluded.low),
    close = coalesce(excluded.close, kept.close),
    volume = kept.volume + excluded.volume,
    notional = kept.notional + excluded.notional,
    trades = kept.trades + excluded.trades
"""


class PositionMoved(Exception):
    """Another process advanced the position meanwhile: nothing of this batch was written."""


class ForeignDatabase(Exception):
    """The database holds the candles of another exchange."""


class CandleStore:
    """A connection to the tables of stored candles; one writer, one batch at a time."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._genesis = ""

    @classmethod
    async def connect(cls, database_url: str) -> CandleStore:
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
        """Close the connection."""
        await self._connection.close()

    async def adopt(self, genesis: bytes) -> int:
        """Take the database for the exchange that began with the command `genesis`.

        Returns:
            The log position of the last command whose trades are stored, 0 in a new database.

        Raises:
            ForeignDatabase: it holds the candles of another exchange.
        """
        mark = hashlib.sha256(genesis).hexdigest()
        await self._connection.execute("UPDATE market.reader SET genesis = %s WHERE genesis = ''", (mark,))
        cursor = await self._connection.execute("SELECT position, genesis FROM market.reader")
        row = await cursor.fetchone()
        if row is None or row[1] != mark:
            found = row[1][:12] if row else "nothing"
            raise ForeignDatabase(
                f"the database holds the candles of the exchange {found}, the node runs {mark[:12]}; "
                "use another database or data folder"
            )
        self._genesis = mark
        return int(row[0])

    async def apply(self, position: int, batch: Batch, synchronous: bool = False) -> None:
        """Add the batch to the candles, take out of them what it busts, and advance the position from
        `position` to the batch's.

        Args:
            synchronous: return only when this transaction, and all before it, are on disk.

        Raises:
            PositionMoved: the position is no longer `position`; nothing was written.
            psycopg.OperationalError: PostgreSQL went away; whether the batch was written, its position says.
        """
        async with self._connection.transaction(), self._connection.cursor() as cursor:
            if synchronous:
                await cursor.execute("SET LOCAL synchronous_commit = on")
            await cursor.execute(ADVANCE, (batch.position, position, self._genesis))
            if cursor.rowcount != 1:
                raise PositionMoved(f"the candles' position is no longer {position}")
            await _merge(cursor, "seconds", batch.seconds)
            await _merge(cursor, "minutes", batch.minutes)
            await _merge(cursor, "quarters", fold(batch.minutes, QUARTER))
            await _merge(cursor, "hours", fold(batch.minutes, HOUR))
            await _merge(cursor, "days", batch.days)
            await corrections.keep(cursor, batch.trades)
            await corrections.take_back(cursor, batch)

    async def forget_trades(self, calendar: Calendar, kept: int = corrections.DEALS_MAX) -> None:
        """Forget the trades that the exchange can take back no more, all but its newest `kept`.

        Raises:
            psycopg.OperationalError: PostgreSQL went away.
        """
        async with self._connection.transaction(), self._connection.cursor() as cursor:
            await corrections.prune(cursor, calendar, kept)

    async def forget_seconds(self, before: int) -> None:
        """Show no seconds before the minute of `before`, ns UTC, any more, and remove those that were not
        shown already: who just read from where they are shown can still read them.

        Raises:
            psycopg.OperationalError: PostgreSQL went away.
        """
        await self._forget("seconds_from", ("seconds",), before - before % MINUTE)

    async def forget_minutes(self, before: int, calendar: Calendar) -> None:
        """Show no minutes and quarters of an hour before the hour of `before`, ns UTC, any more, in two steps
        as with seconds.

        A trade that can still be taken back needs the minutes of its day: those stay.

        Raises:
            psycopg.OperationalError: PostgreSQL went away.
        """
        cursor = await self._connection.execute(OLDEST_TRADE)
        if row := await cursor.fetchone():
            before = min(before, calendar.day(row[0]).start)
        await self._forget("minutes_from", ("minutes", "quarters"), before - before % HOUR)

    async def _forget(self, column: str, tables: Sequence[str], before: int) -> None:
        query = FORGET.format(column=column, gone=", ".join(GONE.format(table=one) for one in tables))
        await self._connection.execute(query.encode(), {"genesis": self._genesis, "before": before})


async def _merge(cursor: AsyncCursor[Any], table: str, tallies: Mapping[Key, Tally]) -> None:
    if not tallies:
        return
    # Rows in order of their key: two writers that overlap wait for each other instead of deadlocking.
    rows = [(*key, *tallies[key].values()) for key in sorted(tallies)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await cursor.execute(MERGE.format(table=table).encode(), columns)
