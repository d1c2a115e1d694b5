"""`openbell ticks SQL`: asks a data folder's tick store and its archive, whether an exchange runs or not."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from openbell.ops.settings import Settings


def ticks(settings: Settings, sql: str, to: Path | None, as_json: bool, feed: str | None = None) -> int:
    """Print the answer as CSV, or as a JSON object a row, or write it to a Parquet file; the exit code.

    Args:
        feed: the feed whose store is asked; None: the exchange's own.
    """
    import duckdb
    import pyarrow.parquet as pq

    from openbell.market.feeds.reading import archives
    from openbell.market.ticks.archive import Archive
    from openbell.market.ticks.parquet import one_thread
    from openbell.market.ticks.query import TickQuery
    from openbell.ops.blobs import ArchiveError

    one_thread()
    folder = settings.ticks_dir if feed is None else settings.feeds_dir / feed
    try:
        if not folder.is_dir():
            where = settings.data_dir if feed is None else folder
            raise FileNotFoundError(f"there are no ticks in {where}; name a folder with --data-dir")
        own = [Archive(settings.archive_url or settings.archive_dir)]
        query = TickQuery(folder, own if feed is None else archives(folder, settings.archive_url))
        table = query.table(sql)
    except (FileNotFoundError, ArchiveError, OSError, duckdb.Error) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 2
    if to is not None:
        pq.write_table(table, to, compression="zstd")
        print(f"{table.num_rows:,} rows in {to}")
        return 0
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if not as_json:
        writer.writerow(table.column_names)
    for row in table.to_pylist():
        if as_json:
            print(json.dumps(row, default=str))
        else:
            writer.writerow(row.values())
    return 0
