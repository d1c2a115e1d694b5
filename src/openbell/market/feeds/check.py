"""Checking feeds' candles against the feeds' own ticks: what `openbell verify` asks.

DuckDB makes the candles of each date once more of the files of ticks, apart from the code that stores them,
and both sides are read in the order of time. Where ticks were removed for room nothing can be told: their
dates, and those before, are left out. Importing this module imports duckdb and pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg
import pyarrow as pa
from psycopg import Connection, ServerCursor

from openbell.market.calendar import DAY, HOUR, MINUTE, QUARTER, SECOND
from openbell.market.feeds import reading
from openbell.market.feeds.candles import VOLUME_MAX
from openbell.market.instruments import BY_SYMBOL
from openbell.market.ticks.batch import BUST, ELIGIBLE, TRADE
from openbell.market.ticks.files import end_of
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.upkeep import pruned

TRIES = 3  # a file that is merged or moved away meanwhile is found at its new place
ROWS_AT_ONCE = 5_000
COLUMNS = ("open", "high", "low", "close", "volume", "trades")
IS_ELIGIBLE = f"FILTER (flags & {ELIGIBLE} > 0)"

FEEDS = "SELECT feed, position, seconds_from, minutes_from FROM market.feeds ORDER BY feed"
STORED = f"""
SELECT start, symbol, {", ".join(COLUMNS)} FROM market.{{table}} JOIN market.fed ON number = instrument
WHERE feed = %s AND start >= %s ORDER BY start, symbol COLLATE "C"
"""
# The newest trade of a bust's number before it is the one that was taken back.
TAKEN_BACK = f"""
WITH busts AS (SELECT symbol, trade, position FROM ticks WHERE kind = {BUST} AND position <= $1),
     trades AS (
         SELECT symbol, trade, position FROM ticks
         WHERE kind = {TRADE} AND position <= $1 AND trade IN (SELECT trade FROM busts)
     )
SELECT DISTINCT trades.position FROM busts ASOF JOIN trades
    ON busts.symbol = trades.symbol AND busts.trade = trades.trade AND busts.position > trades.position
"""
# The candles of a date, their trades in the order in which they came.
MADE = f"""
SELECT time // {{length}} * {{length}} AS start, symbol,
    arg_min(price, position) {IS_ELIGIBLE}, max(price) {IS_ELIGIBLE}, min(price) {IS_ELIGIBLE},
    arg_max(price, position) {IS_ELIGIBLE},
    least(sum(quantity::HUGEINT), {VOLUME_MAX})::BIGINT, count(*)::BIGINT
FROM ticks
WHERE kind = {TRADE} AND date = $1 AND position <= $2 AND time >= $3
    AND symbol NOT IN (SELECT unnest($4::VARCHAR[])) AND position NOT IN (SELECT unnest($5::BIGINT[]))
