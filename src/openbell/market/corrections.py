"""Trades that can still be taken back, and candles made again without those that were.

The exchange takes back one of its newest DEALS_MAX trades, so that many are kept, with what else traded in
the oldest one's minute. A candle without a busted trade is made of the trades that remain in it; one longer
than a minute is made of its minutes. All of it is part of the transaction that stores a batch and moves the
position.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from psycopg import AsyncCursor

from openbell.market.calendar import HOUR, MINUTE, QUARTER, SECOND, Calendar
from openbell.market.candles import Batch, Key, Tally, Trade

log = logging.getLogger(__name__)

DEALS_MAX = 1 << 20  # the core keeps no more trades than these (rules: bust)

KEEP = """
INSERT INTO market.trades
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                     %s::boolean[])
"""
MARK = "INSERT INTO market.busts SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
TAKE = "DELETE FROM market.trades WHERE trade = ANY(%s) RETURNING *"
REMAINING = """
SELECT trades.* FROM market.trades
JOIN unnest(%s::int[], %s::bigint[]) AS touched (instrument, start)
  ON trades.instrument = touched.instrument AND trades.ts >= touched.start AND trades.ts < touched.start + %s
ORDER BY trade
"""
STORED = """
SELECT kept.* FROM market.{table} AS kept JOIN unnest(%s::int[], %s::bigint[]) AS touched (instrument, start)
    USING (instrument, start)
"""
BETWEEN = """
SELECT * FROM market.trades WHERE instrument = %s AND (ts >= %s AND ts < %s OR ts >= %s AND ts < %s)
ORDER BY trade
"""
MINUTES = "SELECT * FROM market.minutes WHERE instrument = %s AND start >= %s AND start < %s ORDER BY start"
REPLACE = """
UPDATE market.{table} AS kept SET open = one.open, high = one.high, low = one.low, close = one.close,
    volume = one.volume, notional = one.notional, trades = one.trades
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[])
    AS one (instrument, start, open, high, low, close, volume, notional, trades)
WHERE kept.instrument = one.instrument AND kept.start = one.start
"""
EMPTY = "DELETE FROM market.{table} WHERE trades = 0 AND instrument = ANY(%s)"
OLDEST = """
SELECT ts FROM market.trades WHERE trade > (SELECT max(trade) FROM market.trades) - %s ORDER BY trade LIMIT 1
"""
PRUNE = """
DELETE FROM market.trades WHERE trade <= (SELECT max(trade) FROM market.trades) - %(kept)s
    AND ts < %(minute)s AND NOT (ts >= %(first)s AND ts < %(second)s)
"""
# The upper end of bigint: an older version kept none, so the first that is kept now is the one.
WHOLE_FROM = """
UPDATE market.reader SET trades_from = greatest(
    CASE WHEN trades_from < 9223372036854775807 THEN trades_from ELSE newest.first END, newest.last - %s + 1)
