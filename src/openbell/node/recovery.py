"""Bringing a node's state back: a snapshot that the log confirms, and the log after it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from openbell.core.exchange import CoreError, Exchange
from openbell.core.memory import MADV_POPULATE_WRITE
from openbell.core.records import Header
from openbell.core.snapshot import SnapshotError
from openbell.log.disk import Disk
from openbell.log.errors import LogError, LogGone
from openbell.log.journal import SEGMENT_BYTES, Journal
from openbell.log.reader import JournalReader, chain_at
from openbell.node.events import Block, EventFiles, after, given_out
from openbell.node.protocol import LENGTH_SIZE, UNIT
from openbell.node.readers import Readers
from openbell.node.sequencer import make_blocks
from openbell.node.snapshots import SUFFIX, Snapshots

log = logging.getLogger(__name__)

JOURNAL = "journal"
EVENTS = "events"
SNAPSHOTS = "snapshots"
READERS = "readers.json"
READ_BYTES = 1 << 20


class Log(Protocol):
    """A log that can be read."""

    folder: Path
    disk: Disk


class CannotRecover(Exception):
    """There is no state to begin with; the message says what is missing."""


@dataclass
class Recovered:
    """Everything a node needs to go on. `exchange` is at the journal's last position."""

    exchange: Exchange
    journal: Journal
    events: EventFiles
    readers: Readers
    snapshots: Snapshots
    term: int  # of this start
    snapshot: int  # the position it began with; 1: genesis
    replayed: int
    seconds: float


def recover(
    folder: Path,
    make_genesis: Callable[[], bytes],
    segment_bytes: int = SEGMENT_BYTES,
    disk: Disk | None = None,
) -> Recovered:
    """The state of the data folder, an empty one beginning with `make_genesis()`.

    Raises:
        LogError: the journal is damaged, owned by another process, or of another build.
        CannotRecover: neither a snapshot nor the beginning of the log is there.
        CoreError: the log holds a command that this core does not take.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    # What was given out was durable: the journal must not take it for a torn tail.
    journal = Journal.open(
        folder / JOURNAL,
        since=newest_snapshot(folder / SNAPSHOTS),
        durable=given_out(folder / EVENTS),
        segment_bytes=segment_bytes,
        disk=disk,
    )
    try:
        if journal.last == 0:
            if newest_snapshot(folder / SNAPSHOTS):
                raise LogError(f"{journal.folder} is empty, but {folder / SNAPSHOTS} is not: restore the log")
            journal.append(make_genesis(), 1, 1)
            if not journal.wait(1):
                raise LogError(f"the first record could not be stored: {journal.failed}")
        snapshots, readers = Snapshots(folder / SNAPSHOTS), Readers(folder / READERS)
        events = EventFiles(folder / EVENTS)
        start = starting_state(journal, snapshots, events, readers)
        term = replay(journal, start, events) + 1
        warm(start.exchange)
    except BaseException:
        journal.close()
        raise
    return Recovered(
        exchange=start.exchange,
        journal=journal,
        events=events,
        readers=readers,
        snapshots=snapshots,
        term=term,
        snapshot=start.position,
        replayed=start.exchange.position - start.position,
        seconds=time.monotonic() - began,
    )


@dataclass
class Start:
    """A state that the log confirms, and the term of its last command."""

    position: int
    exchange: Exchange
    term: int


def starting_state(journal: Journal, snapshots: Snapshots, events: EventFiles, readers: Readers) -> Start:
    """The state to replay from; the event files are made fit to go on from there.

    The newest snapshot, unless units that a reader still needs are missing: then the newest one from
    which they can be made again.

    Raises:
        CannotRecover: there is no state that the log confirms.
    """
    wanted = readers.slowest()
    covered = bool(events.firsts) if wanted is None else events.first <= wanted + 1
    # From a state at or before the files' end they only grow; from one at or before the slowest reader's
    # position they can be made anew.
    plans = [(events.last, False)] if covered else []
    plans.append((journal.last if wanted is None else wanted, True))
    for latest, anew in plans:
        start = newest_state(journal, snapshots, latest)
        if start is not None:
            if anew:
                events.restart(start.position)
            return with_genesis(start, events)
    start = newest_state(journal, snapshots, journal.last)
    if start is None:
        raise CannotRecover(
            f"no snapshot in {snapshots.folder} belongs to the log, and the log does not reach back to its"
            f" first record: restore a snapshot, or the segments from 0000000001.log on in {journal.folder}"
        )
    log.error("units after %d are lost to the slowest reader: no snapshot is that old", wanted or 0)
    if events.last < start.position:
        events.restart(start.position)
    return start


def newest_state(journal: Log, snapshots: Snapshots, latest: int) -> Start | None:
    """The newest state at or before position `latest`; genesis is the last resort."""
    for position in snapshots.positions():
        if position <= latest:
            start = confirmed(journal, snapshots, position)
            if start is not None:
                return start
    return from_genesis(journal)


def with_genesis(start: Start, events: EventFiles) -> Start:
    """Write the first unit, which no core run gives, where the files begin with it."""
    if start.position == 1 and events.last <= 1:
        events.restart(0)
        record = start.exchange.genesis
        events.append(Block(1, 1, UNIT.pack(UNIT.size - LENGTH_SIZE + len(record), 0) + record))
    return start


def confirmed(journal: Log, snapshots: Snapshots, position: int) -> Start | None:
    """The snapshot at `position`, if it is sound and the log confirms it."""
    try:
        exchange, meta = snapshots.load(position)
        chain = chain_at(journal.folder, position, journal.disk)
        if exchange.position == position and chain is not None and chain.hex() == meta["chain"]:
            return Start(position, exchange, meta["term"])
        log.warning("ignoring the snapshot at %d: the log does not confirm it", position)
    except (SnapshotError, CoreError, OSError, KeyError, ValueError) as error:
        log.warning("ignoring the snapshot at %d: %s", position, error)
    return None


def from_genesis(journal: Log) -> Start | None:
    """The state after the log's first record; None if that was dropped."""
    reader = JournalReader(journal.folder, 0, disk=journal.disk)
    try:
        record = next(reader.records())
    except LogGone as error:
        log.warning("cannot begin with genesis: %s", error)
        return None
    finally:
        reader.close()
    return Start(1, Exchange(record), Header.from_buffer_copy(record).term)


