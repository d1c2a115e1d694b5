"""The kernel's scheduler: processes that answer run as soon as something reaches them, others wait."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Any

SLICE_NS = 100_000  # the shortest that Linux gives

# struct sched_attr, its first version: size, policy, flags, nice, priority, runtime, deadline, period.
ATTRIBUTES = struct.Struct("<IIQiIQQQ")
# sched_setattr and sched_getattr: Python has no functions for them, nor has the C library before glibc 2.41.
CALLS = {"x86_64": (314, 315), "aarch64": (274, 275), "riscv64": (274, 275)}


def short_slices() -> bool:
    """Have this thread, and those that it starts from now on, run in short slices; whether that was done.

    Linux (6.12 and later) lets a thread with a short slice interrupt one with a longer slice as soon as it
    has something to do, where it would wait up to 4 ms otherwise; its share of the processor stays the same.
    """
    attributes = _read()
    if attributes is None or attributes[1] != os.SCHED_OTHER:
        return False  # another system, or its operator chose another policy
    size, policy, flags, nice, priority, _, deadline, period = attributes
    made = ATTRIBUTES.pack(size, policy, flags, nice, priority, SLICE_NS, deadline, period)
    return _call(0, made, 0)


def step_aside() -> None:
    """Let whatever else wants a processor have it before this thread."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)  # on Linux of the calling thread, elsewhere of its process


def slice_ns() -> int:
    """The length of this thread's slices in nanoseconds; 0 where the system does not tell."""
    attributes = _read()
    return 0 if attributes is None else int(attributes[5])


def _read() -> tuple[Any, ...] | None:
    """This thread's attributes as in ATTRIBUTES, None where there are none."""
    known = ctypes.create_string_buffer(ATTRIBUTES.size)
    return ATTRIBUTES.unpack(known.raw) if _call(1, known, ATTRIBUTES.size, 0) else None


def _call(number: int, *arguments: Any) -> bool:
    """Make a call of CALLS about this thread; whether the system did it."""
    numbers = CALLS.get(platform.machine())
    if platform.system() != "Linux" or numbers is None:
        return False
    done: int = ctypes.CDLL(None).syscall(numbers[number], 0, *arguments)
    return done == 0
