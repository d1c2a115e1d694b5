"""How much of its cap a data folder takes."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from openbell.ops.room import LOOK_S, Room, bytes_in, largest_in

MIB = 1 << 20


def fill(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_what_files_take_is_counted_in_all_folders_and_links_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    fill(folder / "a", MIB)
    fill(folder / "deep" / "er" / "b", 2 * MIB)
    fill(tmp_path / "elsewhere" / "c", 8 * MIB)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert 3 * MIB <= bytes_in(folder) < 3 * MIB + 65_536
    assert bytes_in(tmp_path / "none") == 0


def test_a_file_with_holes_counts_what_it_takes(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(64 * MIB)
    assert bytes_in(tmp_path) < MIB


def test_over_tells_the_bytes_above_a_share_of_the_cap(tmp_path: Path) -> None:
    fill(tmp_path / "a", 3 * MIB)
    room = Room(tmp_path, 4 * MIB)
    assert room.over(90) == 0
    assert MIB <= room.over(50) < MIB + 65_536
    assert Room(tmp_path, 0).over(1) == 0


def test_where_a_tenth_is_too_small_for_two_snapshots_less_is_filled(tmp_path: Path) -> None:
    fill(tmp_path / "a", 15 * MIB)
    room = Room(tmp_path, 20 * MIB)
    assert room.over(90, MIB) == 0  # two fit into the tenth
    assert 3 * MIB <= room.over(90, 4 * MIB) < 3 * MIB + 65_536  # 8 stay free, not 2
    assert Room(tmp_path, 0).over(90, 1 << 60) == 0


def test_the_largest_file_of_a_folder_is_found(tmp_path: Path) -> None:
    assert largest_in(tmp_path / "none") == largest_in(tmp_path) == 0
    fill(tmp_path / "a", 3)
    fill(tmp_path / "b", 70_000)
    assert largest_in(tmp_path) == 70_000


def test_the_folder_is_not_looked_through_all_the_time(tmp_path: Path) -> None:
    time = [100.0]
    room = Room(tmp_path, 4 * MIB, lambda: time[0])
    assert room.over(50) == 0
    fill(tmp_path / "a", 3 * MIB)
    assert room.over(50) == 0
    time[0] += LOOK_S
    assert room.over(50) > 0


def test_what_does_not_fit_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    room = Room(tmp_path, 4 * MIB)
    room.require(3 * MIB)
    fill(tmp_path / "a", 2 * MIB)
    with pytest.raises(OSError, match=r"takes 2 MiB of its 4 .*OPENBELL_DATA_MIB_MAX") as found:
        room.require(3 * MIB)
    assert found.value.errno == errno.ENOSPC
    Room(tmp_path, 0).require(1 << 60)