def replay(journal: Journal, start: Start, events: EventFiles) -> int:
    """Apply the log after `start`, write the units that the files lack; the last term."""
    exchange = start.exchange
    output = exchange.memory.maps
    data = b""
    noted = time.monotonic()
    for data in read_ahead(journal, exchange.position):
        at = 0
        while at < len(data):
            first, begin = exchange.position + 1, at
            at = exchange.run(data, at, len(data))
            if exchange.position > events.last:
                blocks = make_blocks(data, begin, at, first, output["answers"], output["events"])
                write_missing(events, blocks)
            exchange.clear()
        if time.monotonic() - noted > 1:
            noted = time.monotonic()
            log.info("replayed to %d of %d", exchange.position, journal.last)
    return last_term(data) if data else start.term


def read_ahead(journal: Log, position: int, until: int | None = None) -> Iterator[bytes]:
    """The records after `position`, in pieces, read and checked in a thread while the last one is applied.

    They end at `until`, or at what is durable when all is read.

    Raises:
        LogError: as `JournalReader.read`.
    """
    limit = None if until is None else lambda: until
    reader = JournalReader(journal.folder, position, disk=journal.disk, limit=limit)
    with ThreadPoolExecutor(1, "replay-reader") as thread:
        try:
            coming = thread.submit(reader.read, READ_BYTES)
            while data := coming.result():
                coming = thread.submit(reader.read, READ_BYTES)
                yield data
        finally:
            thread.shutdown()
            reader.close()


def warm(exchange: Exchange) -> None:
    """Take the hash tables' memory now: the first few hundred commands would touch all of it."""
    for name, area in exchange.memory.maps.items():
        if name.endswith("_cells"):
            with contextlib.suppress(OSError):  # a kernel that cannot; the pages come when they are touched
                area.madvise(MADV_POPULATE_WRITE)


def write_missing(events: EventFiles, blocks: list[Block]) -> None:
    """Append what the files do not have yet."""
    for block in blocks:
        if block.last > events.last:
            events.append(block if block.first > events.last else after(block, events.last))


def last_term(data: bytes) -> int:
    """The term of the last record in `data`."""
    at = length = 0
    while at + length < len(data):
        at += length
        length = int.from_bytes(data[at : at + 2], "little")
    return int(Header.from_buffer_copy(data, at).term)


def newest_snapshot(folder: Path) -> int:
    """The position of the newest snapshot file, 0 if there is none."""
    stems = [path.stem for path in folder.glob(f"*{SUFFIX}")]
    return max((int(stem) for stem in stems if stem.isdecimal()), default=0)
