"""What others ask the ledger: past orders and fills, and how far it is. Never blocks on a lost database."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from openbell.core import codes, records

ORDER_COLUMNS = (
    'order_id AS "order", account, instrument, side, order_type, tif, status, reason, code, price, quantity, '
    'filled, leaves, notional, limit_value AS "limit", observed, client_id, seq, created_ts, updated_ts, '
    "stop_price, trail, trail_percent, budget, expire_ts, display, min_quantity, session, stp, post_only, "
    '"group", role'
)
# An order's number says at which position it was entered, and that says its month's partition.
ENTERED = "FROM ledger.months WHERE first_seq <= %(position)s ORDER BY starts DESC LIMIT 1"
ORDER = f"""
SELECT {ORDER_COLUMNS} FROM ledger.orders
WHERE order_id = %(order)s
  AND created_ts >= (SELECT starts {ENTERED}) AND created_ts < (SELECT ends {ENTERED})
"""
# A client's id is free again a day after its order ended, so there can be several; a refusal because it
# was taken is an order of its own, but never the one meant.
ORDER_BY_CLIENT_ID = f"""
SELECT {ORDER_COLUMNS} FROM ledger.orders
WHERE account = %(account)s AND client_id = %(client_id)s AND client_id <> '' AND code <> {codes.E_KEY_REUSED}
ORDER BY order_id DESC LIMIT 1
"""
ORDERS = f"""
SELECT {ORDER_COLUMNS} FROM ledger.orders
WHERE account = %(account)s AND order_id < %(before)s AND status = ANY(%(statuses)s)
  AND (%(instrument)s::bigint IS NULL OR instrument = %(instrument)s)
ORDER BY order_id DESC LIMIT %(limit)s
"""
FILLS = """
SELECT trade, order_id AS "order", account, instrument, side, price, quantity, value, fee, realised,
       liquidity, ts, seq
