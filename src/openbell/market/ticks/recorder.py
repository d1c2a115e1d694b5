"""The recorder of ticks: follows the node's log and keeps the store of the exchange's own ticks up with it.

Ticks gather in memory and are flushed into files once in a while. The node is told that it may forget what is
in files; what was not flushed when this process died is asked for again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol

from openbell.market.board import Board
from openbell.market.calendar import MINUTE
from openbell.market.events import UnitLike
from openbell.market.feed import load
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.parquet import one_thread
from openbell.market.ticks.store import Sealed, TickStore
from openbell.market.ticks.tape import Tape
from openbell.market.ticks.upkeep import Policy, upkeep
from openbell.node.client import SubscribeError
from openbell.ops.settings import Settings

log = logging.getLogger(__name__)

READER = "ticks"
FLUSH_EVERY_S = 60.0
FLUSH_ROWS = 500_000
HOT_ROWS_MAX = 2_000_000  # then the recorder waits for the disk, and the node keeps what comes
UPKEEP_EVERY_S = 60.0
RETRY_S = 2.0


class Stream(Protocol):
    """A subscription to the units of a log."""

    async def start(self) -> int: ...
    def __aiter__(self) -> AsyncIterator[Sequence[UnitLike]]: ...
    async def aclose(self) -> None: ...


class Source(Protocol):
    """What the recorder needs of a client of the node, one of its own."""

    @property
    def genesis(self) -> bytes: ...
    def subscribe(self, position: int | None, name: str) -> Stream: ...
    async def ack(self, position: int) -> None: ...
    async def query(self, name: str, **arguments: int) -> dict[str, Any]: ...


class TickRecorder:
    """Keeps the store in `folder` up with one node.

    Args:
        source: the node's client.
        archive_url: where old files go; None: into `own_archive`, which then counts as part of the store.
        policy: how long files stay in `folder`, and how much there may be.
        flush_every_s: the least time between two flushes while ticks only trickle.
        on_started: called once, when the store follows the log.

    Attributes:
        position: log position up to which every tick is in files.
    """

    def __init__(
        self,
        source: Source,
        folder: Path,
        own_archive: Path,
        archive_url: str | None,
        policy: Policy,
        flush_every_s: float = FLUSH_EVERY_S,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self.position = 0
        self._source = source
        self._folder = folder
        self._own_archive = own_archive
        self._archive_url = archive_url
        self._policy = policy
        self._flush_every_s = flush_every_s
        self._on_started = on_started
        self._flushing: asyncio.Task[None] | None = None
        self._kept_up = 0.0

    @classmethod
    def of(cls, source: Source, settings: Settings) -> TickRecorder:
        """The recorder that `settings` describe."""
        return cls(
            source,
            settings.ticks_dir,
            settings.archive_dir,
            settings.archive_url,
            Policy(settings.ticks_warm_hours * 60 * MINUTE, settings.ticks_mib_max << 20),
            settings.ticks_flush_s,
        )

    async def run(self) -> None:
        """Follow until cancelled; a flush under way is then finished.

        Raises:
            StoreError: the folder is another exchange's, or another process writes it.
            ArchiveError: the archive's URL cannot be used.
        """
        source = hashlib.sha256(self._source.genesis).hexdigest()
        store = await asyncio.to_thread(TickStore, self._folder, source)
        try:
            one_thread()
            archive = await asyncio.to_thread(Archive, self._archive_url or self._own_archive)
            self.position = store.position
            await self._follow(store, archive)
        finally:
            if self._flushing is not None:
                with contextlib.suppress(Exception):
                    await asyncio.shield(self._flushing)
            store.close()

    async def _follow(self, store: TickStore, archive: Archive) -> None:
        tape = Tape(store.position, store.symbols, store.state)
        begin: int | None = store.position
        while True:
            try:
                async with aclosing(self._source.subscribe(begin, READER)) as stream:
                    if begin is None:
                        await stream.start()
                        board = Board()
                        await load(board, self._source)
                        tape.load(board)
                    log.info("Ticks go on after command %d", tape.position)
                    self._on_started()
                    await self._record(store, archive, tape, stream)
            except SubscribeError as error:
                if begin is None:
                    raise
                log.warning("Ticks after command %d are lost: %s; they begin again now", tape.position, error)
                begin = None

    async def _record(self, store: TickStore, archive: Archive, tape: Tape, stream: Stream) -> None:
        flushed = time.monotonic()
        async for units in stream:
            tape.add_all(units)
            store.add(tape.take(), tape.position)
            now = time.monotonic()
            rows = store.hot_rows
            if rows < FLUSH_ROWS and now - flushed < self._flush_every_s:
                continue
            if self._flushing is None or self._flushing.done():
                flushed = now
                self._flushing = asyncio.create_task(self._flush(store, archive, store.seal(tape.state())))
            if rows >= HOT_ROWS_MAX:
                await asyncio.shield(self._flushing)
        raise RuntimeError("the node's event stream ended; it must go on until it is closed")

    async def _flush(self, store: TickStore, archive: Archive, sealed: Sealed) -> None:
        """Flush what was sealed, however often the disk has to be asked; then do what upkeep is due."""
        while True:
            try:
                await asyncio.to_thread(store.flush, sealed)
                break
            except OSError as error:
                log.error("Ticks cannot be written, they wait: %s", error)
                await asyncio.sleep(RETRY_S)
        self.position = store.position
        await self._source.ack(self.position)
        if time.monotonic() - self._kept_up < UPKEEP_EVERY_S:
            return
        self._kept_up = time.monotonic()
        try:
            done = await asyncio.to_thread(
                upkeep, store, archive, self._archive_url is None, self._policy, time.time_ns()
            )
            if done.archived or done.pruned:
                log.info(
                    "%d files of ticks archived, %d removed to keep to the size", done.archived, done.pruned
                )
        except OSError as error:
            log.error("Old ticks cannot be archived, they stay: %s", error)
