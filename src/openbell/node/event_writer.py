"""Writes published units to the event files in a thread of its own: no answer waits for these files.

Blocks gather for a moment before they are written: a wake of the thread for each batch would cost the
sequencer more than the batch. What waits to be written is bounded: above `WAITING_MAX` bytes the sequencer
holds back until the disk has caught up, and a disk that takes nothing at all ends the node before memory
grows past `UNWRITTEN_MAX`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from openbell.node.events import Block, EventFiles

log = logging.getLogger(__name__)

WAITING_MAX = 32 << 20
UNWRITTEN_MAX = 64 << 20
RETRY_S = 0.5
NICE = 10  # of the thread
GATHER_S = 0.01  # how long blocks gather
GATHER_MAX = 256 << 10  # bytes of units that gather no longer


class EventsLost(Exception):
    """Event files could not be written for so long that memory would have to grow."""


class EventWriter:
    """The blocks that wait for the disk. Until `start`, `put` writes them itself."""

    def __init__(self, files: EventFiles) -> None:
        self.files = files
        self.waiting: deque[Block] = deque()
        self.bytes = 0  # of the units in `waiting`
        self.error: OSError | None = None  # why the oldest one could not be written
        self.on_room: Callable[[], None] = lambda: None  # called by the thread when `busy` ends
        self.changed = threading.Condition()
        self.closing = False
        self.idle = False  # whether the thread waits for a first block
        self.thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether the disk is so far behind that no more should be published for now."""
        return self.bytes > WAITING_MAX and self.error is None

    def start(self) -> None:
        """Write in a thread of its own from now on."""
        self.thread = threading.Thread(target=self.run, name="event-writer", daemon=True)
        self.thread.start()

    def put(self, blocks: list[Block]) -> None:
        """Have blocks written, after those that wait.

        Raises:
            EventsLost: the disk takes nothing and too much waits.
        """
        with self.changed:
            self.waiting.extend(blocks)
            self.bytes += sum(len(block.units) for block in blocks)
            if self.idle or self.bytes > GATHER_MAX or self.error is not None:
                self.changed.notify()
        if self.thread is None:
            self.flush()
        if self.error is not None and self.bytes > UNWRITTEN_MAX:
            raise EventsLost(f"{self.bytes} bytes of events could not be written: {self.error}")

    def flush(self) -> None:
        """Write what waits; leaves it waiting and `error` set where the disk does not take it."""
        while self.waiting:
            block = self.waiting[0]
            try:
                self.files.append(block)
            except OSError as error:
                if self.error is None:
                    log.error("event files cannot be written, %d bytes wait: %s", self.bytes, error)
                self.error = error
                return
            with self.changed:
                was_busy = self.busy
                self.waiting.popleft()
                self.bytes -= len(block.units)
                self.error = None
            if was_busy and not self.busy:
                self.on_room()

    def run(self) -> None:
        """The thread. A block that could not be written is tried again, also when another comes.

        What answers goes first: this thread waits for a processor that nothing else wants.
        """
        own = threading.get_native_id()
        with suppress(OSError):  # a system on which threads have no priority of their own
            os.setpriority(os.PRIO_PROCESS, own, max(NICE, os.getpriority(os.PRIO_PROCESS, own)))
        while not self.closing:
            with self.changed:
                if self.error is not None:
                    self.changed.wait(RETRY_S)
                else:
                    self.gather()
            self.flush()

    def gather(self) -> None:
        """Wait for a first block, and a moment for more."""
        self.idle = not self.waiting
        self.changed.wait_for(lambda: self.waiting or self.closing)
        self.idle = False
        if self.bytes <= GATHER_MAX and not self.closing:
            self.changed.wait(GATHER_S)

    def close(self) -> None:
        """Write what waits, once, and end the thread. What is lost is made again at the next start."""
        with self.changed:
            self.closing = True
            self.changed.notify()
        if self.thread is not None:
            self.thread.join()
        self.flush()
