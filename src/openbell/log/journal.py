"""The journal: appends batches of records, makes them durable in groups, says how far it is.

`append` gives a batch its place at once; `flush`, run by a writer thread, writes all that waits and syncs
once. Segments are made beforehand (`Reserve`); when there is no space for the next one, the end of the
current one is kept for urgent records.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openbell.log.disk import Buffer, Disk, File, RealDisk
from openbell.log.errors import LogCorrupt, LogFailed, LogLocked
from openbell.log.formats import CHAIN_ZERO, HEAD, LOCK, MARK, SEGMENT_START, pack_batch_head
from openbell.log.mend import Cut, empty, mend
from openbell.log.reserve import Reserve
from openbell.log.scan import Tail, scan
from openbell.log.segment import create_segment, first_batch, open_segment, segment_numbers, segment_path

log = logging.getLogger(__name__)

SEGMENT_BYTES = 64 << 20
GROUP_BATCHES = 500  # written by one call; the system takes 1,024 pieces at most
EX_IOERR = 74


@dataclass(slots=True)
class Waiting:
    """A batch with its place, not yet written."""

    records: bytes | bytearray
    first: int
    last: int
    file: File
    offset: int


def end_process(error: BaseException) -> None:
    """What a failed write or sync does: nobody retries it, nobody serves on."""
    log.critical("the journal failed and the process ends: %r", error)
    logging.shutdown()
    os._exit(EX_IOERR)


class Journal:
    """The owner's side of a journal folder. Open one with `Journal.open`."""

    def __init__(self, disk: Disk, folder: Path, segment_bytes: int, headroom: int) -> None:
        self.disk = disk
        self.folder = folder
        self.segment_bytes = segment_bytes
        self.headroom = headroom
        self.cut: Cut | None = None  # what recovery removed
        self.last = 0  # the last appended position
        self.durable = 0  # everything up to this position survives
        self.chain = CHAIN_ZERO  # the chain value after what was written last
        self.sync_ns: deque[int] = deque(maxlen=4096)  # how long the latest writes with their syncs took
        self.on_durable: Callable[[int], None] = lambda _position: None  # called by the writer
        self.on_failure: Callable[[BaseException], None] = end_process  # called by the writer
        self.lock = -1
        self.failed: BaseException | None = None
        self.offset = SEGMENT_START  # of the next batch, in `current`
        self.waiting: deque[Waiting] = deque()
        self.changed = threading.Condition()
        self.closing = False
        self.thread: threading.Thread | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        disk: Disk | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        headroom: int | None = None,
        since: int = 0,
        durable: int = 0,
        threads: bool = True,
    ) -> Journal:
        """Own the journal in `folder`, making it if there is none, and find its end.

        Args:
            folder: where its segments lie.
            disk: what stores the bytes.
            segment_bytes: the size of new segments.
            headroom: bytes kept for urgent records once no more space can be had; a sixteenth of a segment
                unless given.
            since: segments that end before this position are left for their readers to check.
            durable: a position known from elsewhere (a snapshot, an event file) to be durable.
            threads: write and reserve in threads; otherwise the caller calls `flush`.

        Raises:
            LogLocked: another process owns it.
            LogCorrupt: damage at or below a durable position; the message has file and offset.
            LogUnknown: a layout that this build does not know.
            OSError: there is no space for the first segment.
        """
        disk = disk or RealDisk()
        journal = cls(disk, folder, segment_bytes, segment_bytes // 16 if headroom is None else headroom)
        disk.make_folder(folder)
        try:
            journal.lock = disk.lock(folder / LOCK)
        except BlockingIOError as error:
            raise LogLocked(f"journal {folder} is {error.strerror}; end that process first") from None
        try:
            journal.recover(since, durable)
        except BaseException:
            disk.unlock(journal.lock)
            raise
        if threads:
            journal.reserve.start()
            journal.thread = threading.Thread(target=journal.run, name="journal-writer", daemon=True)
            journal.thread.start()
        return journal

    def recover(self, since: int, durable: int) -> None:
        """Find the end, mend it, take the spare segments; see `open` for what it raises."""
        for name in self.disk.names(self.folder):
            if name.endswith(".tmp"):
                self.disk.remove(self.folder / name)
        self.mark = self.disk.mark(self.folder / MARK, writable=True)
        durable = max(durable, self.mark.load())
        tail = scan(self.disk, self.folder, since, durable)
        if tail is None:
            if durable:
                raise LogCorrupt(
                    segment_path(self.folder, 1), 0, f"the file is missing; {durable} was durable"
                )
            self.current = create_segment(self.disk, self.folder, 1, self.segment_bytes)
            tail = Tail(1, 0)
        else:
            self.current = open_segment(self.disk, self.folder, tail.number, writable=True)
            self.cut = mend(self.current, tail)
        self.writing = self.current
        self.offset = tail.offset
        self.last = self.durable = tail.last
        self.chain = tail.chain or CHAIN_ZERO
        self.mark.store(self.durable)
        self.reserve = Reserve(
            self.disk, self.folder, self.segment_bytes, tail.number + 1, self.take_spare(tail)
        )

    def take_spare(self, tail: Tail) -> File | None:
        """The first segment after the tail's, emptied; further ones are removed."""
        spare = None
        for number in tail.spare:
            if number == tail.number + 1:
                spare = open_segment(self.disk, self.folder, number, writable=True)
                empty(spare)
            else:
                self.disk.remove(segment_path(self.folder, number))
        return spare

    def room(self, urgent: bool = False) -> int:
        """How many bytes of records the next batch may have; for urgent records the headroom counts too."""
        rest = self.current.size - self.offset - HEAD
        if rest - self.headroom >= self.segment_bytes // 4:
            return rest - self.headroom
        if self.reserve.available():
            return self.reserve.size - SEGMENT_START - HEAD
        return max(0, rest if urgent else rest - self.headroom)

    def append(self, records: bytes | bytearray, first: int, last: int) -> None:
        """Queue a batch of stamped records; `durable` reaches `last` once it is safe.

        `records` must not change any more. Called by one thread only.

        Raises:
            LogFull: there is no space for it; nothing was queued.
            LogFailed: a write or sync failed earlier.
            ValueError: `first` does not follow the last appended position, or the batch fits no segment.
        """
        if self.failed is not None or self.closing:
            raise LogFailed(f"journal {self.folder} takes no more records: {self.failed or 'it is closed'}")
        if first != self.last + 1 or last < first:
            raise ValueError(f"batch {first} to {last} does not follow {self.last}")
        size = HEAD + len(records)
        if self.offset + size > self.current.size:
            if size > self.segment_bytes - SEGMENT_START:
                raise ValueError(f"a batch of {size} bytes fits no segment of {self.segment_bytes}")
            _, self.current = self.reserve.take()
            self.offset = SEGMENT_START
        with self.changed:
            self.waiting.append(Waiting(records, first, last, self.current, self.offset))
            self.changed.notify_all()
        self.offset += size
        self.last = last

    def roll(self) -> bool:
        """Have the next batch begin a segment; False if this one holds nothing yet, or none is reserved.

        Called by the thread that appends.
        """
        if self.offset == SEGMENT_START or not self.reserve.available():
            return False
        _, self.current = self.reserve.take()
        self.offset = SEGMENT_START
        return True

    def flush(self) -> bool:
        """Write what waits and sync it; whether there was anything.

        Raises:
            LogFailed: it could not be made durable. Nothing of it may be acknowledged, ever.
        """
        group: list[Waiting] = []
        with self.changed:
            while self.waiting and len(group) < GROUP_BATCHES:
                group.append(self.waiting.popleft())
        if not group:
            return False
        began = time.perf_counter_ns()
        try:
            self.write(group)
            self.writing.sync()
        except BaseException as error:
            self.failed = error
            self.on_failure(error)
            raise LogFailed(f"journal {self.folder} could not store {group[0].first}: {error}") from error
        self.sync_ns.append(time.perf_counter_ns() - began)
        self.settle(group[-1].last)
        self.on_durable(self.durable)
        return True

    def write(self, group: list[Waiting]) -> None:
        """Write the batches of `group`, without a sync but where a segment ends."""
        parts: list[Buffer] = []
        start = group[0].offset
        done = self.durable
        for batch in group:
            if batch.file is not self.writing:
                # A segment is durable before the next one holds anything: recovery relies on it.
                if parts:
                    self.writing.write(start, parts)
                self.writing.sync()
                self.writing.close()
                self.settle(done)
                self.writing, parts, start = batch.file, [], batch.offset
            head = pack_batch_head(batch.records, batch.first, batch.last, self.durable, self.chain)
            self.chain = head[-len(self.chain) :]
            parts += (head, batch.records)
            done = batch.last
        self.writing.write(start, parts)

    def settle(self, position: int) -> None:
        """Note that everything up to `position` is durable."""
        self.mark.store(position)  # first, so that who waits finds what a reader may read
        with self.changed:
            self.durable = position
            self.changed.notify_all()

    def run(self) -> None:
        """The writer thread."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.waiting or self.closing)
                if not self.waiting:
                    return
            try:
                self.flush()
            except LogFailed as error:
                log.error("the writer ends: %s", error)
                return

    def wait(self, position: int, timeout_s: float = 10.0) -> bool:
        """Wait until `position` is durable; False if it was not in time or never will be."""
        with self.changed:
            self.changed.wait_for(lambda: self.durable >= position or self.failed is not None, timeout_s)
            return self.durable >= position

    def size(self) -> int:
        """Bytes of all segments, the reserved one included."""
        return len(segment_numbers(self.disk, self.folder)) * self.segment_bytes

    def drop(self, before: int, most: int | None = None) -> int:
        """Remove the oldest segments whose records all lie before position `before`, `most` of them if given;
        how many."""
        dropped = 0
        numbers = segment_numbers(self.disk, self.folder)
        for number, following in itertools.pairwise(numbers):
            file = open_segment(self.disk, self.folder, following)
            batch = first_batch(file)
            file.close()
            if dropped == most or batch is None or batch.first > min(before, self.durable):
                break
            self.disk.remove(segment_path(self.folder, number))
            dropped += 1
        return dropped

    def close(self) -> None:
        """Make everything durable, end the threads, give up the lock."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        if self.thread is not None:
            self.thread.join()
        elif self.failed is None:
            while self.flush():
                pass
        self.reserve.close()
        if self.writing is not self.current:
            self.writing.close()
        self.current.close()
        self.mark.close()
        self.disk.unlock(self.lock)
