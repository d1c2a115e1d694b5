"""Ticks of one instrument and a range of time as one file, whichever tiers they are in."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from openbell.market.ticks.archive import Archive
from openbell.market.ticks.asking import MODULE, Ask, Exported
from openbell.market.ticks.batch import Ticks
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.export import export
from openbell.market.ticks.parquet import UNITS
from openbell.market.ticks.upkeep import age, merge
from tests.market.ticks.made import SECOND, START, Row, random_ticks, rows_of
from tests.market.ticks.test_store import SYMBOLS, flush, opened

DAY = 86_400 * SECOND
COUNT = 4_000


def asking(
    folder: Path, instrument: int = 3, start: int = 0, end: int = 1 << 62, rows_max: int = COUNT
) -> Ask:
    return Ask(
        folder=str(folder),
        archives=[(str(folder.parent / "archive"), "ticks")],
        symbol=SYMBOLS[instrument],
        instrument=instrument,
        start=start,
        end=end,
        rows_max=rows_max,
        seconds_max=20,
        descriptor=0,
    )


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Ticks]:
    """A store whose ticks of three dates lie in many files, in merged ones and in the archive."""
    store = opened(tmp_path / "ticks")
    ticks = random_ticks(4, COUNT, 20, step=3 * DAY // COUNT)
    for at in range(0, COUNT, 100):
        flush(store, ticks.take(slice(at, at + 100)))
        if at % 1_000 == 900:
            merge(store)
    for _ in range(2):
        age(store, Archive(tmp_path / "archive"), START + 2 * DAY)
    store.close()
    return tmp_path / "ticks", ticks


def exported(ask: Ask) -> tuple[Exported, list[Row]]:
    to = io.BytesIO()
    found = export(ask, to)
    table = pq.read_table(io.BytesIO(to.getvalue()), use_threads=False)
    assert table["symbol"].unique().to_pylist() in ([], [ask.symbol])
    columns = ("kind", "flags", "time", "price", "quantity", "position", "trade")
    rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
    return found, [(row[0], row[1], ask.instrument, *row[2:]) for row in rows]


@pytest.mark.parametrize("instrument", [0, 3, 11, 19])
def test_all_ticks_of_an_instrument_come_in_order(made: tuple[Path, Ticks], instrument: int) -> None:
    folder, ticks = made
    found, rows = exported(asking(folder, instrument))
    assert rows == [row for row in rows_of(ticks) if row[2] == instrument]
    assert (found.rows, found.position, found.full_at) == (len(rows), COUNT, 0)
    assert (
        len(list(folder.parent.glob("archive/ticks/date=*"))) > 1 < len(list(folder.glob("date=*/group=3/*")))
    )


def test_ticks_are_found_in_every_archive_where_they_may_be(made: tuple[Path, Ticks]) -> None:
    folder, ticks = made
    first, further = Archive(folder.parent / "archive"), Archive(folder.parent / "yours", "feeds/lab/0123")
    for file in first.files()[::2]:
        further.put(file, Path(first.path(file)))
        first.remove(file)
    ask = asking(folder)
    both = msgspec.structs.replace(
        ask, archives=[*ask.archives, (str(folder.parent / "yours"), "feeds/lab/0123")]
    )
    wanted = [row for row in rows_of(ticks) if row[2] == 3]
    assert exported(both)[1] == wanted
    assert len(exported(ask)[1]) < len(wanted)


@pytest.mark.parametrize(
    ("start", "end"), [(0, DAY), (DAY // 3, DAY // 2), (DAY, 2 * DAY), (5 * DAY, 6 * DAY), (7, 7)]
)
def test_a_range_has_its_start_and_not_its_end(made: tuple[Path, Ticks], start: int, end: int) -> None:
    folder, ticks = made
    one = rows_of(ticks)[20]
    start, end = one[3] + start, one[3] + end
    _, rows = exported(asking(folder, one[2], start, end))
    assert rows == [row for row in rows_of(ticks) if row[2] == one[2] and start <= row[3] < end]


def test_too_many_ticks_are_none_and_the_time_of_the_first_that_was_too_many(
    made: tuple[Path, Ticks],
) -> None:
    folder, ticks = made
    wanted = [row for row in rows_of(ticks) if row[2] == 3]
    to = io.BytesIO()
    found = export(asking(folder, rows_max=50), to)
    assert (found.rows, found.full_at, to.getvalue()) == (0, wanted[50][3], b"")
    _, rows = exported(asking(folder, end=found.full_at, rows_max=50))
    assert rows == wanted[:50]
    assert len(exported(asking(folder, rows_max=len(wanted)))[1]) == len(wanted)


def test_a_flush_that_did_not_end_is_not_in_it(made: tuple[Path, Ticks]) -> None:
    folder, ticks = made
    store = opened(folder)
    more = random_ticks(5, 300, 20)
    store.add(more.take(slice(0, 300)), COUNT + 300)
    store._write(store.seal(b""))
    store.close()
    assert len(exported(asking(folder))[1]) == sum(row[2] == 3 for row in rows_of(ticks))


def test_a_folder_without_a_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there are no ticks in"):
        export(asking(tmp_path / "ticks"), io.BytesIO())


def test_the_process_writes_to_the_file_that_it_is_given(made: tuple[Path, Ticks], tmp_path: Path) -> None:
    folder, ticks = made
    with (tmp_path / "found.parquet").open("w+b") as to:
        ask = msgspec.structs.replace(asking(folder), descriptor=to.fileno())
        done = subprocess.run(
            [sys.executable, "-m", MODULE, msgspec.json.encode(ask).decode()],
            capture_output=True,
            pass_fds=[to.fileno()],
            check=True,
        )
        size = os.fstat(to.fileno()).st_size
    found = msgspec.json.decode(done.stdout, type=Exported)
    file = pq.ParquetFile(tmp_path / "found.parquet")
    assert size and file.metadata.num_rows == found.rows == sum(row[2] == 3 for row in rows_of(ticks))
    assert file.schema_arrow.metadata[b"price"] == UNITS["price"].encode()


def test_the_process_says_what_was_wrong(tmp_path: Path) -> None:
    with (tmp_path / "found.parquet").open("w+b") as to:
        ask = msgspec.structs.replace(asking(tmp_path / "none"), descriptor=to.fileno())
        done = subprocess.run(
            [sys.executable, "-m", MODULE, msgspec.json.encode(ask).decode()],
            capture_output=True,
            pass_fds=[to.fileno()],
        )
    assert done.returncode == 1 and b"there are no ticks in" in done.stderr