FROM (SELECT min(trade) AS first, max(trade) AS last FROM market.trades) AS newest
WHERE newest.last IS NOT NULL
"""

Row = tuple[Any, ...]
Taken = Mapping[Key, Sequence[Trade]]


async def keep(cursor: AsyncCursor[Any], trades: Sequence[Trade]) -> None:
    """Store trades; each has its number for itself."""
    if trades:
        await cursor.execute(KEEP.encode(), [list(column) for column in zip(*trades, strict=True)])


async def take_back(cursor: AsyncCursor[Any], batch: Batch) -> None:
    """Make the candles that hold a trade busted by `batch` again, without it. The batch is stored already."""
    if not batch.busts:
        return
    await cursor.execute(MARK.encode(), (list(batch.busts), list(batch.busts.values())))
    await cursor.execute(TAKE.encode(), (list(batch.busts),))
    taken = [Trade._make(row) for row in await cursor.fetchall()]
    for trade in sorted(set(batch.busts) - {one.trade for one in taken}):
        log.error(
            "Trade %d was taken back by command %d; it is older than the trades kept here, and its candles"
            " hold it still",
            trade,
            batch.busts[trade],
        )
    if not taken:
        return
    for table, length in (("seconds", SECOND), ("minutes", MINUTE)):
        touched = _by_key(taken, lambda one, length=length: one.ts - one.ts % length)
        await cursor.execute(REMAINING.encode(), (*_columns(touched), length))
        remain: dict[Key, Tally] = {}
        for row in await cursor.fetchall():
            one = Trade._make(row)
            _add(remain.setdefault((one.instrument, one.ts - one.ts % length), Tally()), one)
        await _replace(cursor, table, touched, remain)
    for table, length in (("quarters", QUARTER), ("hours", HOUR)):
        touched = _by_key(taken, lambda one, length=length: one.ts - one.ts % length)
        remain = {key: await _of_minutes(cursor, key[0], key[1], key[1] + length) for key in touched}
        await _replace(cursor, table, touched, remain)
    days = {one.ts: batch.calendar.day(one.ts) for one in taken}
    touched = _by_key(taken, lambda one: days[one.ts].stamp)
    by_stamp = {day.stamp: (day.start, day.end) for day in days.values()}
    remain = {key: await _of_minutes(cursor, key[0], *by_stamp[key[1]]) for key in touched}
    await _replace(cursor, "days", touched, remain)


async def prune(cursor: AsyncCursor[Any], calendar: Calendar, kept: int = DEALS_MAX) -> None:
    """Forget the trades behind the newest `kept`, but for those in the minute of the oldest that is kept, and
    in the minute in which its day begins: that may be another day's too. The reader's row says from which
    trade on all that stand are still there."""
    await cursor.execute(OLDEST.encode(), (kept,))
    row = await cursor.fetchone()
    if row is None:
        return
    first = calendar.day(row[0]).start // MINUTE * MINUTE
    values = {"kept": kept, "minute": row[0] - row[0] % MINUTE, "first": first, "second": first + MINUTE}
    await cursor.execute(WHOLE_FROM.encode(), (kept,))
    await cursor.execute(PRUNE.encode(), values)


def _by_key(taken: Iterable[Trade], start: Any) -> dict[Key, list[Trade]]:
    found: dict[Key, list[Trade]] = {}
    for one in taken:
        found.setdefault((one.instrument, start(one)), []).append(one)
    return found


def _columns(touched: Collection[Key]) -> tuple[list[int], list[int]]:
    return [instrument for instrument, _ in touched], [start for _, start in touched]


def _add(tally: Tally, one: Trade) -> None:
    tally.add(one.price, one.quantity, one.notional, one.eligible)


async def _of_minutes(cursor: AsyncCursor[Any], instrument: int, start: int, end: int) -> Tally:
    """The candle of [start, end): of the whole minutes in it, and of the trades in minutes that it shares."""
    first, last = -(-start // MINUTE) * MINUTE, end // MINUTE * MINUTE
    await cursor.execute(BETWEEN.encode(), (instrument, start, first, last, end))
    shared = [Trade._make(row) for row in await cursor.fetchall()]
    await cursor.execute(MINUTES.encode(), (instrument, first, last))
    tally = Tally()
    for one in shared:
        if one.ts < first:
            _add(tally, one)
    for row in await cursor.fetchall():
        tally.join(*row[2:])
    for one in shared:
        if one.ts >= last:
            _add(tally, one)
    return tally


async def _replace(cursor: AsyncCursor[Any], table: str, touched: Taken, remain: Mapping[Key, Tally]) -> None:
    """Give the touched candles that are (still) stored the values that remain; an empty one goes."""
    await cursor.execute(STORED.format(table=table).encode(), _columns(touched))
    rows: list[Row] = []
    for row in await cursor.fetchall():
        key = row[0], row[1]
        tally = remain.get(key) or Tally()
        if tally.trades + len(touched[key]) == row[8]:
            rows.append((*key, *tally.values()))
        else:
            log.error(
                "The candle of instrument %d at %d in %s was stored before its trades were kept: a bust takes"
                " their volume out of it, and leaves its prices",
                *key,
                table,
            )
            volume = sum(one.quantity for one in touched[key])
            notional = sum(one.notional for one in touched[key])
            rows.append((*row[:6], row[6] - volume, row[7] - notional, row[8] - len(touched[key])))
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    await cursor.execute(REPLACE.format(table=table).encode(), columns)
    await cursor.execute(EMPTY.format(table=table).encode(), (columns[0],))
