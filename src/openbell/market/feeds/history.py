"""Candles to read of a venue-fed symbol: from its first trade to its newest, quiet intervals filled in.

Such a symbol trades around the clock as far as this exchange knows: its days are days of UTC, whatever the
exchange's calendar is.
"""

from __future__ import annotations

from openbell.market.calendar import DAY, HOUR, MINUTE, SECOND, Always
from openbell.market.frames import frames
from openbell.market.history import CLOSE_BEFORE, LIMIT_MAX, STORED, Candle, History, merge, traded
from openbell.market.intervals import interval

TABLES = {SECOND: "fed_seconds", MINUTE: "fed_minutes", DAY: "fed_days"}
HOURLY = "fed_hourly"  # minutes, and hours of the time before them
SYMBOL = """
SELECT number, first, newest, seconds_from, minutes_from FROM market.fed JOIN market.feeds USING (feed)
WHERE feed = %(feed)s AND symbol = %(symbol)s
"""
FIRST_OPEN = """
SELECT open FROM market.{table} WHERE instrument = %(instrument)s AND open IS NOT NULL ORDER BY start LIMIT 1
"""


class FedHistory:
    """Candles of what feeds bring, read as the exchange's own are."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._calendar = Always()

    async def candles(
        self, feed: str, symbol: str, interval_name: str, from_ns: int | None, to_ns: int | None, limit: int
    ) -> list[Candle]:
        """The newest `limit` candles (at most LIMIT_MAX) that overlap [from_ns, to_ns), oldest first; none
        before the first trade, or after the newest.

        Raises:
            ValueError: an interval that is not kept.
            HistoryUnavailable: the stored candles cannot be read now.
        """
        kept = interval(interval_name)
        rows = self._history.rows
        known = await rows(SYMBOL, {"feed": feed, "symbol": symbol})
        if not known:
            return []
        number, first, newest, seconds_from, minutes_from = known[0]
        hourly = kept.length == HOUR
        if kept.base != DAY and not hourly:
            first = max(first, seconds_from if kept.base == SECOND else minutes_from)
        end = newest + 1 if to_ns is None else min(newest + 1, to_ns)
        starts, after = frames(self._calendar, kept, max(first, from_ns or 0), end, min(limit, LIMIT_MAX))
        if not starts:
            return []
        table = HOURLY if hourly else TABLES[kept.base]
        arguments = {"instrument": number, "starts": starts, "first": starts[0], "end": after}
        stored = traded(await rows(STORED.format(table=table), arguments), starts)
        before = await self._price_before(number, table, starts[0], minutes_from)
        return merge(starts, stored, {}, before) if before else []

    async def _price_before(self, number: int, table: str, start: int, minutes_from: int) -> int:
        """The last close before `start`: where none so short is stored any more the minutes and hours before
        it have it, and before the first price it is that one."""
        whole = start - start % (MINUTE if start >= minutes_from else HOUR)
        for query, first in (
            (CLOSE_BEFORE.format(table=table), start),
            (CLOSE_BEFORE.format(table=HOURLY), whole),
            (FIRST_OPEN.format(table=HOURLY), start),
        ):
            if found := await self._history.rows(query, {"instrument": number, "first": first}):
                return int(found[0][0])
        return 0
