"""Candles to read: stored ones, quiet intervals filled in, and the simulated history before the first start.

Sources: `traded` holds trades; `filled` had none, so it repeats the last price with no volume; `simulated`
holds at least some of the generated history, which ends where the market first opened.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from openbell.market.calendar import DAY, HOUR, MINUTE, QUARTER, SECOND, Calendar
from openbell.market.frames import frames
from openbell.market.generated import Generator
from openbell.market.intervals import Interval, interval
from openbell.market.rows import START, Rows, fold, join

LIMIT_MAX = 2_000
CONNECT_S = 1.0
AWAY_S = 0.5  # after a failure, refuse at once for so long instead of letting every caller wait

TRADED, FILLED, SIMULATED = "traded", "filled", "simulated"

# By interval, in the order of time. The least of [start, open] is the earliest candle's. What is more than a
# bigint counts as that.
STORED = """
SELECT {floor}, (min(ARRAY[start, open]) FILTER (WHERE open IS NOT NULL))[2], max(high), min(low),
       (max(ARRAY[start, close]) FILTER (WHERE close IS NOT NULL))[2],
       least(sum(volume), 9223372036854775807)::bigint, sum(trades)::bigint
FROM market.{table}
WHERE instrument = %(instrument)s AND start >= %(first)s AND start < %(end)s
GROUP BY 1 ORDER BY 1
"""
CLOSE_BEFORE = """
SELECT close FROM market.{table}
WHERE instrument = %(instrument)s AND start < %(first)s AND close IS NOT NULL
ORDER BY start DESC LIMIT 1
"""
# Of several stocks at once, as in STORED. A close has at most 43 bits, so the largest of (time, close) in one
# number is the latest time's.
CLOSES = """
SELECT instrument, {floor}, max((start - %(first)s) / {unit} << 43 | close) & ((1::bigint << 43) - 1)
FROM market.{table}
WHERE instrument = ANY(%(instruments)s::int[]) AND start >= %(first)s AND start < %(end)s
    AND close IS NOT NULL
GROUP BY 1, 2 ORDER BY 2
"""
CLOSES_BEFORE = """
SELECT i, (
    SELECT close FROM market.{table} WHERE instrument = i AND start < %(first)s AND close IS NOT NULL
    ORDER BY start DESC LIMIT 1
) FROM unnest(%(instruments)s::int[]) AS i
"""

KEPT_FROM = "SELECT seconds_from, minutes_from FROM market.reader"
TABLES = {SECOND: "seconds", MINUTE: "minutes", QUARTER: "quarters", HOUR: "hours", DAY: "days"}
# What has the last price where shorter candles are not kept any more, or nothing traded since they are.
COARSER = {SECOND: (MINUTE, HOUR), MINUTE: (HOUR,), QUARTER: (HOUR,), HOUR: (), DAY: ()}


class HistoryUnavailable(Exception):
    """PostgreSQL, or the stored candles in it, cannot be reached now; trading is not affected."""


class Listed(NamedTuple):
    """What history needs to know of an instrument; a board's ticker has these too."""

    instrument: int
    symbol: str
    reference_price: int
    tick_size: int


