"""Files that are replaced whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openbell.ops import durable


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_made_and_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"first", b""):
        durable.replace(path, data)
        assert path.read_bytes() == data
    assert names(tmp_path) == ["file"]


def test_what_was_before_stays_where_the_disk_does_not_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    durable.replace(path, b"before")

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        durable.replace(path, b"after")
    assert path.read_bytes() == b"before"


def test_data_then_name_then_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[str, list[str]]] = []
    sync = os.fsync

    def noted(fd: int) -> None:
        steps.append((Path(f"/proc/self/fd/{fd}").readlink().name, names(tmp_path)))
        sync(fd)

    monkeypatch.setattr(os, "fsync", noted)
    durable.replace(tmp_path / "file", b"data")
    assert steps == [("file.tmp", ["file.tmp"]), (tmp_path.name, ["file"])]
