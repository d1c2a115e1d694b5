"""The data folder's lock: one holder, and the second is told who it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from openbell.cli.lock import FolderInUse, FolderLock

HOLDER = """
import sys, time
from pathlib import Path
from openbell.cli.lock import FolderLock
with FolderLock(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "var", "openbell up, http://127.0.0.1:8000"):
        with pytest.raises(
            FolderInUse, match=rf"process {os.getpid()} \(openbell up, .*:8000, since .*--data-dir"
        ):
            FolderLock(tmp_path / "var", "another").__enter__()


def test_the_folder_is_free_again_after_the_end(tmp_path: Path) -> None:
    for _ in range(2):
        with FolderLock(tmp_path, "a test"):
            assert (tmp_path / "lock").read_text()
    assert (tmp_path / "lock").read_text() == ""


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(FolderInUse, match=f"process {holder.pid}"):
            FolderLock(tmp_path, "a test").__enter__()
        holder.kill()
    with FolderLock(tmp_path, "a test"):
        assert str(os.getpid()) in (tmp_path / "lock").read_text()


def test_the_folder_is_private(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "var", "a test"):
        assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
