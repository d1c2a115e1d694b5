"""Keeps the ledger bounded on one machine: the simulator's orders that never filled go after a day.

They are most of all orders and moved nothing: no entry, fill or balance speaks of them. What else may go,
where there is a bound, `condense` says.
"""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from openbell.core import codes

ORDERS_AT_ONCE = 10_000

ENDED = (codes.ST_CANCELLED, codes.ST_EXPIRED, codes.ST_REJECTED)
# Ids rise with time, so the ids looked at form one range, from where the last look ended.
RANGE = """
SELECT max(order_id) FILTER (WHERE created_ts < %(before)s), count(*), r.pruned
FROM ledger.reader r LEFT JOIN LATERAL (
    SELECT order_id, created_ts FROM ledger.orders
    WHERE order_id > r.pruned ORDER BY order_id LIMIT %(limit)s
) o ON true GROUP BY r.pruned
"""
DELETE = f"""
DELETE FROM ledger.orders o USING ledger.accounts a
WHERE o.order_id > %s AND o.order_id <= %s AND o.filled = 0 AND o.status IN {ENDED}
  AND a.account = o.account AND a.kind = {codes.KIND_PARTICIPANT}
"""


def prunable(filled: int, status: int, kind: int) -> bool:
    """Whether an order of an account of this kind may be dropped."""
    return filled == 0 and status in ENDED and kind == codes.KIND_PARTICIPANT


async def prune(connection: AsyncConnection[Any], before_ts: int) -> bool:
    """Drop what may go of the next ORDERS_AT_ONCE orders, as far as they were made before `before_ts` (ns).

    An order that still works when its turn comes stays for good.

    Returns:
        Whether there may be more to drop at once.
    """
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(RANGE, {"before": before_ts, "limit": ORDERS_AT_ONCE})
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            return False
        last, looked_at, pruned = row
        await cursor.execute("UPDATE ledger.reader SET pruned = %s WHERE pruned = %s", (last, pruned))
        if cursor.rowcount:
            await cursor.execute(DELETE.encode(), (pruned, last))
        return bool(looked_at == ORDERS_AT_ONCE)
