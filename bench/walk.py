"""A walk from one cache line to the next, in random order: what memory costs, and nothing else.

The loop is C, compiled when it is first needed with what the checkout was set up with.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

LINE = 64
SOURCE = """
#include <stdint.h>
uint64_t walk(const uint64_t *lines, uint64_t at, uint64_t steps) {
    while (steps--) at = lines[at * 8];
    return at;
}
"""


class NoCompilerError(RuntimeError):
    """Nothing here compiles C."""


def compiler() -> list[str]:
    zig = Path(__file__).parents[1] / ".tools" / "zig" / "bin" / "python"
    for words in ([*shlex.split(os.environ.get("CC", ""))], ["cc"], ["gcc"], ["clang"]):
        if words and shutil.which(words[0]):
            return words
    if zig.exists():
        return [str(zig), "-m", "ziglang", "cc"]
    raise NoCompilerError("no C compiler: set CC")


class Walk:
    """Lines that lead to each other in one random circle through so many bytes."""

    def __init__(self, size: int, seed: int) -> None:
        self.lines = max(2, size // LINE)
        self.area = mmap.mmap(-1, self.lines * LINE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.area.madvise(mmap.MADV_HUGEPAGE)  # as the core's arrays
        order = np.random.default_rng(seed).permutation(self.lines)
        words: Any = np.frombuffer(self.area, np.uint64).reshape(self.lines, LINE // 8)
        words[order, 0] = np.roll(order, -1)
        del words
        self.at = 0

    def step_ns(self, steps: int) -> float:
        """Nanoseconds of the processor for one step, over so many."""
        first = ctypes.addressof(ctypes.c_char.from_buffer(self.area))
        started = time.thread_time_ns()
        self.at = library().walk(first, self.at, steps)
        return (time.thread_time_ns() - started) / steps

    def is_circle(self) -> bool:
        """Whether the walk comes back after all lines, and not before."""
        first = ctypes.addressof(ctypes.c_char.from_buffer(self.area))
        half: int = library().walk(first, 0, self.lines // 2)
        whole: int = library().walk(first, 0, self.lines)
        return whole == 0 and half != 0


_library: list[Any] = []


def library() -> Any:
    """The compiled loop."""
    if not _library:
        with tempfile.TemporaryDirectory() as folder:
            source, made = Path(folder) / "walk.c", Path(folder) / "walk.so"
            source.write_text(SOURCE)
            words = [*compiler(), "-O2", "-shared", "-fPIC", "-o", str(made), str(source)]
            subprocess.run(words, check=True, capture_output=True, timeout=120)
            loaded = ctypes.CDLL(str(made))
        loaded.walk.argtypes = (ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)
        loaded.walk.restype = ctypes.c_uint64
        _library.append(loaded)
    return _library[0]