FROM ledger.fills
WHERE account = %(account)s AND ts >= %(from_ns)s AND ts < %(to_ns)s {narrowed}
ORDER BY ts DESC, trade DESC, order_id DESC LIMIT %(limit)s
"""
OLDER = "AND (ts, trade) < ((SELECT ts FROM ledger.trades WHERE trade = %(before)s), %(before)s)"
OF_ONE = "AND instrument = %(instrument)s"
READER = "SELECT position, stopped, stopped_seq FROM ledger.reader"

NEWEST = (1 << 63) - 1
STATUSES = {
    "working": list(codes.WORKING),
    "ended": [codes.ST_FILLED, codes.ST_CANCELLED, codes.ST_EXPIRED, codes.ST_REJECTED],
    "all": [*codes.WORKING, codes.ST_FILLED, codes.ST_CANCELLED, codes.ST_EXPIRED, codes.ST_REJECTED],
    **{name: [status] for status, name in codes.STATUS_NAMES.items() if status != codes.ST_NONE},
}
LIMIT_MAX = 1_000
STATEMENT_MS = 5_000
CONNECT_S = 1.0
PROBE_S = 0.25
POLL_S = 0.03


class LedgerUnavailable(Exception):
    """PostgreSQL, or the ledger in it, cannot be reached now; orders are not affected."""


class LedgerReads:
    """Queries of one database's ledger through a small pool; opens at the first call.

    Rows are dicts of ints in raw units (text: `client_id`). Every method raises LedgerUnavailable: after a
    second when PostgreSQL has just gone, at once for as long as a probe finds it still away.
    """

    def __init__(self, database_url: str, connections: int = 4) -> None:
        self._database_url = database_url
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            database_url,
            connection_class=AsyncConnection[DictRow],
            min_size=0,
            max_size=connections,
            open=False,
            timeout=CONNECT_S,
            reconnect_timeout=CONNECT_S,
            max_waiting=200,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": 2,  # libpq's least
                "application_name": "openbell ledger reads",
                "options": f"-c statement_timeout={STATEMENT_MS} -c default_transaction_read_only=on",
            },
        )
        self._opening = asyncio.Lock()
        self._opened = False
        self._probe: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Close the pool; the object is done then."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait([self._probe])
        if self._opened:
            await self._pool.close()

    async def position(self) -> int:
        """Log position of the last command whose effects are in the ledger."""
        return int((await self.status())["position"])

    async def status(self) -> dict[str, Any]:
        """{position, stopped: why the ledger stopped or "", stopped_seq: before which command}."""
        rows = await self.rows(READER, {})
        if not rows:
            raise LedgerUnavailable("ledger.reader has no row")
        return rows[0]

    async def order(self, order_id: int) -> dict[str, Any] | None:
        """An order by its number, with the keys of core's `view.order`."""
        position = order_id >> records.ID_INDEX_BITS & (1 << records.ID_POSITION_BITS) - 1
        rows = await self.rows(ORDER, {"order": order_id, "position": position})
        return rows[0] if rows else None

    async def order_by_client_id(self, account: int, client_id: str) -> dict[str, Any] | None:
        """The account's newest order that carries this id of the client's."""
        if "\0" in client_id:
            return None
        rows = await self.rows(ORDER_BY_CLIENT_ID, {"account": account, "client_id": client_id})
        return rows[0] if rows else None

    async def orders(
        self,
        account: int,
        status: str = "all",
        instrument: int | None = None,
        before: int = 0,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """An account's orders, newest first.

        Args:
            status: "working", "ended", "all" or the name of one status.
            before: only orders with a smaller number (0: from the newest).
            limit: at most so many, up to LIMIT_MAX.

        Raises:
            ValueError: an unknown status.
        """
        if status not in STATUSES:
            raise ValueError(f"order status {status!r} is unknown; use one of {', '.join(STATUSES)}")
        return await self.rows(
            ORDERS,
            {
                "account": account,
                "statuses": STATUSES[status],
                "instrument": instrument,
                "before": before or NEWEST,
                "limit": min(limit, LIMIT_MAX),
            },
        )

    async def fills(
        self,
        account: int,
        from_ns: int = 0,
        to_ns: int = NEWEST,
        before: int = 0,
        limit: int = 100,
        instrument: int | None = None,
    ) -> list[dict[str, Any]]:
        """An account's fills in from_ns <= ts < to_ns, newest first.

        Args:
            before: only fills older than this trade (0: from the newest): the `trade` of the last row
                of the page before.
            limit: at most so many, up to LIMIT_MAX.
            instrument: only fills in this one.
        """
        narrowed = " ".join([OLDER] * bool(before) + [OF_ONE] * (instrument is not None))
        return await self.rows(
            FILLS.format(narrowed=narrowed),
            {
                "account": account,
                "instrument": instrument,
                "from_ns": from_ns,
                "to_ns": to_ns,
                "before": before,
                "limit": min(limit, LIMIT_MAX),
            },
        )

    async def wait_for(self, seq: int, timeout_s: float) -> bool:
        """Wait until the ledger holds command `seq`; whether it did within `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if await self.position() >= seq:
                    return True
            except LedgerUnavailable:
                if time.monotonic() >= deadline:
                    raise
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(POLL_S)

    async def rows(self, query: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """What a query of the ledger's tables gives."""
        if self._probe is not None and not self._probe.done():
            raise LedgerUnavailable("PostgreSQL is away")
        try:
            await self._open()
            async with self._pool.connection() as connection:
                cursor = await connection.execute(query.encode(), arguments)
                return await cursor.fetchall()
        except (TooManyRequests, psycopg.errors.QueryCanceled) as error:
            raise LedgerUnavailable(f"the ledger is busy: {error}") from error
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._watch()
            raise LedgerUnavailable(f"PostgreSQL does not answer: {error}") from error
        except psycopg.errors.UndefinedTable as error:
            raise LedgerUnavailable("the database has no ledger yet") from error
        except psycopg.errors.UndefinedColumn as error:
            raise LedgerUnavailable("the database's ledger is not brought to this build yet") from error

    def _watch(self) -> None:
        """Refuse further calls until PostgreSQL answers a probe."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._until_it_answers())

    async def _until_it_answers(self) -> None:
        while True:
            await asyncio.sleep(PROBE_S)
            with suppress(psycopg.Error):
                connection = await AsyncConnection.connect(self._database_url, connect_timeout=2)
                await connection.close()
                return

    async def _open(self) -> None:
        if self._opened:
            return
        async with self._opening:
            if not self._opened:
                await self._pool.open(wait=False)
                self._opened = True
