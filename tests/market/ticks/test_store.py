from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openbell.market.calendar import DAY
from openbell.market.ticks.batch import COLUMNS, Ticks, join
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.files import GROUPS, standing, tick_file
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import CHECKPOINT, TickStore
from tests.market.ticks.made import Row, batch, bid, random_ticks, rows_of, trade

SYMBOLS = [f"SYM{number:02d}" for number in range(20)]


def opened(folder: Path, source: str = "log") -> TickStore:
    store = TickStore(folder, source)
    store.symbols[:] = SYMBOLS
    return store


def flush(store: TickStore, ticks: Ticks, state: bytes = b"") -> None:
    store.add(ticks, int(ticks.position[-1]))
    store.flush(store.seal(state))


def read(folder: Path, store: TickStore | None = None) -> list[Row]:
    """All ticks in the order in which they came, with instrument numbers in place of symbols."""
    query = TickQuery(folder, (), store)
    names = ", ".join(name for name in COLUMNS if name != "instrument")
    found = query.rows(f"SELECT symbol, {names} FROM ticks ORDER BY position")
    query.close()
    return [(row[1], row[2], SYMBOLS.index(row[0]), *row[3:]) for row in found]


def test_ticks_come_back_as_they_were_from_memory_from_files_and_from_both(tmp_path: Path) -> None:
    ticks = random_ticks(1, 3_000, 20)
    store = opened(tmp_path)
    store.add(ticks.take(slice(0, 2_000)), 2_000)
    assert read(tmp_path, store) == rows_of(ticks)[:2_000]
    store.flush(store.seal(b""))
    assert read(tmp_path, store) == read(tmp_path) == rows_of(ticks)[:2_000]
    store.add(ticks.take(slice(2_000, 3_000)), 3_000)
    assert read(tmp_path, store) == rows_of(ticks)
    assert read(tmp_path) == rows_of(ticks)[:2_000]


def test_what_is_being_flushed_is_seen_once(tmp_path: Path) -> None:
    ticks = random_ticks(2, 900, 20)
    store = opened(tmp_path)
    store.add(ticks.take(slice(0, 500)), 500)
    sealed = store.seal(b"")
    store.add(ticks.take(slice(500, 900)), 900)
    assert read(tmp_path, store) == rows_of(ticks)
    store._write(sealed)  # the files are there, the commit is not
    assert read(tmp_path, store) == rows_of(ticks)
    store.flush(sealed)
    assert read(tmp_path, store) == rows_of(ticks)


def test_files_lie_by_date_and_group_and_hold_a_symbol_together(tmp_path: Path) -> None:
    store = opened(tmp_path)
    rows = [bid(1, 10, position=5), trade(9, 20, position=6), bid(1, 11, position=7)]
    later = [trade(3, 30, time=rows[0][3] + DAY, position=8)]
    flush(store, batch(*rows, *later))
    assert [file.name for file in store.files()] == [
        "date=2026-01-05/group=1/0000000000000001-0000000000000008.parquet",
        "date=2026-01-06/group=3/0000000000000001-0000000000000008.parquet",
    ]
    assert GROUPS == 8
    table = pq.ParquetFile(tmp_path / store.files()[0].name).read()
    assert table["symbol"].to_pylist() == ["SYM01", "SYM01", "SYM09"]
    assert table["price"].to_pylist() == [10, 11, 20]
    assert {column.compression for column in _columns(tmp_path / store.files()[0].name)} == {"ZSTD"}


def _columns(path: Path) -> list[pq.ColumnChunkMetaData]:
    group = pq.ParquetFile(path).metadata.row_group(0)
    return [group.column(at) for at in range(group.num_columns)]


def test_a_store_goes_on_where_its_files_end(tmp_path: Path) -> None:
    store = opened(tmp_path)
    flush(store, batch(trade(0, 5, position=41)), b"books")
    store.add(batch(trade(0, 6, position=42)), 42)
    store.close()  # the second tick was only in memory: its source has it still
    again = TickStore(tmp_path, "log")
    assert (again.position, again.state, again.symbols) == (41, b"books", SYMBOLS)
    flush(again, batch(trade(0, 6, position=42), trade(0, 7, position=43)))
    assert [row[6] for row in read(tmp_path)] == [41, 42, 43]