GROUP BY 1, 2 ORDER BY 1, 2
"""

Place = tuple[int, str]  # a candle's start and symbol
Values = tuple[int | None, ...]
NOTHING: Values = (None,) * 4 + (0,) * 2


class Kind(NamedTuple):
    """Candles of a length, and from which start on they are compared."""

    name: str
    table: str
    length: int
    begin: int


class Feed(NamedTuple):
    """A feed in the database: how far its candles are, and from when its seconds and minutes are kept."""

    name: str
    position: int
    seconds_from: int
    minutes_from: int

    def kinds(self, begin: int) -> Iterator[Kind]:
        """What is compared of candles that start at `begin` or later."""
        yield Kind("second", "fed_seconds", SECOND, max(begin, self.seconds_from))
        yield Kind("minute", "fed_minutes", MINUTE, max(begin, self.minutes_from))
        yield Kind("quarter", "fed_quarters", QUARTER, max(begin, self.minutes_from))
        yield Kind("hour", "fed_hours", HOUR, begin)
        yield Kind("day", "fed_days", DAY, begin)


class FeedCheck:
    """One moment of a database's candles of feeds.

    Args:
        folder: that of all feeds.
        archive_url: the archive of yours, where old ticks of feeds are.

    Attributes:
        positions: up to which tick the candles of each feed are, at that moment; 0: they cannot be compared,
            because there are none yet, or no ticks here.
        differences: the first of each feed's seconds, minutes, quarters, hours and days, after `run`.

    Raises:
        psycopg.OperationalError: PostgreSQL cannot be reached, as in `run`.
    """

    def __init__(self, folder: Path, database_url: str, archive_url: str | None = None) -> None:
        self._folder = folder
        self._archive_url = archive_url
        self.differences: list[str] = []
        self._connection: Connection[Any] = psycopg.connect(database_url, connect_timeout=5)
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self._feeds = self._open()
        except BaseException:
            self.close()
            raise
        self.positions = {
            one.name: one.position if reading.position(folder / one.name) else 0 for one in self._feeds
        }

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _open(self) -> list[Feed]:
        row = self._connection.execute("SELECT to_regclass('market.fed_quarters') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return []  # only an earlier version has run
        return [Feed._make(found) for found in self._connection.execute(FEEDS)]

    def run(self) -> None:
        """Compare everything.

        Raises:
            StoreError, ArchiveError, OSError: the ticks cannot be read.
        """
        for feed in self._feeds:
            if self.positions[feed.name]:
                self.differences += self._compare(feed)

    def _compare(self, feed: Feed) -> list[str]:
        folder = self._folder / feed.name
        reached = reading.position(folder)
        if reached < feed.position:
            return [f"the candles of the feed {feed.name} are at {feed.position}, its ticks end at {reached}"]
        error: Exception | None = None
        for _ in range(TRIES):
            query = TickQuery(folder, reading.archives(folder, self._archive_url))
            gone = pruned(folder)  # after the files were listed: it is noted before anything goes
            try:
                with self._connection.transaction():
                    return list(
                        self._differences(feed, Ticks(query, feed.position, gone.date if gone else ""))
                    )
            except (duckdb.Error, pa.ArrowException, OSError) as tried:
                error = tried
            finally:
                query.close()
        return [f"the ticks of the feed {feed.name} cannot be read: {error}"]

    def _differences(self, feed: Feed, ticks: Ticks) -> Iterator[str]:
        """A sentence about the first candle of each kind that only one side has so."""
        for kind in feed.kinds(ticks.begin):
            made = ticks.candles(kind)
            with ServerCursor(self._connection, f"verify_{kind.table}") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(STORED.format(table=kind.table).encode(), (feed.name, kind.begin))
                found = first_difference(((tuple(row[:2]), tuple(row[2:])) for row in cursor), made)
            if found is not None:
                yield f"the {kind.name} of {said(feed.name, *found)}"


class Ticks:
    """The ticks of a feed that count: up to `position`, of dates after `gone` (\"\": of all dates)."""

    def __init__(self, query: TickQuery, position: int, gone: str) -> None:
        self._query = query
        self._position = position
        self._dates = sorted({file.date for file in query.files if file.date > gone})
        self._taken_back = [row[0] for row in query.rows(TAKEN_BACK, (position,))]
        self.begin = end_of(gone) if gone else 0

    def candles(self, kind: Kind) -> Iterator[tuple[Place, Values]]:
        """The candles that the ticks make, in order."""
        sql = MADE.format(length=kind.length)
        for date in self._dates:
            if end_of(date) <= kind.begin:
                continue
            values = (date, self._position, kind.begin, list(BY_SYMBOL), self._taken_back)
            for batch in self._query.table(sql, values).to_batches(ROWS_AT_ONCE):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield (row[0], row[1]), tuple(row[2:])


def first_difference(
    stored: Iterator[tuple[Place, Values]], made: Iterator[tuple[Place, Values]]
) -> tuple[Place, Values, Values] | None:
    """The first candle that only one side has so, as (place, stored, made)."""
    there, given = next(stored, None), next(made, None)
    while there is not None or given is not None:
        if given is None or (there is not None and there[0] < given[0]):
            assert there is not None, "one of them is there"
            return there[0], there[1], NOTHING
        place, true = given
        if there is None or place < there[0]:
            return place, NOTHING, true
        if there[1] != true:
            return place, there[1], true
        there, given = next(stored, None), next(made, None)
    return None


def said(feed: str, place: Place, stored: Values, true: Values) -> str:
    """Which candle of a feed differs, in its first column that does, and both values."""
    pairs = zip(COLUMNS, stored, true, strict=True)
    column, is_stored, is_true = next(
        (one for one in pairs if one[1] != one[2]), ("trades", 0, "no such candle")
    )
    return (
        f"{place[1]} (feed {feed}) that begins at {place[0]} has {column} {is_stored}, the feed's ticks give"
        f" {is_true}"
    )


def told(positions: Mapping[str, int]) -> Iterator[str]:
    """Which feeds were compared and which were not, in lines."""
    compared = [f"{name} to {position:,}" for name, position in positions.items() if position]
    if compared:
        yield f"compared: candles of the feeds {', '.join(compared)}"
    for name, position in positions.items():
        if not position:
            yield f"not compared: the feed {name}, which has no candles yet, or no ticks here"
