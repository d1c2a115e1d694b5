"""What the machine can do at most: the columnar work of ticks in plain NumPy and pyarrow, and nothing else.

Columns are cut out of the bytes, latest prices assigned, the second's figures accumulated, rows sorted by
symbol and written as the same Parquet. There are no checks, names, positions or syncs.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from ticks_flow import Flow

from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, WIRE
from openbell.market.ticks.files import GROUPS
from openbell.market.ticks.parquet import PACKED, ROW_GROUP

FLUSH_ROWS = 1_000_000
Columns = dict[str, npt.NDArray[np.int64]]


def plain(folder: Path, flow: Flow, batches: int) -> float:
    """Ticks a second."""
    folder.mkdir()
    wires = [flow.stamp(number) for number in range(batches)]
    latest = {name: np.zeros(len(flow.symbols), np.int64) for name in ("bid", "bids", "ask", "asks", "last")}
    second = {name: np.zeros(len(flow.symbols), np.int64) for name in ("high", "low", "close", "volume")}
    second["open"] = np.zeros(len(flow.symbols), np.int64)
    held: list[Columns] = []
    begun, rows, file = time.perf_counter(), 0, 0
    for number, wire in enumerate(wires):
        record = np.frombuffer(wire, WIRE)
        columns = {name: np.ascontiguousarray(record[name]) for name in WIRE.names or () if name != "zero"}
        count(columns, latest, second)
        held.append(columns)
        rows += len(record)
        if rows >= FLUSH_ROWS or number == batches - 1:
            write(folder, file, held)
            held, rows, file = [], 0, file + 1
    return batches * flow.size / (time.perf_counter() - begun)


def count(columns: Columns, latest: Columns, second: Columns) -> None:
    """Latest prices and the second's figures."""
    instrument, price, quantity = columns["instrument"], columns["price"], columns["quantity"]
    for kind, name in ((BID, "bid"), (ASK, "ask")):
        rows = np.flatnonzero(columns["kind"] == kind)
        at = instrument[rows]
        latest[name][at] = price[rows]
        latest[name + "s"][at] = quantity[rows]
    rows = np.flatnonzero(columns["kind"] == TRADE)
    np.add.at(second["volume"], instrument[rows], quantity[rows])
    rows = rows[np.flatnonzero(columns["flags"][rows] & ELIGIBLE)]
    at, traded = instrument[rows], price[rows]
    latest["last"][at] = traded
    new = np.flatnonzero(second["open"][at] == 0)[::-1]
    second["open"][at[new]] = traded[new]
    np.maximum.at(second["high"], at, traded)
    np.minimum.at(second["low"], at, traded)
    second["close"][at] = traded


def write(folder: Path, file: int, held: list[Columns]) -> None:
    """One sort by symbol, one file a group."""
    joined = {name: np.concatenate([columns[name] for columns in held]) for name in held[0]}
    group = joined["instrument"] % GROUPS
    key = (group * 8_192 + joined["instrument"] // GROUPS).astype(np.uint16)
    order = np.argsort(key, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(GROUPS + 1))
    for at in range(GROUPS):
        rows = order[bounds[at] : bounds[at + 1]]
        pq.write_table(
            pa.table({name: column[rows] for name, column in joined.items()}),
            folder / f"{file}-{at}.parquet",
            compression="zstd",
            compression_level=1,
            use_dictionary=["instrument", "kind", "flags", "quantity"],
            column_encoding=PACKED,
            row_group_size=ROW_GROUP,
        )
