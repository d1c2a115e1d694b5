"""What the portfolio's past asks of the ledger: days, movements, lots, statements. All in raw units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openbell.core import codes
from openbell.ledger import tables
from openbell.ledger.reads import NEWEST, LedgerReads

GRANT = f"""
SELECT coalesce(sum(amount), 0)::bigint AS amount FROM ledger.moves
WHERE account = %(account)s AND ts = %(opened_ts)s AND kind = {tables.KIND_GRANT} AND amount > 0
"""
LAST_ROLL = """
SELECT date, seq, ts FROM ledger.days
WHERE seq <= %(seq)s AND ts <= %(before_ts)s ORDER BY date DESC LIMIT 1
"""
DAYS = """
SELECT d.date, d.seq, d.ts, e.cash, e.holdings, e.base
FROM ledger.days d LEFT JOIN ledger.equity e ON e.account = %(account)s AND e.date = d.date
WHERE d.ts > %(from_ts)s AND d.seq <= %(seq)s AND d.seq > (SELECT equity_from FROM ledger.reader)
ORDER BY d.date
"""
DAY_BEFORE = """
SELECT date, seq, ts, cash, holdings, base FROM ledger.equity
WHERE account = %(account)s AND ts <= %(from_ts)s ORDER BY date DESC LIMIT 1
"""
# What changed cash (asset -1) and shares from one mark in time to the next; `moved` of it without a trade.
# Fills are summed before each is made two rows: there can be 100,000 of them in a day.
FLOWS = f"""
WITH traded AS MATERIALIZED (
    SELECT width_bucket(ts, %(marks)s::bigint[]) AS bucket, instrument,
           sum(CASE side WHEN {codes.BUY} THEN -value - fee ELSE value - fee END) AS cash,
           sum(CASE side WHEN {codes.BUY} THEN quantity ELSE -quantity END) AS shares
    FROM ledger.fills
    WHERE account = %(account)s AND ts >= %(from_ts)s AND ts < %(to_ts)s
        AND seq >= %(from_seq)s AND seq <= %(seq)s
    GROUP BY 1, 2
)
SELECT bucket, asset, sum(amount)::bigint AS amount, sum(moved)::bigint AS moved
FROM (
    SELECT bucket, {tables.CASH} AS asset, cash AS amount, 0 AS moved FROM traded
    UNION ALL
    SELECT bucket, instrument, shares, 0 FROM traded
    UNION ALL
    SELECT width_bucket(ts, %(marks)s::bigint[]), asset, amount,
           CASE kind WHEN {tables.KIND_BUST} THEN 0 ELSE amount END
    FROM ledger.moves
    WHERE account = %(account)s AND ts >= %(from_ts)s AND ts < %(to_ts)s
        AND seq >= %(from_seq)s AND seq <= %(seq)s
) AS flow
GROUP BY 1, 2 ORDER BY 1, 2
"""

Row = dict[str, Any]


def whole(row: Row) -> Row:
    """A row of `ledger.equity` with its numerics as ints."""
    if row["base"] is not None:
        row["holdings"], row["base"] = int(row["holdings"]), int(row["base"])
    return row


class PortfolioReads:
    """Reads of one database's ledger; every method raises LedgerUnavailable as `LedgerReads` says."""

    def __init__(self, ledger: LedgerReads) -> None:
        self._ledger = ledger

    async def grant(self, account: int, opened_ts: int) -> int:
        """The cash (1/10,000 USD) that an account was opened with."""
        rows = await self._ledger.rows(GRANT, {"account": account, "opened_ts": opened_ts})
        return int(rows[0]["amount"])

    async def last_roll(self, seq: int, before_ts: int) -> Row | None:
        """The last day roll at or before position `seq` and time `before_ts`: date, seq, ts."""
        rows = await self._ledger.rows(LAST_ROLL, {"seq": seq, "before_ts": before_ts})
        return rows[0] if rows else None

    async def days(self, account: int, from_ts: int, seq: int) -> list[Row]:
        """Every day roll after `from_ts` up to position `seq`, oldest first: date, seq, ts; cash, holdings
        and base are null where the account had the same as at the roll before."""
        rows = await self._ledger.rows(DAYS, {"account": account, "from_ts": from_ts, "seq": seq})
        return [whole(row) for row in rows]

    async def day_before(self, account: int, from_ts: int) -> Row | None:
        """The account's last row at or before `from_ts`; None: there is none."""
        rows = await self._ledger.rows(DAY_BEFORE, {"account": account, "from_ts": from_ts})
        return whole(rows[0]) if rows else None

    async def flows(
        self,
        account: int,
        from_seq: int,
        from_ts: int,
        seq: int,
        marks: Sequence[int],
        to_ts: int = NEWEST,
    ) -> list[Row]:
        """What the commands from `from_seq` (of time `from_ts`) to `seq` changed, between marks in time.

        Args:
            marks: times, rising.
            to_ts: what happened from this time on is left out.

        Returns:
            Rows of bucket (so many marks are at or before), asset (tables.CASH or an instrument), amount and
            how much of it was moved without a trade.
        """
        return await self._ledger.rows(
            FLOWS,
            {
                "account": account,
                "from_seq": from_seq,
                "from_ts": from_ts,
                "to_ts": to_ts,
                "seq": seq,
                "marks": list(marks),
            },
        )
