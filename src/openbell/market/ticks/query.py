"""Reading ticks of all tiers as one table, with DuckDB's SQL: the view `ticks`.

Files of archives are read through pyarrow, so an object store needs nothing of DuckDB. Importing this module
imports duckdb and pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds

from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import Ticks
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.tiers import NEWEST, Held, held

SCHEMA = parquet.SCHEMA.append(pa.field("date", pa.string()))
VIEW = "CREATE VIEW ticks AS SELECT * FROM hot UNION ALL SELECT * FROM here UNION ALL SELECT * FROM away"


class TickQuery:
    """A picture of a store at one moment; every tick in it once.

    Args:
        folder: the store's; its files are read, whoever writes it.
        archives: where old files are, if anywhere, in the order in which they go there.
        store: the store itself, in the process that writes it: its newest ticks are read too.
    """

    def __init__(
        self, folder: Path, archives: Sequence[Archive] = (), store: TickStore | None = None
    ) -> None:
        # First the memory, then how far the files are: what moves to a file meanwhile is left out of one.
        hot = store.hot() if store else None
        position = store.position if store else NEWEST
        files = held(folder, archives, position)
        self.files = [one.file for one in files]
        self._connection = duckdb.connect(config={"threads": 1})
        newest = _hot(hot, store.symbols, position) if store and hot else _none()
        self._connection.register("hot", newest)
        self._connection.register("here", _dataset([one for one in files if one.is_local]))
        self._connection.register("away", _dataset([one for one in files if not one.is_local]))
        self._connection.execute(VIEW)

    def table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to a question about `ticks` (symbol, kind, flags, time, price, quantity, position,
        trade, date), raw units.

        Raises:
            duckdb.Error: the question has no answer; its text says why.
        """
        return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """As `table`, as tuples."""
        return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Done."""
        self._connection.close()


def _hot(ticks: Ticks, symbols: Sequence[str], position: int) -> pa.Table:
    """What only memory has, by symbol as in files."""
    newer = np.flatnonzero(ticks.position > position)
    rows = ticks.take(newer[np.argsort(ticks.instrument[newer], kind="stable")])
    dates = pa.array(np.datetime_as_string(rows.time.astype("datetime64[ns]"), unit="D"))
    table = parquet.table(rows, symbols)
    return table.append_column("date", dates.cast(pa.string()))


def _none() -> pa.Table:
    return SCHEMA.empty_table()


def _dataset(files: Sequence[Held]) -> Any:
    if not files:
        return _none()
    form = ds.ParquetFileFormat()
    fragments = [
        form.make_fragment(one.path, one.filesystem, ds.field("date") == one.file.date) for one in files
    ]
    return ds.FileSystemDataset(fragments, SCHEMA, form, files[0].filesystem)
