"""Processes: children that never outlive their parent, and what still runs in a folder."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def leash(parting: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """What a new child runs before its program: ignore Ctrl-C, and get `parting` when its parent dies.

    For `subprocess`'s `preexec_fn`. Spawn from the main thread: Linux sends the signal when the thread that
    spawned the child ends. Without Linux only Ctrl-C is ignored.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def before_exec() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(parting))
            if os.getppid() != parent:  # it died before the call took hold
                os._exit(1)

    return before_exec


def alive(pid: int) -> bool:
    """Whether `pid` runs; a zombie, which only waits to be counted, does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] != "Z"


def working_in(folder: Path) -> list[int]:
    """The processes whose working directory is `folder`, by Linux's /proc; elsewhere none are found."""
    target = folder.resolve()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == target:
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, a zombie, or someone else's
            continue
    return sorted(found)
