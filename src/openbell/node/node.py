"""The node: an exchange over a journal, its door, and the housekeeping around them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbell.log.disk import Disk
from openbell.log.formats import ARCHIVED
from openbell.log.journal import SEGMENT_BYTES
from openbell.node import queries
from openbell.node.capped import CappedDisk
from openbell.node.clock import Clock
from openbell.node.gate import Gate
from openbell.node.protocol import VERSION
from openbell.node.recovery import Recovered, recover
from openbell.node.sequencer import Sequencer
from openbell.node.server import Connection, bind
from openbell.node.stream import Stream
from openbell.node.warmer import Warmer
from openbell.ops.room import Room, largest_in

log = logging.getLogger(__name__)

HOUSEKEEPING_S = 1.0
DAY_NS = 86_400 * 1_000_000_000
DROP_PERCENT = 85  # of the data folder's cap: above it segments that nobody needs go
TICK_CHECK_S = 0.1
BACKLOG = 128
PART_S = 0.5


@dataclass(frozen=True)
class Limits:
    """When snapshots are written and how much is kept."""

    snapshot_commands: int = 1_000_000  # commands between snapshots
    snapshot_s: float = 600.0  # seconds after which fewer commands are enough
    snapshot_commands_min: int = 10_000  # so many
    events_bytes: int = 256 << 20  # event files kept for readers without a name
    events_bytes_max: int = 6 << 30  # event files kept for the slowest named reader
    journal_bytes: int = 10 << 30  # older segments go once snapshots and readers are past them; 0: none goes
    data_bytes: int = 0  # the most that the whole data folder may take; 0: no cap
    archived: bool = False  # segments go only once the mark `archived` says that they are in an archive
    segment_bytes: int = SEGMENT_BYTES


class Node:
    """One running exchange. `start` opens its door; `ended` says when to stop, with what went wrong."""

    def __init__(self, recovered: Recovered, clock: Clock, limits: Limits, room: Room) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = clock
        self.limits = limits
        self.room = room
        self.exchange = recovered.exchange
        self.warmer = Warmer(self.exchange.memory)
        self.journal = recovered.journal
        self.events = recovered.events
        self.readers = recovered.readers
        self.snapshots = recovered.snapshots
        self.term = recovered.term
        self.gate = Gate(self.journal.durable)
        self.stream = Stream(self.events, self.exchange.position)
        self.sequencer = Sequencer(
            self.exchange, self.journal, self.gate, self.stream, clock, self.term, self.fail
        )
        self.intake = self.sequencer.intake
        self.connections: set[Connection] = set()
        self.sources = itertools.count(1)
        self.ended: asyncio.Future[None] = self.loop.create_future()
        self.started_ns = time.monotonic_ns()
        self.turn_scheduled = False
        self.day = int(self.exchange.time) // DAY_NS  # of log time, that the segment being written is of
        self.snapshot_position = recovered.snapshot
        self.snapshot_begun = recovered.snapshot  # about where the newest one, finished or not, begins
        self.snapshot_at = time.monotonic()
        self.snapshot_stall_ns = 0  # how long commands waited for the last snapshot's beginning
        self.server: asyncio.Server | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.removing = threading.Lock()  # held by the thread that removes files
        self.journal.on_durable = self._became_durable
        self.stream.writer.on_room = self._has_room

    @classmethod
    def open(
        cls,
        folder: Path,
        make_genesis: Callable[[int], bytes],
        clock: Clock | None = None,
        limits: Limits | None = None,
        disk: Disk | None = None,
    ) -> Node:
        """Recover the data folder's exchange, or make one of `make_genesis(now)`; raises as `recover`.

        Raises:
            ClockBehind: the machine's clock is behind the log.
        """
        clock, limits = clock or Clock(), limits or Limits()
        room = Room(folder, limits.data_bytes)
        disk = disk or CappedDisk(room)
        recovered = recover(folder, lambda: make_genesis(clock.now()), limits.segment_bytes, disk)
        try:
            clock.check_against(recovered.exchange.time)
        except BaseException:
            recovered.journal.close()
            raise
        if recovered.journal.cut:
            log.warning("%s", recovered.journal.cut)
        log.info(
            "recovered position %d in %.2f s: snapshot %d and %d commands, term %d",
            recovered.exchange.position, recovered.seconds, recovered.snapshot, recovered.replayed,
            recovered.term,
        )  # fmt: skip
        return cls(recovered, clock, limits, room)

    async def start(self, path: Path) -> None:
        """Open the door at `path` and keep house."""
        self.stream.writer.start()
        self.sequencer.tick()
        self.server = await self.loop.create_unix_server(
            lambda: Connection(self), sock=bind(path), backlog=BACKLOG
        )
        self.tasks = [
            self.loop.create_task(self._tick(), name="node-tick"),
            self.loop.create_task(self._keep_house(), name="node-housekeeping"),
        ]

    async def stop(self) -> None:
        """Close the door, let what is under way become durable and leave, keep the state."""
        self.warmer.stop()
        if self.server is not None:
            self.server.close()
        for connection in self.connections:
            connection.hold_off()
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if not self.gate.shut:
            await self._settle()
            self.stream.pump()
        await self._part()
        settled = not self.gate.shut and self.journal.failed is None
        self.snapshots.abandon()
        if settled and self.exchange.position > self.snapshot_position:
            self.snapshots.save(self.exchange, self._meta())
            await self._tidy()
        self.gate.close()
        self.readers.save()
        self.stream.writer.close()
        self.events.close()
        self.journal.close()

    async def _part(self) -> None:
        """Close all connections; who does not take what it was sent in half a second is cut off."""
        for connection in list(self.connections):
            connection.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(PART_S):
                while self.connections:
                    await asyncio.sleep(0.002)
        for connection in list(self.connections):
            connection.cut_off()
        await asyncio.sleep(0)

    # -- what connections ask ---------------------------------------------------------------------

    def welcome(self, source: int) -> dict[str, Any]:
        """What a new connection is told."""
        return {
            "version": VERSION,
            "source": source,
            "term": self.term,
            "seq": self.gate.durable,
            "genesis": self.exchange.genesis,
            "time": self.now(),
        }

    def next_source(self) -> int:
        """A number for a new connection, within this term."""
        return next(self.sources)

    def now(self) -> int:
        """The node's clock, nanoseconds UTC."""
        return max(self.clock.now(), int(self.exchange.time))

    def arrived(self) -> None:
        """Take a turn once everything that has arrived by now is read."""
        if not self.turn_scheduled:
            self.turn_scheduled = True
            self.loop.call_soon(self._turn)

    def ask(self, arguments: Any) -> tuple[int, Any]:
        """(position, data) of a query; raises QueryError."""
        position = int(self.exchange.position)
        if isinstance(arguments, dict) and arguments.get("name") == "status":
            return position, self.status()
        return position, queries.read(self.exchange, arguments)

    def after_commands(self, question: Callable[[], None]) -> None:
        """Call `question` once all commands that wait are applied or refused."""
        self.sequencer.ask(question)

    def status(self) -> dict[str, Any]:
        """How the node is."""
        syncs = sorted(self.journal.sync_ns)
        return {
            "seq": int(self.exchange.position),
            "durable": self.gate.durable,
            "time": self.now(),
            "term": self.term,
            "uptime_ns": time.monotonic_ns() - self.started_ns,
            "commands": self.sequencer.commands,
            "sync_p50_ns": syncs[len(syncs) // 2] if syncs else 0,
            "sync_p99_ns": syncs[len(syncs) * 99 // 100] if syncs else 0,
            "waiting": len(self.intake),
            "connections": len(self.connections),
            "subscribers": len(self.stream.subscribers),
            "readers": dict(self.readers.positions),
            "events_first": self.events.first,
            "events_bytes": self.events.bytes,
            "events_unwritten": self.stream.writer.bytes,
            "snapshot": self.snapshot_position,
            "snapshot_writing": bool(self.snapshots.child),
            "snapshot_stall_ns": self.snapshot_stall_ns,
            "log_full": self.sequencer.full,
            "warm": self.warmer.done,
            "cut": str(self.journal.cut) if self.journal.cut else None,
        }

    # -- turns ------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """Say nothing more and end: the state in memory may not be what the log says."""
        self.gate.close()
        log.critical("the node ends: %r", error, exc_info=error)
        for connection in list(self.connections):
            connection.cut_off()
        if not self.ended.done():
            self.ended.set_exception(error)

    def end(self) -> None:
        """Have whoever waits for `ended` stop the node."""
        if not self.ended.done():
            self.ended.set_result(None)

    def _turn(self) -> None:
        self.turn_scheduled = False
        self.sequencer.turn()
        if len(self.intake) and self.sequencer.ready:
            self.arrived()

    def _became_durable(self, position: int) -> None:
        """Called by the journal's writer thread."""
        self.loop.call_soon_threadsafe(self._durable, position)

    def _has_room(self) -> None:
        """Called by the event files' writer thread."""
        self.loop.call_soon_threadsafe(self.arrived)

    def _durable(self, position: int) -> None:
        self.sequencer.durable(position)
        if len(self.intake):
            self.arrived()

    async def _tick(self) -> None:
        """Let log time pass also while nothing arrives."""
        while True:
            await asyncio.sleep(TICK_CHECK_S)
            self.sequencer.tick()

    async def _settle(self) -> None:
        """Take what waits, then stand still with everything durable."""
        while (len(self.intake) or self.sequencer.in_flight) and self.journal.failed is None:
            self.sequencer.turn()
            await asyncio.sleep(0.0005)

    # -- housekeeping -----------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        """Snapshots, readers' positions, and what may be forgotten."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            self._begin_day()
            try:
                if self.readers.changed:
                    await asyncio.to_thread(self.readers.save)
                    await self._tidy()
                done = self.snapshots.poll()
                if done is not None:
                    self.snapshot_position = done
                    log.info("snapshot at %d written", done)
                    await self._tidy()
                elif self._snapshot_due():
                    self._begin_snapshot()
            except OSError as error:
                log.error("housekeeping: %s", error)

    def _begin_day(self) -> None:
        """End the segment with the UTC day, however little it holds: a complete one can be archived."""
        day = int(self.exchange.time) // DAY_NS
        if day != self.day and self.journal.roll():
            self.day = day

    def _snapshot_due(self) -> bool:
        if self.snapshots.child:
            return False
        commands = int(self.exchange.position) - self.snapshot_begun
        waited = time.monotonic() - self.snapshot_at >= self.limits.snapshot_s
        return commands >= self.limits.snapshot_commands or (
            waited and commands >= self.limits.snapshot_commands_min
        )

    def _begin_snapshot(self) -> None:
        """Have a snapshot written of what is durable now."""
        self.snapshot_begun = int(self.exchange.position)
        self.snapshot_at = time.monotonic()
        began = time.perf_counter_ns()
        self.snapshots.begin(self.journal.folder)
        self.snapshot_stall_ns = time.perf_counter_ns() - began

    def _meta(self) -> dict[str, Any]:
        """What a snapshot notes beside the state: where in which log it belongs."""
        return {"chain": self.journal.chain.hex(), "term": self.term}

    async def _tidy(self) -> None:
        """Forget what two snapshots and every named reader have passed; files go in a thread."""
        slowest = self.readers.slowest()
        passed = int(self.exchange.position) if slowest is None else slowest
        released = self._release_events(passed)
        await asyncio.shield(asyncio.to_thread(self._remove, released, slowest, passed))

    def _release_events(self, passed: int) -> list[Path]:
        """The event files that are not kept any more."""
        events, limits, released = self.events, self.limits, []
        while (
            len(events.firsts) > 1 and events.bytes > limits.events_bytes and events.firsts[1] <= passed + 1
        ):
            released += events.release(events.firsts[1] - 1)
        while len(events.firsts) > 1 and events.bytes > limits.events_bytes_max:
            log.error(
                "event files of %d bytes: dropping units that reader needs: %s",
                events.bytes,
                self.readers.positions,
            )
            released += events.release(events.firsts[1] - 1)
        return released

    def _remove(self, released: list[Path], slowest: int | None, passed: int) -> None:
        """Remove event files, and snapshots and segments that nobody needs. Runs in a thread."""
        with self.removing:
            for path in released:
                path.unlink(missing_ok=True)
            self.snapshots.prune(slowest)
            self._drop_segments(passed)

    def _drop_segments(self, passed: int) -> None:
        """Remove the oldest segments that nobody needs, as many as are too many."""
        limits, journal = self.limits, self.journal
        above = journal.size() - limits.journal_bytes if limits.journal_bytes else 0
        excess = max(above, self.room.over(DROP_PERCENT, largest_in(self.snapshots.folder)))
        if excess <= 0:
            return
        before = min(min(self.snapshots.positions()[:2], default=0), passed)
        if limits.archived:
            before = min(before, self._archived() + 1)
        dropped = journal.drop(before, -(-excess // journal.segment_bytes))
        if dropped:
            log.info("dropped the %d oldest segments, %d bytes were too many", dropped, excess)

    def _archived(self) -> int:
        """The position up to which the log is in an archive, 0 where nothing is known."""
        try:
            mark = self.journal.disk.mark(self.journal.folder / ARCHIVED, writable=False)
        except FileNotFoundError:
            return 0
        try:
            return mark.load()
        finally:
            mark.close()