class Candle(NamedTuple):
    """One interval: start in ns UTC, prices in 1/10,000 USD, volume in 1/1e8 share. `trades` counts real
    ones only."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int
    source: str


class History:
    """Candles of one exchange, read through a small pool that opens at the first call.

    Args:
        database_url: where schema `market` is.
        seed: the exchange's, as genesis names it.
        calendar: the exchange's.
        start_ns: when the exchange first started: the time of its genesis.
        now: the clock, ns UTC; nothing after it is filled in.
    """

    def __init__(
        self,
        database_url: str,
        seed: int,
        calendar: Calendar,
        start_ns: int,
        connections: int = 4,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._generator = Generator(seed, calendar, start_ns)
        self._calendar = calendar
        self._now = now
        self._pool: AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]] = AsyncConnectionPool(
            database_url,
            min_size=0,
            max_size=connections,
            open=False,
            timeout=CONNECT_S,
            reconnect_timeout=CONNECT_S,
            max_waiting=200,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "connect_timeout": 2,
                "application_name": "openbell history",
                "options": "-c statement_timeout=5000 -c default_transaction_read_only=on",
            },
        )
        self._opening = asyncio.Lock()
        self._opened = False
        self._away_until = 0.0

    async def close(self) -> None:
        """Close the pool; the object is done then."""
        if self._opened:
            await self._pool.close()

    async def candles(
        self, listed: Listed, interval_name: str, from_ns: int | None, to_ns: int | None, limit: int
    ) -> list[Candle]:
        """The newest `limit` candles (at most LIMIT_MAX) that overlap [from_ns, to_ns), oldest first.

        None stands for as early as there is history, and for now. Between the first and the last there is
        one for every interval in which the market can trade; coarser ones are made of the stored and
        generated minutes or days in them. Candles shorter than a minute there are for the newest hours, and
        none from before the first start; those shorter than an hour, where minutes are not kept for good,
        for the newest days.

        Raises:
            ValueError: an interval that is not kept.
            HistoryUnavailable: the stored candles cannot be read now.
        """
        kept = interval(interval_name)
        end = min(self._now() + 1, to_ns) if to_ns is not None else self._now() + 1
        first = max(self._generator.first, from_ns or 0)
        if end > self._generator.end or kept.base == SECOND:
            first = max(first, await self._kept_from(kept))
        starts, after = frames(self._calendar, kept, first, end, min(limit, LIMIT_MAX))
        if not starts:
            return []
        (stored, before), simulated = await asyncio.gather(
            self._stored(listed, kept, starts, after), self._simulated(listed, kept, starts, after)
        )
        return merge(starts, stored, simulated, before or listed.reference_price)

    async def closes(
        self, listed: Sequence[Listed], interval_name: str, from_ns: int, to_ns: int, limit: int
    ) -> dict[int, list[tuple[int, int]]]:
        """Of each instrument, the (start, close) of what `candles` gives, of all of them in one query.

        Raises:
            ValueError: an interval that is not kept, or one shorter than a minute.
            HistoryUnavailable: the stored candles cannot be read now.
        """
        kept = interval(interval_name)
        if kept.base == SECOND:
            raise ValueError(f"closes of {interval_name} are not read together; ask for 1m or longer")
        end, first = min(self._now() + 1, to_ns), max(self._generator.first, from_ns)
        if end > self._generator.end:
            first = max(first, await self._kept_from(kept))
        starts, after = frames(self._calendar, kept, first, end, min(limit, LIMIT_MAX))
        if starts and [*starts, after][1] < self._generator.end:  # it begins before the last simulated one
            each = [await self.candles(one, interval_name, from_ns, to_ns, limit) for one in listed]
            closes = [[(candle.start, candle.close) for candle in candles] for candles in each]
            return {one.instrument: found for one, found in zip(listed, closes, strict=True)}
        if not starts:
            return {one.instrument: [] for one in listed}
        stored, before = await self._stored_closes([one.instrument for one in listed], kept, starts, after)
        found = {}
        for one in listed:
            price = before.get(one.instrument) or one.reference_price
            if starts[0] < self._generator.end:  # where the simulated history ends
                price = one.reference_price // one.tick_size * one.tick_size
            found[one.instrument] = carried(starts, stored.get(one.instrument, {}), price)
        return found

    async def _stored_closes(
        self, instruments: Sequence[int], kept: Interval, starts: Sequence[int], end: int
    ) -> tuple[dict[int, dict[int, int]], dict[int, int]]:
        """By instrument, the last close in each interval by its start, and the last one before them all."""
        if end <= self._generator.end:
            return {}, {}
        unit = HOUR if kept.base == DAY else kept.base
        query = CLOSES.format(table=TABLES[kept.base], floor=floor(kept), unit=unit)
        arguments = {"instruments": list(instruments), "first": starts[0], "end": end}
        stored: dict[int, dict[int, int]] = {}
        for instrument, start, close in await self.rows(query, arguments):
            stored.setdefault(instrument, {})[frame_of(start, starts)] = close
        if starts[0] <= self._generator.end:
            return stored, {}
        before: dict[int, int] = {}
        for table, first in places_before(kept, starts[0]):
            if without := [instrument for instrument in instruments if instrument not in before]:
                rows = await self.rows(
                    CLOSES_BEFORE.format(table=table), {"instruments": without, "first": first}
                )
                before |= {instrument: close for instrument, close in rows if close is not None}
        return stored, before

    async def _stored(
        self, listed: Listed, kept: Interval, starts: Sequence[int], end: int
    ) -> tuple[dict[int, Candle], int]:
        """What trades made of each interval, and the last close before them all (0: none)."""
        if end <= self._generator.end:
            return {}, 0
        query = STORED.format(table=TABLES[kept.base], floor=floor(kept))
        arguments = {"instrument": listed.instrument, "first": starts[0], "end": end}
        stored = traded(await self.rows(query, arguments), starts)
        before = 0
        if starts[0] > self._generator.end:
            before = await self._close_before(listed, kept, starts[0])
        return stored, before

    async def _close_before(self, listed: Listed, kept: Interval, start: int) -> int:
        """The last close before `start`; 0 if there is none."""
        for table, first in places_before(kept, start):
            asked = {"instrument": listed.instrument, "first": first}
            if found := await self.rows(CLOSE_BEFORE.format(table=table), asked):
                return int(found[0][0])
        return 0

    async def _kept_from(self, kept: Interval) -> int:
        """When the stored candles that `kept` is made of begin; 0 if with the market."""
        if kept.base in (DAY, HOUR):
            return 0
        seconds_from, minutes_from = map(int, (await self.rows(KEPT_FROM, {}))[0])
        if kept.base == SECOND:
            return max(self._generator.end, seconds_from)
        return minutes_from if minutes_from > self._generator.end else 0

    async def _simulated(
        self, listed: Listed, kept: Interval, starts: list[int], end: int
    ) -> dict[int, Candle]:
        if starts[0] >= self._generator.end:
            return {}
        # Weeks of minutes take some milliseconds to draw: others are served meanwhile.
        rows = await asyncio.to_thread(self._generated, listed, kept, starts, end)
        return {row[START]: Candle._make((*row, 0, SIMULATED)) for row in rows.tolist()}

    def _generated(self, listed: Listed, kept: Interval, starts: list[int], end: int) -> Rows:
        end = min(end, self._generator.end)
        symbol, reference_price, tick_size = listed.symbol, listed.reference_price, listed.tick_size
        parts: list[Rows] = []
        day = self._calendar.day(starts[0])
        if kept.base == DAY:
            # Whole days, and of the first start's own day what its generated minutes make of it.
            parts.append(self._generator.days(symbol, reference_price, tick_size))
            day = self._calendar.day(self._generator.end)
        while day.start < end:
            minutes = self._generator.minutes(symbol, reference_price, tick_size, day)
            parts.append(fold(minutes, [day.stamp]) if kept.base == DAY else minutes)
            day = self._calendar.following(day)
        rows = join(parts)
        return fold(rows[rows[:, START] < end], starts)

    async def rows(self, query: str, arguments: dict[str, Any]) -> list[tuple[Any, ...]]:
        """What the database answers to a question about stored candles.

        Raises:
            HistoryUnavailable: it cannot be asked now.
        """
        if time.monotonic() < self._away_until:
            raise HistoryUnavailable("the database is away")
        try:
            await self._open()
            async with self._pool.connection() as connection:
                cursor = await connection.execute(query.encode(), arguments)
                return await cursor.fetchall()
        except (
            psycopg.OperationalError,
            psycopg.errors.UndefinedTable,
            psycopg.errors.UndefinedColumn,
            PoolTimeout,
            TooManyRequests,
        ) as error:
            self._away_until = time.monotonic() + AWAY_S
            raise HistoryUnavailable(f"stored candles cannot be read: {error}") from error

    async def _open(self) -> None:
        async with self._opening:
            if not self._opened:
                await self._pool.open(wait=False)
                self._opened = True


def places_before(kept: Interval, start: int) -> list[tuple[str, int]]:
    """Where the last price before `start` is looked for: tables, and before which start in them."""
    places = [(TABLES[kept.base], start)]
    return places + [(TABLES[length], start - start % length) for length in COARSER[kept.base]]


def floor(kept: Interval) -> str:
    """The start of the interval that holds a candle, as SQL of the candle's `start`."""
    if kept.length == kept.base:
        return "start"
    if kept.length:
        return f"start - (start - ({kept.floor(0)})) %% {kept.length}"
    moment = f"to_timestamp(start / {SECOND}) AT TIME ZONE 'UTC'"
    return f"extract(epoch FROM date_trunc('month', {moment}))::bigint * {SECOND}"


