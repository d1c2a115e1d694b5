"""The writing side of feeds' candles: a window of a feed and how far that is, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, Cursor

from openbell.market.calendar import DAY, HOUR, MINUTE, QUARTER
from openbell.market.feeds.candles import LENGTHS, VOLUME_MAX, Row, Trades, candles
from openbell.market.feeds.reading import Window

SESSION = "SET synchronous_commit = off; SET application_name = 'openbell feeds'"
ADVANCE = "UPDATE market.feeds SET position = %s WHERE feed = %s AND position = %s RETURNING minutes_from"
TOUCH = "UPDATE market.feeds SET position = position WHERE feed = %s RETURNING position"
BEGIN_AGAIN = "UPDATE market.feeds SET position = 0, seconds_from = 0, minutes_from = 0 WHERE feed = %s"
NUMBER = """
INSERT INTO market.fed AS kept (feed, symbol, first, newest) VALUES (%s, %s, %s, %s)
ON CONFLICT (feed, symbol) DO UPDATE
SET first = least(kept.first, excluded.first), newest = greatest(kept.newest, excluded.newest)
RETURNING number
"""
MERGE = """
INSERT INTO market.{table} AS kept
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                     %s::bigint[], %s::bigint[])
ON CONFLICT (instrument, start) DO UPDATE SET
    open = coalesce(kept.open, excluded.open),
    high = greatest(kept.high, excluded.high),
    low = least(kept.low, excluded.low),
    close = coalesce(excluded.close, kept.close),
    volume = least(kept.volume::numeric + excluded.volume, {most})::bigint,
    trades = kept.trades + excluded.trades
"""
REMOVE = "DELETE FROM market.{table} WHERE instrument = %s AND start >= %s AND start < %s"
FORGET_ALL = """
DELETE FROM market.{table} WHERE instrument IN (SELECT number FROM market.fed WHERE feed = %s)
"""
# Candles that are not shown any more leave; who just read from where they are shown can still read them.
FORGET = """
WITH old AS (
    SELECT number, {column} AS shown FROM market.fed JOIN market.feeds USING (feed) WHERE feed = %(feed)s
), {gone}
UPDATE market.feeds SET {column} = greatest({column}, (
    (SELECT coalesce(max(newest), 0) FROM market.fed WHERE feed = %(feed)s) - %(keep)s) / {unit} * {unit})
WHERE feed = %(feed)s
"""
GONE = """{table}_gone AS (
    DELETE FROM market.{table} AS candle USING old
    WHERE candle.instrument = old.number AND candle.start < old.shown
)"""


class PositionMoved(Exception):
    """Another process stored this feed's candles meanwhile: nothing of this window was written."""


class FedStore:
    """The tables of feeds' candles, over a connection of its own; one writer."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        connection.execute(SESSION)

    def position(self, feed: str) -> int:
        """Up to which number the trades of `feed` are in its candles."""
        self._connection.execute("INSERT INTO market.feeds VALUES (%s, 0, 0) ON CONFLICT DO NOTHING", (feed,))
        row = self._connection.execute(
            "SELECT position FROM market.feeds WHERE feed = %s", (feed,)
        ).fetchone()
        assert row is not None, "it was just put there"
        return int(row[0])

    def begin_again(self, feed: str) -> None:
        """Forget the candles of a feed whose store was replaced by another."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table in LENGTHS:
                cursor.execute(FORGET_ALL.format(table=table).encode(), (feed,))
            cursor.execute("DELETE FROM market.fed WHERE feed = %s", (feed,))
            cursor.execute(BEGIN_AGAIN, (feed,))

    def apply(
        self, feed: str, position: int, last: int, window: Window, whole: dict[tuple[str, int], Trades]
    ) -> None:
        """Add a window to the candles, and advance the feed's position from `position` to `last`.

        Args:
            whole: the trades that stand of each symbol and day of which some were taken back; their candles
                are made anew.

        Raises:
            PositionMoved: the position is no longer `position`; nothing was written.
            psycopg.OperationalError: PostgreSQL went away.
        """
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(ADVANCE, (last, feed, position))
            row = cursor.fetchone()
            if row is None:
                raise PositionMoved(f"the candles of the feed {feed} are no longer at {position}")
            minutes_from = int(row[0])
            _add(cursor, _numbers(cursor, feed, window), window.trades, minutes_from)
            for (symbol, day), trades in whole.items():
                _renew(cursor, feed, symbol, day, trades, minutes_from)

    def durable(self, feed: str) -> int:
        """As `position`, and every trade up to it is in the candles for good: PostgreSQL has synced them."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = on")
            cursor.execute(TOUCH, (feed,))
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def forget_seconds(self, feed: str, keep_ns: int) -> None:
        """Show no seconds more than `keep_ns` older than the feed's newest trade any more."""
        self._forget("seconds_from", ("fed_seconds",), MINUTE, feed, keep_ns)

    def forget_minutes(self, feed: str, keep_ns: int) -> None:
        """Show no minutes and quarters of an hour more than `keep_ns` older than the feed's newest trade any
        more; they are removed the next time."""
        self._forget("minutes_from", ("fed_minutes", "fed_quarters"), HOUR, feed, keep_ns)

    def _forget(self, column: str, tables: Sequence[str], unit: int, feed: str, keep_ns: int) -> None:
        gone = ", ".join(GONE.format(table=one) for one in tables)
        query = FORGET.format(column=column, gone=gone, unit=unit)
        self._connection.execute(query.encode(), {"feed": feed, "keep": keep_ns})


def _numbers(cursor: Cursor[Any], feed: str, window: Window) -> list[int]:
    """The numbers in the database of a window's symbols, which learn of its trades' times."""
    numbers = [0] * len(window.symbols)
    for at, symbol in enumerate(window.symbols):
        times = window.trades.time[window.trades.symbol == at]
        if len(times):
            cursor.execute(NUMBER, (feed, symbol, int(times.min()), int(times.max())))
            row = cursor.fetchone()
            assert row is not None, "it returns the row, new or not"
            numbers[at] = row[0]
    return numbers


def _add(cursor: Cursor[Any], numbers: Sequence[int], trades: Trades, minutes_from: int) -> None:
    """Add trades to the candles; `numbers` are by the trades' symbols. Minutes and quarters of an hour that
    are not kept any more do not come back."""
    for table, length in LENGTHS.items():
        rows = [(numbers[row[0]], *row[1:]) for row in candles(trades, length)]
        if length in (MINUTE, QUARTER):
            rows = [row for row in rows if row[1] >= minutes_from]
        _merge(cursor, table, rows)


def _renew(cursor: Cursor[Any], feed: str, symbol: str, day: int, trades: Trades, minutes_from: int) -> None:
    """Make the candles of a symbol's day anew. Seconds that were forgotten meanwhile go with the next."""
    cursor.execute("SELECT number FROM market.fed WHERE feed = %s AND symbol = %s", (feed, symbol))
    row = cursor.fetchone()
    if row is None:
        return
    for table in LENGTHS:
        cursor.execute(REMOVE.format(table=table).encode(), (row[0], day * DAY, (day + 1) * DAY))
    _add(cursor, [row[0]], trades, minutes_from)


def _merge(cursor: Cursor[Any], table: str, rows: Sequence[Row]) -> None:
    if rows:
        columns = [list(column) for column in zip(*sorted(rows, key=lambda row: row[:2]), strict=True)]
        cursor.execute(MERGE.format(table=table, most=VOLUME_MAX).encode(), columns)
