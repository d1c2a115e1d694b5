"""One Parquet file of ticks: written whole, or not at all; rows by symbol, and of a symbol in order.

Integers are packed as differences, which every reader of Parquet knows, and compressed with zstd. Importing
this module imports pyarrow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from openbell.market.ticks.batch import COLUMNS, Ints, Ticks
from openbell.ops.durable import UNFINISHED

UNITS = {
    "time": "nanoseconds since 1970-01-01 UTC",
    "price": "1/10,000 USD",
    "quantity": "1/100,000,000 share",
    "kind": "1 trade, 2 best bid, 3 best offer, 4 bust of a trade",
    "flags": "1 eligible, 2 the taker bought, 4 the taker sold",
}
SCHEMA = pa.schema(
    [
        ("symbol", pa.dictionary(pa.int32(), pa.string())),
        ("kind", pa.uint8()),
        ("flags", pa.uint8()),
        ("time", pa.int64()),
        ("price", pa.int64()),
        ("quantity", pa.int64()),
        ("position", pa.int64()),
        ("trade", pa.int64()),
    ],
    metadata=UNITS,
)
PACKED = dict.fromkeys(("time", "price", "position", "trade"), "DELTA_BINARY_PACKED")
ROW_GROUP = 65_536
LEVEL = 1  # of zstd: higher ones cost twice the time and win a few percent
FORM: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": LEVEL,
    "use_dictionary": ["symbol", "kind", "flags", "quantity"],
    "column_encoding": PACKED,
}


def one_thread() -> None:
    """Keep pyarrow to one processor: the machine's others have orders to match."""
    pa.set_cpu_count(1)


def table(ticks: Ticks, symbols: Sequence[str]) -> pa.Table:
    """Rows that lie together by instrument, as Parquet has them; `symbols` by instrument number."""
    changes = np.flatnonzero(ticks.instrument[1:] != ticks.instrument[:-1]) + 1
    starts: Ints = np.concatenate([np.zeros(min(1, len(ticks)), np.int64), changes])
    codes = np.repeat(
        np.arange(len(starts), dtype=np.int32), np.diff(starts, append=len(ticks)).astype(np.int64)
    )
    names = [symbols[number].encode() for number in ticks.instrument[starts].tolist()]
    symbol = pa.DictionaryArray.from_arrays(_array(codes, pa.int32()), _texts(names))
    columns = [_array(getattr(ticks, field.name), field.type) for field in list(SCHEMA)[1:]]
    return pa.Table.from_arrays([symbol, *columns], schema=SCHEMA)


def _array(column: npt.NDArray[Any], kind: Any) -> Any:
    """A column as it lies in memory; `pa.array` would import pandas to ask whether it is one of its own."""
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])


def _texts(texts: Sequence[bytes]) -> Any:
    ends = np.cumsum([0, *(len(text) for text in texts)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(texts)))


def write(rows: pa.Table, path: Path) -> None:
    """Make the file `path`, durable when this returns but for its folder's entry."""
    unfinished = path.with_suffix(UNFINISHED)
    with unfinished.open("wb") as file:
        pq.write_table(rows, file, row_group_size=ROW_GROUP, **FORM)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def writer(to: IO[bytes]) -> pq.ParquetWriter:
    """Writes tables of ticks, each a row group or some, to an open file; it is whole when it is closed."""
    return pq.ParquetWriter(to, SCHEMA, **FORM)


def merge(paths: Sequence[Path], path: Path) -> None:
    """Make `path` of the rows of `paths`, which are in order of their spans."""
    rows = pa.concat_tables([pq.read_table(one, schema=SCHEMA, use_threads=False) for one in paths])
    symbol = rows["symbol"].unify_dictionaries().combine_chunks()
    rank = np.argsort(np.argsort(np.array(symbol.dictionary.to_pylist())))
    key = rank[symbol.indices.to_numpy()]
    # Small numbers sort faster; a stable sort leaves the ticks of a symbol in their order.
    order = np.argsort(key.astype(np.uint16) if len(rank) <= 1 << 16 else key, kind="stable")
    write(rows.set_column(0, SCHEMA.field("symbol"), symbol).take(_array(order, pa.int64())), path)


def ticks_in(data: bytes, symbols: Sequence[str]) -> Ticks:
    """The ticks in the bytes of a file, in its order; instrument -1 where its symbol is none of `symbols`.

    Raises:
        pa.ArrowException, OSError: the bytes are damaged, or no Parquet file.
        ValueError: they are a Parquet file, and not of ticks.
    """
    with pq.ParquetFile(pa.BufferReader(data)) as file:  # pq.read_table would import pandas
        rows = file.read(use_threads=False)
    if not rows.schema.equals(SCHEMA):
        raise ValueError(f"its columns are {rows.schema.names}, or of other types than ticks have")
    symbol = rows["symbol"].unify_dictionaries().combine_chunks()
    numbers = {name: number for number, name in reversed(list(enumerate(symbols)))}
    known = np.array([numbers.get(name, -1) for name in symbol.dictionary.to_pylist()], np.int32)
    columns = {name: rows[name].combine_chunks().to_numpy() for name in COLUMNS if name != "instrument"}
    return Ticks(instrument=known[symbol.indices.to_numpy()], **columns)
