"""Takes the memory that fills with time before a command needs it: no order waits for a page.

A first touch of memory costs the kernel a zeroed page, and in a virtual machine often the host as well: 0.1
to several milliseconds for one of 2 MiB, paid by whichever command comes there first.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from typing import Any

from openbell.core.memory import MADV_POPULATE_WRITE, Memory
from openbell.ops.scheduling import step_aside

log = logging.getLogger(__name__)

# Rings that every exchange fills with the orders and requests that pass through it, and the tables that find
# them. What grows with accounts, holdings and books is left until it is used.
FILLING = (
    "request_cells",
    "ticket_cells",
    "tickets",
    "terms",
    "charges",
    "deals",
    "stop_terms",
    "ticket_legs",
    "alarms",
    "requests",
    "kept",
)
STEP = 2 << 20  # bytes at once: a huge page
REST = 3.0  # times as long as a step took: a processor has better uses while an exchange starts


class Warmer:
    """Takes the pages of `memory` that fill with time, from the first on, in a thread that steps aside and
    has a quarter of a processor at most.

    What is in them stays as it is, also while commands write there.

    Attributes:
        done: every page is there, or the kernel cannot be asked for them.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.done = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warmer", daemon=True)

    def start(self) -> None:
        """Begin; commands may run meanwhile."""
        self._thread.start()

    def stop(self) -> None:
        """End before it is done, if it is not, and wait for that."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        step_aside()
        begun, taken = time.monotonic(), 0
        areas = [(ctypes.addressof(self.memory[name]), len(self.memory.maps[name])) for name in FILLING]
        # All from their beginnings at the same time: that is where they are used first.
        for at in range(0, max(size for _, size in areas), STEP):
            for address, size in areas:
                if self._stopping.is_set():
                    return
                if at < size:
                    stepped = time.monotonic()
                    if not _take(address + at, min(STEP, size - at)):
                        log.info("memory is not taken ahead: this kernel has no way to (Linux 5.14 has)")
                        self.done = True
                        return
                    taken += min(STEP, size - at)
                    self._stopping.wait(REST * (time.monotonic() - stepped))
        self.done = True
        log.info("%d MiB of memory taken ahead in %.1f s", taken >> 20, time.monotonic() - begun)


def _take(address: int, size: int) -> bool:
    """Have the kernel back `size` bytes at `address` with memory; whether it did."""
    advise: Any = ctypes.CDLL(None).madvise  # mmap's own would hold the interpreter meanwhile
    return bool(advise(ctypes.c_void_p(address), ctypes.c_size_t(size), MADV_POPULATE_WRITE) == 0)
