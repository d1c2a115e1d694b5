"""The log applied again, from its first command or the oldest snapshot, with the units that it makes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from openbell.core import snapshot
from openbell.core.exchange import CoreError, Exchange
from openbell.core.records import Answer, Event, Header
from openbell.log.disk import RealDisk
from openbell.log.errors import LogGone
from openbell.log.reader import JournalReader, chain_at
from openbell.log.segment import segment_numbers

READ_BYTES = 1 << 18
LAG_SECONDS_MAX = 2.0
POLL_SECONDS = 0.02


class Unit(NamedTuple):
    """One command of the log and the records of all its events."""

    seq: int
    ts: int
    command: bytes
    events: bytes


class Rerun:
    """A fresh exchange fed by the journal in `folder`.

    Args:
        snapshots: where to look for a state to begin with, where the log's beginning is gone.

    Attributes:
        begun: the position it began with; 1: the first command.

    Raises:
        FileNotFoundError: the journal holds no command yet.
        LogCorrupt, LogUnknown: as JournalReader says.
        LogGone: the beginning is gone, and no snapshot says what was there; or files were dropped meanwhile.
    """

    def __init__(self, folder: Path, snapshots: Path | None = None) -> None:
        self.begun = 1
        self.reader = JournalReader(folder)
        try:
            self._data = self.reader.read(READ_BYTES)
        except LogGone:
            oldest = oldest_state(folder, snapshots) if snapshots else None
            if oldest is None:
                raise
            self.exchange, self._data = oldest, b""
            self.begun, self.genesis = oldest.position, oldest.genesis
            self.reader.close()
            self.reader = JournalReader(folder, self.begun)
            return
        if not self._data:
            raise FileNotFoundError(f"the log in {folder} holds no command yet")
        length = Header.from_buffer_copy(self._data).length
        self.genesis = self._data[:length]
        self._data = self._data[length:]
        self.exchange = Exchange(self.genesis)

    def units(self, stops: Collection[int], end: int | None = None) -> Iterator[list[Unit]]:
        """Runs of units; a run ends at each of the positions `stops`.

        Args:
            end: the last position; where the log ends before it, that is waited for a moment, because a
                reader of the node can be ahead of what the log's files tell. None: what is durable now.
        """
        stops = stops if end is None else {*stops, end}
        while data := self._next(end):
            for part in split(data, stops):
                start = 0
                while start < len(part):
                    stop = self.exchange.run(part, start, len(part))
                    yield self._take(part[start:stop])
                    start = stop
                if self.exchange.position == end:
                    return

    def _next(self, end: int | None) -> bytes:
        """The next records; none at the end."""
        data, self._data = self._data, b""
        deadline = time.monotonic() + LAG_SECONDS_MAX
        while not data and (end is None or self.exchange.position < end):
            data = self.reader.read(READ_BYTES)
            if data or end is None or time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return data

    def close(self) -> None:
        """Give the journal's files back."""
        self.reader.close()

    def _take(self, commands: bytes) -> list[Unit]:
        """The units of the commands that were just applied."""
        exchange = self.exchange
        answers = exchange.answers(0, exchange.answer_count)
        events = exchange.events(0, exchange.event_count)
        exchange.clear()
        made, at, first = [], 0, 0
        for answer in range(0, len(answers), Answer.SIZE):
            head = Header.from_buffer_copy(commands, at)
            last = first + Answer.from_buffer_copy(answers, answer).events * Event.SIZE
            made.append(Unit(head.seq, head.ts, commands[at : at + head.length], events[first:last]))
            at, first = at + head.length, last
        return made


def oldest_state(journal: Path, snapshots: Path) -> Exchange | None:
    """The state of the oldest snapshot that the log in `journal` confirms, and goes on from; or None."""
    for path in sorted(snapshots.glob("*.snapshot")):
        try:
            exchange, meta = snapshot.load(path)
        except (OSError, CoreError, snapshot.SnapshotError):
            continue
        chain = chain_at(journal, exchange.position)
        if chain is not None and chain.hex() == meta.get("chain"):
            return exchange
    return None


def oldest_segment(journal: Path) -> int:
    """The number of the oldest file of the log in `journal`; 0 if there is none."""
    return min(segment_numbers(RealDisk(), journal), default=0)


def split(data: bytes, stops: Collection[int]) -> Iterator[bytes]:
    """Whole records, cut behind each record whose sequence is in `stops`."""
    start = at = 0
    while at < len(data):
        head = Header.from_buffer_copy(data, at)
        at += head.length
        if head.seq in stops:
            yield data[start:at]
            start = at
    if start < at:
        yield data[start:at]
