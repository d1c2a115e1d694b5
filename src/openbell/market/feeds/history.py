"""Candles to read of a venue-fed symbol: from its first trade to its newest, quiet intervals filled in.

Such a symbol trades around the clock as far as this exchange knows: its days are days of UTC, whatever the
exchange's calendar is.
"""

from __future__ import annotations

from openbell.market.calendar import DAY, HOUR, SECOND, Always
from openbell.market.frames import frames
from openbell.market.history import (
    CLOSE_BEFORE,
    LIMIT_MAX,
    STORED,
    TABLES,
    Candle,
    History,
    floor,
    merge,
    places_before,
    traded,
)
from openbell.market.intervals import Interval, interval

SYMBOL = """
SELECT number, first, newest, seconds_from, minutes_from FROM market.fed JOIN market.feeds USING (feed)
WHERE feed = %(feed)s AND symbol = %(symbol)s
"""
FIRST_OPEN = """
SELECT open FROM market.fed_hours WHERE instrument = %(instrument)s AND open IS NOT NULL
ORDER BY start LIMIT 1
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
        if kept.base not in (DAY, HOUR):
            first = max(first, seconds_from if kept.base == SECOND else minutes_from)
        end = newest + 1 if to_ns is None else min(newest + 1, to_ns)
        starts, after = frames(self._calendar, kept, max(first, from_ns or 0), end, min(limit, LIMIT_MAX))
        if not starts:
            return []
        query = STORED.format(table=f"fed_{TABLES[kept.base]}", floor=floor(kept))
        arguments = {"instrument": number, "first": starts[0], "end": after}
        stored = traded(await rows(query, arguments), starts)
        before = await self._price_before(number, kept, starts[0])
        return merge(starts, stored, {}, before) if before else []

    async def _price_before(self, number: int, kept: Interval, start: int) -> int:
        """The last close before `start`; before the first price it is that one."""
        for table, first in places_before(kept, start):
            query = CLOSE_BEFORE.format(table=f"fed_{table}")
            if found := await self._history.rows(query, {"instrument": number, "first": first}):
                return int(found[0][0])
        found = await self._history.rows(FIRST_OPEN, {"instrument": number})
        return int(found[0][0]) if found else 0
