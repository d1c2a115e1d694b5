"""What a statement of a month and a confirmation of an order's trades are made of. All in raw units.

A month goes from the day roll that began its first day to the one that began the next month's: so it ends
at official closes, and two statements meet without a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openbell.core import codes, records
from openbell.ledger import tables
from openbell.ledger.reads import NEWEST, LedgerReads

LINES_MAX = 100_000
SECOND = 1_000_000_000

ROLL = "SELECT seq, ts, date FROM ledger.days WHERE date >= %(date)s ORDER BY date LIMIT 1"
GENESIS = "SELECT opened_ts FROM ledger.accounts WHERE account = 1"
# What there was before command `seq`: what there is, less what was changed from there on.
BALANCES = f"""
WITH later AS (
    SELECT x.asset, x.amount, x.cost FROM ledger.fills f CROSS JOIN LATERAL (VALUES
        ({tables.CASH}, CASE f.side WHEN {codes.BUY} THEN -f.value - f.fee ELSE f.value - f.fee END, 0),
        (f.instrument, CASE f.side WHEN {codes.BUY} THEN f.quantity ELSE -f.quantity END,
         CASE f.side WHEN {codes.BUY} THEN f.value ELSE f.realised - f.value END)
    ) AS x (asset, amount, cost)
    WHERE f.account = %(account)s AND f.ts >= %(ts)s AND f.seq >= %(seq)s
    UNION ALL
    SELECT asset, amount, cost FROM ledger.moves
    WHERE account = %(account)s AND ts >= %(ts)s AND seq >= %(seq)s
), changed AS (
    SELECT asset, sum(amount) AS amount, sum(cost) AS cost, bool_or(cost IS NULL) AS unknown
    FROM later GROUP BY asset
)
SELECT {tables.CASH} AS asset, (a.cash - coalesce(c.amount, 0))::bigint AS amount, 0::bigint AS cost,
       NULL::bigint AS price
FROM ledger.accounts a LEFT JOIN changed c ON c.asset = {tables.CASH} WHERE a.account = %(account)s
UNION ALL
SELECT h.instrument, (h.quantity - coalesce(c.amount, 0))::bigint,
       CASE WHEN c.unknown THEN NULL ELSE (h.cost - coalesce(c.cost, 0))::bigint END,
       coalesce(nullif(p.price, 0), i.reference_price)
FROM ledger.holdings h JOIN ledger.instruments i ON i.instrument = h.instrument
LEFT JOIN changed c ON c.asset = h.instrument
LEFT JOIN ledger.closes p ON p.instrument = h.instrument AND p.date = %(date)s
WHERE h.account = %(account)s AND h.quantity <> coalesce(c.amount, 0)
ORDER BY 1
"""
LINES = f"""
SELECT seq, 0 AS part, trade AS number, ts, {tables.KIND_TRADE} AS kind, instrument AS asset, side, quantity,
       price, value, fee, realised, order_id, trade,
       CASE side WHEN {codes.BUY} THEN -value - fee ELSE value - fee END AS cash
FROM ledger.fills
WHERE account = %(account)s AND ts BETWEEN %(from_ts)s AND %(to_ts)s
  AND seq >= %(from_seq)s AND seq < %(to_seq)s
UNION ALL
SELECT seq, 1, index, ts, kind, asset, 0, CASE asset WHEN {tables.CASH} THEN 0 ELSE amount END,
       0, CASE asset WHEN {tables.CASH} THEN amount ELSE coalesce(cost, 0) END, 0, 0, 0, coalesce(trade, 0),
       CASE asset WHEN {tables.CASH} THEN amount ELSE 0 END
FROM ledger.moves
WHERE account = %(account)s AND ts BETWEEN %(from_ts)s AND %(to_ts)s
  AND seq >= %(from_seq)s AND seq < %(to_seq)s
