"""Short slices: this thread and those it starts, with everything else as it was."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from openbell.ops.scheduling import SLICE_NS, short_slices, slice_ns

# In a process of its own: the tests' own slices stay as they are.
SHORTEN = """
import os, threading
from openbell.ops.scheduling import short_slices, slice_ns
os.nice(2)
seen = [slice_ns(), short_slices()]
thread = threading.Thread(target=lambda: seen.append(slice_ns()))
thread.start()
thread.join()
print(*seen, slice_ns(), os.nice(0), os.sched_getscheduler(0) == os.SCHED_OTHER)
"""
BATCH = """
import os
from openbell.ops.scheduling import short_slices
os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
print(short_slices(), os.sched_getscheduler(0) == os.SCHED_BATCH)
"""


def told(script: str) -> list[str]:
    """What a script prints, in words."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(slice_ns() == 0, reason="this system does not tell the length of slices")
def test_a_thread_and_those_it_starts_have_short_slices_and_keep_their_priority() -> None:
    before, done, of_thread, after, nice, other = told(SHORTEN)
    assert int(before) > SLICE_NS
    assert (done, int(of_thread), int(after)) == ("True", SLICE_NS, SLICE_NS)
    assert (int(nice), other) == (min(19, os.nice(0) + 2), "True")


@pytest.mark.skipif(platform.system() != "Linux", reason="policies are Linux's")
def test_a_policy_that_an_operator_chose_stays() -> None:
    assert told(BATCH) == ["False", "True"]


def test_another_system_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "alpha")
    assert (short_slices(), slice_ns()) == (False, 0)
