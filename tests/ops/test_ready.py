"""Readiness files: true while their process lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from openbell.ops.ready import clear_ready, is_ready, mark_ready


def test_a_role_is_ready_after_it_said_so_and_until_it_takes_it_back(tmp_path: Path) -> None:
    assert not is_ready(tmp_path / "run", "node")
    mark_ready(tmp_path / "run", "node")
    assert is_ready(tmp_path / "run", "node")
    clear_ready(tmp_path / "run", "node")
    assert not is_ready(tmp_path / "run", "node")


def test_the_file_of_a_dead_process_says_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from openbell.ops.ready import mark_ready;"
        "mark_ready(pathlib.Path(sys.argv[1]), 'node')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=30)
    assert (tmp_path / "node.ready").exists()
    assert not is_ready(tmp_path, "node")
