from collections.abc import Callable
from pathlib import Path

import pytest

from openbell.market.calendar import DAY
from openbell.market.ticks import upkeep as module
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.files import found_in
from openbell.market.ticks.parquet import merge as merge_files
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.upkeep import (
    MERGED_AT_ONCE,
    TIER_FIRST,
    TIERS,
    Policy,
    age,
    merge,
    prune,
    tier,
    upkeep,
)
from openbell.ops.blobs import ArchiveError
from tests.market.ticks.made import START, random_ticks, rows_of
from tests.market.ticks.test_store import flush, opened, read


def filled(folder: Path, flushes: int, rows: int = 40) -> tuple[TickStore, list[tuple[int, ...]]]:
    """A store of that many flushes, and all its rows."""
    ticks, store = random_ticks(1, flushes * rows, 20), opened(folder)
    for start in range(0, len(ticks), rows):
        flush(store, ticks.take(slice(start, start + rows)))
    return store, rows_of(ticks)


def archived(folder: Path, archive: Archive) -> list[int]:
    query = TickQuery(folder, [archive])
    positions = [row[0] for row in query.rows("SELECT position FROM ticks ORDER BY 1")]
    query.close()
    return positions


def test_small_files_become_fewer_and_hold_the_same(tmp_path: Path) -> None:
    store, rows = filled(tmp_path, 2 * MERGED_AT_ONCE + 3)
    before = len(store.files())
    gone = merge(store)
    assert len(store.files()) == before - gone == 8 * (2 + 3)
    assert read(tmp_path, store) == rows
    assert len(found_in(tmp_path)) == before + 16  # who reads the small ones now can go on
    assert merge(store) == 0
    assert len(found_in(tmp_path)) == len(store.files())
    assert read(tmp_path, store) == rows
    store.close()
    assert read(tmp_path, TickStore(tmp_path, "log")) == rows


def test_a_death_in_a_merge_leaves_every_tick_to_be_read_once(tmp_path: Path) -> None:
    store, rows = filled(tmp_path, MERGED_AT_ONCE)
    part = [file for file in store.files() if file.group == 2]
    merged = part[0]._replace(last=part[-1].last)
    merge_files([tmp_path / file.name for file in part], tmp_path / merged.name)
    (tmp_path / part[3].name).unlink()
    assert read(tmp_path, store) == rows
    store.close()
    again = TickStore(tmp_path, "log")
    assert [file.name for file in again.files() if file.group == 2] == [merged.name]
    assert read(tmp_path, again) == rows


def test_large_files_stay_as_they_are() -> None:
    assert [tier(size) for size in (0, TIER_FIRST - 1, TIER_FIRST, 8 * TIER_FIRST, 1 << 40)] == [
        0,
        0,
        1,
        2,
        TIERS,
    ]


def test_dates_that_are_over_long_enough_move_into_the_archive(tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "warm", 3)
    archive = Archive(tmp_path / "cold")
    end = (START // DAY + 1) * DAY
    assert age(store, archive, end - 1) == 0
    moved = age(store, archive, end)
    assert moved == len(archive.files()) == len(Archive(tmp_path / "cold").files()) == 24
    assert len(store.files()) == 24  # who reads them now can go on
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]
    assert age(store, archive, end) == 0
    assert store.files() == []
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]


def test_ticks_move_into_s3_and_are_asked_for_there(tmp_path: Path, s3: Callable[[str], str]) -> None:
    store, rows = filled(tmp_path / "warm", 3)
    archive = Archive(s3("cold"))
    for _ in range(2):
        age(store, archive, START + 2 * DAY)
    assert store.files() == found_in(tmp_path / "warm") == []
    assert len(archive.files()) == 24
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]
    archive.remove(archive.files()[0])
    assert len(archive.files()) == 23
    assert len(archived(tmp_path / "warm", archive)) < len(rows)


def test_a_death_between_archive_and_removal_leaves_every_tick_to_be_read_once(tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "warm", MERGED_AT_ONCE)
    archive = Archive(tmp_path / "cold")
    for file in store.files()[:5]:
        archive.put(file, tmp_path / "warm" / file.name)
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]
    merge(store)  # what is in the archive already is now part of a longer file too
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]
    for _ in range(2):
        merge(store)
        age(store, archive, START + 2 * DAY)
        assert archived(tmp_path / "warm", Archive(tmp_path / "cold")) == [row[6] for row in rows]
    assert store.files() == []


def test_the_oldest_go_when_the_size_is_reached_and_the_newest_stay(tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "warm", 6, rows=400)
    sizes = sum(file.size for file in store.files())
    archive = Archive(tmp_path / "cold")
    assert prune(store, archive, True, sizes) == 0
    assert prune(store, archive, True, 0) == 0
    gone = prune(store, archive, True, sizes // 2)
    assert sum(file.size for file in store.files()) <= sizes // 2
    assert gone > 0
    left = {row[6] for row in read(tmp_path / "warm", store)}
    assert left >= {row[6] for row in rows[-400:]}
    assert not left & {row[6] for row in rows[:400]}


def test_the_stores_own_archive_counts_and_is_pruned_first(tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "warm", 2, rows=400)
    archive = Archive(tmp_path / "cold")
    for file in [file for file in store.files() if file.last <= 400]:
        archive.put(file, tmp_path / "warm" / file.name)
        (tmp_path / "warm" / file.name).unlink()
    warm = sum(file.size for file in store.files())
    prune(store, archive, True, warm)
    assert archive.files() == Archive(tmp_path / "cold").files() == []
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows[400:]]


def test_an_archive_of_yours_is_never_pruned_and_takes_what_the_disk_has_no_room_for(tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "warm", 2, rows=400)
    archive = Archive((tmp_path / "cold").as_uri())
    half = sum(file.size for file in store.files()) // 2
    done = upkeep(store, archive, False, Policy(1 << 62, half), START)
    assert done.archived == 0
    assert 0 < done.pruned == len(archive.files()) < 16
    assert sum(file.size for file in store.files()) <= half
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]
    for _ in range(2):
        upkeep(store, archive, False, Policy(0, 1), START + 2 * DAY)
    assert (len(archive.files()), store.files()) == (16, [])
    assert archived(tmp_path / "warm", archive) == [row[6] for row in rows]


def test_a_copy_that_is_short_is_no_copy(tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "warm", 1)
    file = store.files()[0]
    archive = Archive(tmp_path / "cold")
    with pytest.raises(OSError, match="bytes in the archive"):
        archive.put(file._replace(size=file.size + 1), tmp_path / "warm" / file.name)


@pytest.mark.parametrize("url", ["nowhere://bucket", "s3://", "gopher://a/b"])
def test_an_archive_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(ArchiveError, match=r"cannot be used|names no"):
        Archive(url)


def test_neighbours_of_other_sizes_are_not_merged() -> None:
    store_file = module.TickFile("2026-01-05", 0, 1, 1, 10)
    sizes = [10] * 5 + [TIER_FIRST] * 3 + [10] * MERGED_AT_ONCE
    files = [store_file._replace(first=at, last=at, size=size) for at, size in enumerate(sizes)]
    assert [[file.first for file in run] for run in module.runs(files)] == [list(range(8, 16))]
