"""Reading a feed's store from beside the process that writes it: its trades by number, and what was busted.

Importing this module imports duckdb and pyarrow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from openbell.market.calendar import DAY
from openbell.market.feeds.candles import Trades
from openbell.market.feeds.marks import archives_of
from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import BUST, ELIGIBLE, TRADE
from openbell.market.ticks.checkpoint import load
from openbell.market.ticks.files import date_of
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import CHECKPOINT
from openbell.market.ticks.tiers import held
from openbell.market.ticks.upkeep import pruned

COLUMNS = ("symbol", "kind", "flags", "time", "price", "quantity", "position", "trade")
# The days whose trades were taken back: of several trades of one number the newest before the bust.
BUSTED = f"""
SELECT symbol, max(t.position) AS position, arg_max(t.time, t.position) // {DAY} AS day
FROM ticks AS b JOIN ticks AS t USING (symbol, trade)
WHERE b.kind = {BUST} AND t.kind = {TRADE} AND t.position < b.position AND b.position <= $1
GROUP BY symbol, b.position
"""
OF_DAY = f"""
SELECT symbol, kind, flags, time, price, quantity, position, trade FROM ticks
WHERE kind = {TRADE} AND symbol = $2 AND time // {DAY} = $3 AND position <= $1
    AND position NOT IN (SELECT position FROM ({BUSTED}) WHERE symbol = $2)
ORDER BY position
"""


class Window(NamedTuple):
    """Trades of a run of positions; `symbols` are by the trades' numbers. `busted` has the symbols and days
    since 1970 of which a trade was taken back."""

    symbols: list[str]
    trades: Trades
    busted: list[tuple[str, int]]


def position(folder: Path) -> int:
    """How far the files of the feed in `folder` are; 0 where there is no store yet.

    Raises:
        StoreError: the store is spoilt.
    """
    kept = load(folder / CHECKPOINT)
    return kept.position if kept else 0


def archives(folder: Path, url: str | None) -> list[Archive]:
    """Where ticks of the feed in `folder` may be beside it; they are listed once.

    Raises:
        ArchiveError: the archive's `url` cannot be used.
    """
    return [Archive(where, below) for where, below in archives_of(folder, url)]


def window(
    folder: Path, first: int, last: int, without: Collection[str] = (), old: Sequence[Archive] = ()
) -> Window:
    """The trades numbered `first` to `last`, in order, but for those of the symbols in `without`.

    Args:
        old: the archives of the feed.

    Raises:
        OSError: a file cannot be read, or was merged away meanwhile: it can be tried again.
    """
    table = pa.concat_tables([*_tables(folder, first, last, old), parquet.SCHEMA.empty_table()])
    others = pa.array(list(without), pa.string())
    table = table.filter(pc.invert(pc.is_in(table["symbol"].cast(pa.string()), others)))
    table = table.sort_by("position")
    symbols, trades, kinds = _columns(table)
    news = np.unique(trades.symbol[kinds == BUST])
    return Window(
        symbols,
        trades.take(kinds == TRADE),
        _busted(folder, first, last, {symbols[number] for number in news.tolist()}, old),
    )


def of_day(folder: Path, symbol: str, day: int, last: int, old: Sequence[Archive] = ()) -> Trades | None:
    """The trades of a symbol and a day since 1970 that stand after position `last`; None if some of that day
    may be gone for good.

    Raises:
        OSError: as `window`.
    """
    query = TickQuery(folder, old)
    try:
        trades = _columns(query.table(OF_DAY, (last, symbol, day)))[1]
    finally:
        query.close()
    gone = pruned(folder)  # it is noted before anything goes
    return None if gone is not None and date_of(day) <= gone.date else trades


def _busted(
    folder: Path, first: int, last: int, symbols: set[str], old: Sequence[Archive]
) -> list[tuple[str, int]]:
    if not symbols:
        return []
    query = TickQuery(folder, old)
    try:
        sql = f"SELECT DISTINCT symbol, day FROM ({BUSTED} HAVING b.position >= $2) ORDER BY ALL"
        return [(symbol, day) for symbol, day in query.rows(sql, (last, first)) if symbol in symbols]
    finally:
        query.close()


def _tables(folder: Path, first: int, last: int, old: Sequence[Archive]) -> Iterable[Any]:
    """What is in files of these positions, on this disk and in the archives."""
    form = ds.ParquetFileFormat()
    number, kind = ds.field("position"), ds.field("kind")
    wanted = (number >= first) & (number <= last) & ((kind == TRADE) | (kind == BUST))
    for one in held(folder, old):
        if one.file.last < first or one.file.first > last:
            continue
        fragment = form.make_fragment(one.path, one.filesystem)
        yield fragment.to_table(parquet.SCHEMA, filter=wanted, use_threads=False)


def _columns(table: Any) -> tuple[list[str], Trades, Any]:
    """The symbols of a table of ticks, its rows as trades, and their kinds."""
    names = table["symbol"].cast(pa.string()).combine_chunks().dictionary_encode()
    time, price, quantity = (table[name].to_numpy() for name in ("time", "price", "quantity"))
    eligible = (table["flags"].to_numpy() & ELIGIBLE) > 0
    symbol = names.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    trades = Trades(symbol, time, price, quantity, eligible)
    return names.dictionary.to_pylist(), trades, table["kind"].to_numpy()