def test_a_position_without_ticks_is_kept_too(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add(batch(), 99)
    store.flush(store.seal(b""))
    store.close()
    assert TickStore(tmp_path, "log").position == 99


def test_a_death_between_files_and_commit_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    ticks = random_ticks(3, 1_000, 20)
    store = opened(tmp_path)
    flush(store, ticks.take(slice(0, 400)))
    store.add(ticks.take(slice(400, 1_000)), 1_000)
    store._write(store.seal(b""))
    torn = next(tmp_path.glob("date=*/group=0"))
    (torn / "0000000000000401-0000000000000700.tmp").write_bytes(b"PAR1 half of a file")
    first = sorted(tmp_path.glob("date=*/group=*/0000000000000401-*.parquet"))
    first[0].unlink()  # and not every file was there yet
    assert len(first) > 1
    store.close()
    again = TickStore(tmp_path, "log")
    assert again.position == 400
    assert not list(tmp_path.rglob("*.tmp"))
    assert read(tmp_path) == rows_of(ticks)[:400]
    flush(again, ticks.take(slice(400, 1_000)))
    assert read(tmp_path) == rows_of(ticks)


def test_a_disk_that_refuses_is_asked_again(tmp_path: Path) -> None:
    ticks = random_ticks(4, 100, 20)
    store = opened(tmp_path)
    store.add(ticks, 100)
    sealed = store.seal(b"")
    blocked = tmp_path / "date=2026-01-05"
    blocked.write_text("in the way")
    with pytest.raises(OSError):
        store.flush(sealed)
    assert (store.position, store.hot_rows) == (0, 100)
    assert rows_of(store.hot()) == rows_of(ticks)
    blocked.unlink()
    assert store.flush(sealed) == 100
    assert read(tmp_path, store) == rows_of(ticks)


def test_two_processes_cannot_write_one_folder(tmp_path: Path) -> None:
    store = TickStore(tmp_path, "log")
    with pytest.raises(StoreError, match="another process writes the ticks"):
        TickStore(tmp_path, "log")
    store.close()
    TickStore(tmp_path, "log").close()


def test_the_ticks_of_another_exchange_are_refused(tmp_path: Path) -> None:
    opened(tmp_path, "a" * 64).close()
    with pytest.raises(StoreError, match="holds the ticks of aaaaaaaaaaaa, not of bbbbbbbbbbbb"):
        TickStore(tmp_path, "b" * 64)
    TickStore(tmp_path, "a" * 64).close()


def test_ticks_whose_checkpoint_is_gone_or_spoilt_are_not_begun_again(tmp_path: Path) -> None:
    store = opened(tmp_path)
    flush(store, batch(trade(0, 5)))
    store.close()
    checkpoint = tmp_path / CHECKPOINT
    kept = checkpoint.read_bytes()
    checkpoint.write_bytes(kept[:-3])
    with pytest.raises(StoreError, match="is no checkpoint of ticks"):
        TickStore(tmp_path, "log")
    checkpoint.unlink()
    with pytest.raises(StoreError, match="has ticks and no checkpoint"):
        TickStore(tmp_path, "log")
    checkpoint.write_bytes(kept)
    TickStore(tmp_path, "log").close()


def test_only_names_of_ticks_are_names_of_ticks() -> None:
    name = "date=2026-01-05/group=1/0000000000000001-0000000000000008.parquet"
    file = tick_file(name, 7)
    assert file is not None
    assert file.name == name
    for other in (name + ".tmp", name.replace("group", "part"), "checkpoint", name[1:]):
        assert tick_file(other, 7) is None


def test_a_span_within_another_does_not_stand() -> None:
    spans = [(1, 9), (1, 4), (5, 9), (10, 12), (3, 3)]
    files = [
        found
        for first, last in spans
        if (found := tick_file(f"date=2026-01-05/group=1/{first:016d}-{last:016d}.parquet", 1))
    ]
    assert [(file.first, file.last) for file in standing(files)] == [(1, 9), (10, 12)]
    elsewhere = [file._replace(group=at) for at, file in enumerate(files)]
    assert len(standing(elsewhere)) == len(files)


def test_joined_hot_ticks_are_a_copy(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add(batch(trade(0, 5)), 1)
    hot = store.hot()
    store.flush(store.seal(b""))
    for position in (2, 3):
        flush(store, batch(trade(1, 9, position=position)))
    assert rows_of(join([hot])) == [trade(0, 5)]