ORDER BY 1, 2, 3 LIMIT {LINES_MAX + 1}
"""
# An order's fills with whether each was taken back since.
FILLS_OF_ORDER = f"""
SELECT f.ts, f.trade, f.seq, f.price, f.quantity, f.value, f.fee, f.realised, f.liquidity, f.side, EXISTS (
    SELECT FROM ledger.moves m
    WHERE m.account = f.account AND m.ts >= f.ts AND m.kind = {tables.KIND_BUST} AND m.trade = f.trade
) AS busted
FROM ledger.fills f
WHERE f.account = %(account)s AND f.ts >= %(from_ts)s AND f.ts <= %(to_ts)s AND f.order_id = %(order)s
ORDER BY f.ts, f.trade LIMIT {LINES_MAX + 1}
"""

Row = dict[str, Any]


class TooLong(Exception):
    """There are more than LINES_MAX lines."""


@dataclass(frozen=True)
class Bound:
    """Where a month begins or ends: before command `seq` (time `ts`), at the closes of roll `date`."""

    seq: int
    ts: int
    date: int


BEGINNING = Bound(0, 0, 0)


@dataclass(frozen=True)
class Balance:
    """What an account had at a bound: cash, and each holding as instrument, amount, cost (None: not kept
    then) and price."""

    cash: int
    holdings: list[Row]

    @property
    def value(self) -> int:
        """Cash and holdings at the closes."""
        return self.cash + sum(int(row["value"]) for row in self.holdings)


@dataclass(frozen=True)
class Statement:
    """An account's month.

    Attributes:
        month: yyyymm. end: None while the month goes on: the statement is then up to now.
        lines: what happened, in order: each with what it changed of the cash.
    """

    account: int
    month: int
    start: Bound
    end: Bound | None
    opening: Balance
    closing: Balance
    lines: list[Row]

    def total(self, column: str, *kinds: int, side: int | None = None) -> int:
        """The sum of a column over the lines of these kinds, of one side if it is named."""
        return sum(
            int(line[column])
            for line in self.lines
            if line["kind"] in kinds and (side is None or line["side"] == side)
        )


def following(month: int) -> int:
    """The month after yyyymm."""
    return month + 1 if month % 100 < 12 else month + 89


def starts(month: int) -> int:
    """The calendar's begin of a month, ns UTC."""
    return int(datetime(month // 100, month % 100, 1, tzinfo=UTC).timestamp()) * SECOND


async def begin(ledger: LedgerReads, month: int) -> Bound | None:
    """Where a month begins: at its first roll, that of genesis with it. None while it has not begun."""
    genesis = await ledger.rows(GENESIS, {})
    if genesis and genesis[0]["opened_ts"] >= starts(month):
        return BEGINNING
    return await _roll(ledger, month)


async def end(ledger: LedgerReads, month: int) -> Bound | None:
    """Where a month ends; None while it goes on."""
    return await _roll(ledger, following(month))


async def _roll(ledger: LedgerReads, month: int) -> Bound | None:
    rows = await ledger.rows(ROLL, {"date": month * 100 + 1})
    return Bound(rows[0]["seq"], rows[0]["ts"], rows[0]["date"]) if rows else None


async def day_at(ledger: LedgerReads, ts: int) -> int:
    """The day (yyyymmdd) that had begun last at a time, ns UTC; 0 before the first that the ledger has."""
    rows = await ledger.rows("SELECT max(date) AS date FROM ledger.days WHERE ts <= %(ts)s", {"ts": ts})
    return rows[0]["date"] or 0


async def last_bound(ledger: LedgerReads) -> Bound:
    """After all that the ledger has, at the last roll's closes."""
    query = "SELECT position, (SELECT max(date) FROM ledger.days) AS date FROM ledger.reader"
    rows = await ledger.rows(query, {})
    return Bound(rows[0]["position"] + 1, NEWEST, rows[0]["date"] or 0)


async def balance(ledger: LedgerReads, account: int, at: Bound, since: int) -> Balance:
    """What an account had at a bound, which is no earlier than the time `since`."""
    if at == BEGINNING:
        return Balance(0, [])
    arguments = {"account": account, "seq": at.seq, "ts": since, "date": at.date}
    rows = await ledger.rows(BALANCES, arguments)
    cash = sum(row["amount"] for row in rows if row["asset"] == tables.CASH)
    holdings = [row for row in rows if row["asset"] != tables.CASH]
    for row in holdings:
        row["value"] = row["price"] * row["amount"] // records.QUANTITY_SCALE
    return Balance(cash, holdings)


async def read_statement(ledger: LedgerReads, account: int, month: int) -> Statement | None:
    """The statement of month yyyymm; None if it has not begun.

    Raises:
        TooLong: it would have more than LINES_MAX lines.
        LedgerUnavailable: as `LedgerReads` says.
    """
    start = await begin(ledger, month)
    if start is None:
        return None
    ended = await end(ledger, month)
    until = ended or await last_bound(ledger)
    lines = await ledger.rows(
        LINES,
        {
            "account": account,
            "from_ts": start.ts,
            "to_ts": until.ts,
            "from_seq": start.seq,
            "to_seq": until.seq,
        },
    )
    if len(lines) > LINES_MAX:
        raise TooLong
    opening = await balance(ledger, account, start, start.ts)
    closing = await balance(ledger, account, until, ended.ts if ended else start.ts)
    return Statement(account, month, start, ended, opening, closing, lines)


async def fills_of_order(
    ledger: LedgerReads, account: int, order: int, from_ts: int, to_ts: int
) -> list[Row]:
    """An order's fills, oldest first, with `busted`; it was entered at `from_ts` and last changed at `to_ts`.

    Raises:
        TooLong: there are more than LINES_MAX.
    """
    arguments = {"account": account, "order": order, "from_ts": from_ts, "to_ts": to_ts}
    rows = await ledger.rows(FILLS_OF_ORDER, arguments)
    if len(rows) > LINES_MAX:
        raise TooLong
    return rows
