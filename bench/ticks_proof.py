"""That no tick was lost or changed: DuckDB reads the files by itself, and must find what was sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from ticks_flow import Flow

from openbell.market.ticks.batch import ASK, BID, TRADE
from openbell.market.ticks.quotes import Quotes
from openbell.market.ticks.seconds import Candles

CANDLES = """
CREATE TABLE told AS SELECT symbol, time // 1000000000 * 1000000000 AS start,
    coalesce(arg_min(price, position) FILTER (flags & 1 = 1), 0) AS open,
    coalesce(max(price) FILTER (flags & 1 = 1), 0) AS high,
    coalesce(min(price) FILTER (flags & 1 = 1), 0) AS low,
    coalesce(arg_max(price, position) FILTER (flags & 1 = 1), 0) AS close,
    sum(quantity)::BIGINT AS volume, count(*) AS trades
FROM ticks WHERE kind = 1 GROUP BY ALL
"""
LAST = """
SELECT symbol,
    coalesce(arg_max(price, position) FILTER (kind = 2), 0),
    coalesce(arg_max(price, position) FILTER (kind = 3), 0),
    coalesce(arg_max(price, position) FILTER (kind = 1 AND flags & 1 = 1), 0), max(position)
FROM ticks GROUP BY ALL ORDER BY symbol
"""


def prove(folder: Path, flow: Flow, count: int, quotes: Quotes, candles: list[Candles]) -> str:
    """Compare `count` batches of the flow with the files, the quotes and the candles.

    Raises:
        AssertionError: something differs.
    """
    db = duckdb.connect(config={"threads": 1})
    files = f"{folder}/date=*/group=*/*.parquet"
    db.execute(f"CREATE VIEW ticks AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)")
    sent = sums_sent(flow, count)
    found = db.execute(
        "SELECT kind, count(*), sum(price), sum(quantity) FROM ticks GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert found == sent, f"files have {found}, sent were {sent}"
    ticks = count * flow.size
    one_each = db.execute(
        "SELECT count(DISTINCT position), min(position), max(position) FROM ticks"
    ).fetchall()
    assert one_each == [(ticks, 1, ticks)], f"positions in files: {one_each} of {ticks}"
    made = compare_candles(db, flow, candles)
    compare_quotes(db, flow, quotes)
    return f"{ticks} ticks in files, each once; {made} candles and {quotes.count} quotes equal DuckDB's"


def sums_sent(flow: Flow, count: int) -> list[tuple[int, int, int, int]]:
    """(kind, ticks, sum of prices, sum of quantities) of everything sent."""
    total: dict[int, list[int]] = {}
    for rows, uses in zip(flow.rows, flow.uses(count), strict=True):
        for kind in (TRADE, BID, ASK):
            of_kind = rows[rows["kind"] == kind]
            one = total.setdefault(kind, [0, 0, 0])
            one[0] += uses * len(of_kind)
            one[1] += uses * int(of_kind["price"].sum())
            one[2] += uses * int(of_kind["quantity"].sum())
    return [(kind, *one) for kind, one in total.items() if one[0]]


def compare_candles(db: Any, flow: Flow, candles: list[Candles]) -> int:
    """The candles made on the way against those of an aggregation; how many."""
    names = np.array(flow.symbols)
    columns = {
        name: np.concatenate([getattr(one, name) for one in candles])
        for name in ("instrument", "start", "open", "high", "low", "close", "volume", "trades")
    }
    columns = {"symbol": names[columns.pop("instrument")], **columns}
    db.register("made", pa.table(columns))
    db.execute(CANDLES)
    for one, other in (("told", "made"), ("made", "told")):
        only = db.execute(f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other} LIMIT 1").fetchall()
        assert not only, f"a candle of {one} alone: {only[0]}"
    return len(columns["start"])


def compare_quotes(db: Any, flow: Flow, quotes: Quotes) -> None:
    """The latest quotes against the last ticks in the files."""
    numbers = {symbol: number for number, symbol in enumerate(flow.symbols)}
    for symbol, bid, ask, last, position in db.execute(LAST).fetchall():
        quote = quotes.quote(numbers[symbol])
        told = (quote.bid, quote.ask, quote.last, quote.position)
        assert told == (bid, ask, last, position), f"{symbol}: {told} is not {(bid, ask, last, position)}"