def frame_of(start: int, starts: Sequence[int]) -> int:
    """Which of `starts` holds what begins at `start`: what a session's end still brings is its last one's."""
    return starts[bisect_right(starts, start) - 1]


def traded(rows: Sequence[tuple[Any, ...]], starts: Sequence[int]) -> dict[int, Candle]:
    """What trades made of each of `starts`, as STORED answers; prices are 0 where none moved them."""
    known, found = set(starts), dict[int, Candle]()
    for start, opened, high, low, close, volume, trades in rows:
        candle = Candle(start, opened or 0, high or 0, low or 0, close or 0, volume, trades, TRADED)
        if start not in known:
            start = frame_of(start, starts)
            before = found.get(start)
            candle = candle._replace(start=start) if before is None else _both(before, candle)
        found[start] = candle
    return found


def carried(starts: Sequence[int], stored: Mapping[int, int], before: int) -> list[tuple[int, int]]:
    """(start, close) of each start; where nothing is stored, the close before goes on."""
    found = []
    for start in starts:
        before = stored.get(start, before)
        found.append((start, before))
    return found


def merge(
    starts: Sequence[int], stored: dict[int, Candle], simulated: dict[int, Candle], before: int
) -> list[Candle]:
    """One candle for each start: simulated then traded where both are in it, filled where none is.

    Args:
        before: the price at which the first start's interval begins.
    """
    merged = []
    for start in starts:
        earlier, later = simulated.get(start), stored.get(start)
        if earlier and later:
            candle = _both(earlier, later)
        elif later:
            candle = later if later.open else _flat(start, before, later.volume, later.trades, TRADED)
        else:
            candle = earlier or _flat(start, before, 0, 0, FILLED)
        before = candle.close
        merged.append(candle)
    return merged


def _flat(start: int, price: int, volume: int, trades: int, source: str) -> Candle:
    return Candle(start, price, price, price, price, volume, trades, source)


def _both(earlier: Candle, later: Candle) -> Candle:
    """A candle of two parts: where the simulated history ends and trading begins, or a session's end."""
    volume, trades = earlier.volume + later.volume, earlier.trades + later.trades
    if not later.open:
        return earlier._replace(volume=volume, trades=trades)
    if not earlier.open:
        return later._replace(start=earlier.start, volume=volume, trades=trades, source=earlier.source)
    return earlier._replace(
        high=max(earlier.high, later.high),
        low=min(earlier.low, later.low),
        close=later.close,
        volume=volume,
        trades=trades,
    )
