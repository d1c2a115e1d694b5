"""How a process says that it is ready: a file `<role>.ready` with its pid in the run folder.

The file of a process that is gone says nothing: `is_ready` looks at the pid too.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from openbell.ops.process import alive


def mark_ready(run_dir: Path, role: str) -> None:
    """Say that this process is ready in `role`; readers see the whole file or none."""
    run_dir.mkdir(parents=True, exist_ok=True)
    new = run_dir / f"{role}.{os.getpid()}.new"
    new.write_text(f"{os.getpid()}\n")
    new.replace(run_dir / f"{role}.ready")


def clear_ready(run_dir: Path, role: str) -> None:
    """Take back what `mark_ready` said, if it was said."""
    with contextlib.suppress(FileNotFoundError):
        (run_dir / f"{role}.ready").unlink()


def is_ready(run_dir: Path, role: str) -> bool:
    """Whether a living process said that it is ready in `role`."""
    try:
        return alive(int((run_dir / f"{role}.ready").read_text()))
    except (FileNotFoundError, ValueError):
        return False
