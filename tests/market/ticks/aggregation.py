"""Candles as DuckDB makes them of a tick store: written apart from the code that makes them on the way."""

from __future__ import annotations

from openbell.market.calendar import DAY
from openbell.market.intervals import Interval


def candles_sql(kept: Interval) -> str:
    """(symbol, start, open, high, low, close, volume, notional, trades) of every interval with trades that
    were not taken back. Trades of a command come in the order of their numbers."""
    start = f"time // {kept.length} * {kept.length}"
    if kept.length == 7 * DAY:
        start = (
            f"(time + {3 * DAY}) // {7 * DAY} * {7 * DAY} - {3 * DAY}"  # Mondays; 1970 began on a Thursday
        )
    elif kept.length == 0:
        start = "epoch_ns(date_trunc('month', make_timestamp_ns(time)))"
    return f"""
        SELECT symbol, {start} AS start,
            arg_min(price, trade) FILTER (flags & 1 = 1) AS open,
            max(price) FILTER (flags & 1 = 1) AS high,
            min(price) FILTER (flags & 1 = 1) AS low,
            arg_max(price, trade) FILTER (flags & 1 = 1) AS close,
            sum(quantity)::BIGINT AS volume,
            sum(price::HUGEINT * quantity // 100000000)::BIGINT AS notional,
            count(*)::BIGINT AS trades
        FROM ticks WHERE kind = 1 AND trade NOT IN (SELECT trade FROM ticks WHERE kind = 4) GROUP BY ALL
    """
