"""One instrument's ticks of a range of time as one Parquet file: `python -m openbell.market.ticks.export`.

A process of its own, so that whoever asks neither loads pyarrow nor shares its processor with it. It is asked
with one argument, an Ask as JSON, writes the file to a descriptor that it inherits, and prints an Exported as
JSON. It reads what is in files, on this disk and in the archive; what the recorder still has in memory comes
with its next flush.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.dataset as ds

from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.asking import Ask, Exported
from openbell.market.ticks.checkpoint import StoreError, load
from openbell.market.ticks.files import GROUPS, end_of
from openbell.market.ticks.store import CHECKPOINT
from openbell.market.ticks.tiers import Held, held

NICE = 10  # orders go before downloads
DAY_NS = 86_400 * 10**9


def export(ask: Ask, to: IO[bytes]) -> Exported:
    """Write the ticks that are asked for, in order; none if they are too many.

    Raises:
        StoreError: there is no store in the folder.
        OSError: a disk or the archive refused something.
    """
    kept = load(Path(ask.folder) / CHECKPOINT)
    if kept is None:
        raise StoreError(f"there are no ticks in {ask.folder} yet")
    rows = full_at = 0
    with parquet.writer(to) as writer:
        for some in _gathered(_batches(ask, kept.position)):
            if rows + len(some) > ask.rows_max:
                full_at = some["time"][ask.rows_max - rows].as_py()
                break
            writer.write_table(some)
            rows += len(some)
    if full_at:
        to.seek(0)
        to.truncate()
        rows = 0
    return Exported(rows=rows, position=kept.position, full_at=full_at)


def files_of(ask: Ask, position: int) -> list[Held]:
    """The files that may hold what is asked for, in the order of their ticks."""
    archives = [Archive(where, folder) for where, folder in ask.archives]
    return [
        one
        for one in held(Path(ask.folder), archives, position)
        if one.file.group == ask.instrument % GROUPS
        and end_of(one.file.date) > ask.start
        and end_of(one.file.date) - DAY_NS < ask.end
    ]


def _batches(ask: Ask, position: int) -> Iterator[Any]:
    """What is asked for, a little at a time."""
    form = ds.ParquetFileFormat()
    wanted = (
        (ds.field("symbol") == ask.symbol) & (ds.field("time") >= ask.start) & (ds.field("time") < ask.end)
    )
    for one in files_of(ask, position):
        fragment = form.make_fragment(one.path, one.filesystem)
        yield from fragment.to_batches(
            parquet.SCHEMA, filter=wanted, batch_size=parquet.ROW_GROUP, batch_readahead=1, use_threads=False
        )


def _gathered(batches: Iterator[Any]) -> Iterator[Any]:
    """Tables of about a row group's rows each."""
    parts: list[Any] = []
    rows = 0
    for batch in batches:
        if not len(batch):
            continue
        parts.append(batch)
        rows += len(batch)
        if rows >= parquet.ROW_GROUP:
            yield pa.Table.from_batches(parts)
            parts, rows = [], 0
    if parts:
        yield pa.Table.from_batches(parts)


def main() -> None:
    """Answer the question in the first argument."""
    os.nice(NICE)
    ask = msgspec.json.decode(sys.argv[1], type=Ask)
    signal.alarm(ask.seconds_max)  # nobody waits longer, even if who asked is gone
    parquet.one_thread()
    try:
        with os.fdopen(ask.descriptor, "w+b") as to:
            found = export(ask, to)
    except (StoreError, OSError) as error:
        sys.exit(f"ticks cannot be exported: {error}")
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
