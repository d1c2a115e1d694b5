"""The recorder of candles: follows the node's log, stores candles, outlives PostgreSQL's absences."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

import psycopg
from sqlalchemy.exc import OperationalError

from openbell.market.calendar import Calendar
from openbell.market.candles import Batch
from openbell.market.events import UnitLike
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore, PositionMoved
from openbell.node.client import SubscribeError

log = logging.getLogger(__name__)

READER = "market"
WRITE_EVERY_S = 1.0
BATCH_UNITS_MAX = 50_000  # when far behind: write so often at least
ACK_EVERY_S = 5.0
FORGET_EVERY_S = 60.0
RETRY_FIRST_S = 0.1
RETRY_MAX_S = 2.0
REFUSED_PAUSE_S = 10.0


class Source(Protocol):
    """What the recorder needs of the node's client."""

    @property
    def genesis(self) -> bytes: ...
    def subscribe(self, position: int, name: str) -> AsyncGenerator[Sequence[UnitLike], None]: ...
    async def ack(self, position: int) -> None: ...


class Recorder:
    """Keeps the stored candles of one database up with one node.

    Args:
        source: the node's client.
        database_url: where schema `market` is, or will be.
        calendar: whose days the daily candles are.
        write_every_s: the least time between two writes while units only trickle.
        on_started: called once, when the database was first reached or found to be away.
        seconds_keep_ns: how long candles of one second are kept, in log time; 0: for good.
        minutes_keep_ns: the same of candles of one minute.

    Attributes:
        position: log position of the last command known to be stored.
        stopped: why candles cannot go on, "" while they can. The node no longer has the events after
            `position`: it makes them anew from a snapshot when it starts, where one is old enough.
    """

    def __init__(
        self,
        source: Source,
        database_url: str,
        calendar: Calendar,
        write_every_s: float = WRITE_EVERY_S,
        on_started: Callable[[], None] = lambda: None,
        seconds_keep_ns: int = 0,
        minutes_keep_ns: int = 0,
    ) -> None:
        self.position = 0
        self.stopped = ""
        self._seconds_keep_ns = seconds_keep_ns
        self._minutes_keep_ns = minutes_keep_ns
        self._source = source
        self._database_url = database_url
        self._calendar = calendar
        self._write_every_s = write_every_s
        self._on_started: Callable[[], None] | None = on_started
        self._away_since = 0.0

    async def run(self) -> None:
        """Follow until cancelled: a batch under way is then rolled back, nothing is half-written.

        Raises:
            ForeignDatabase: the database holds the candles of another exchange.
        """
        pause = RETRY_FIRST_S
        while True:
            try:
                await self._follow()
            except PositionMoved as error:
                log.warning("Another process stores candles in this database: %s", error)
                pause = RETRY_MAX_S
            except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError) as error:
                pause = min(2 * pause, RETRY_MAX_S) if self._away_since else RETRY_FIRST_S
                self._went_away(error)
                self._started()
            except SubscribeError as error:
                self._say_stopped(f"Candles cannot go on after command {self.position}: {error}")
                self._started()
                pause = REFUSED_PAUSE_S
            await asyncio.sleep(pause)

    async def _follow(self) -> None:
        """Connect and store candles from where the database is, until something ends it."""
        await asyncio.to_thread(migrate, self._database_url)
        store = await CandleStore.connect(self._database_url)
        try:
            self.position = await store.adopt(self._source.genesis)
            self._came_back()
            self._started()
            log.info("Candles go on after command %d", self.position)
            await self._record(store)
        finally:
            await store.close()

    async def _record(self, store: CandleStore) -> None:
        written = acked = forgot = time.monotonic()
        batch, size = Batch(self._calendar), 0
        # The node sends at least a tick a second, so a batch never waits much longer than that for its write.
        async with aclosing(self._source.subscribe(self.position, READER)) as stream:
            async for units in stream:
                batch.add_all(units)
                size += len(units)
                now = time.monotonic()
                if not size or (now - written < self._write_every_s and size < BATCH_UNITS_MAX):
                    continue
                synchronous = now - acked >= ACK_EVERY_S
                await store.apply(self.position, batch, synchronous)
                self.position, self.stopped, written = batch.position, "", now
                if now - forgot >= FORGET_EVERY_S:
                    await self._forget(store, batch.time)
                    forgot = now
                batch, size = Batch(self._calendar), 0
                if synchronous:
                    # Only what is on disk may be forgotten by the node: PostgreSQL can lose the rest.
                    await self._source.ack(self.position)
                    acked = now
        raise RuntimeError("the node's event stream ended; it must go on until it is closed")

    async def _forget(self, store: CandleStore, now: int) -> None:
        """Let go of what is not kept any more at `now`, log time."""
        await store.forget_trades(self._calendar)
        if self._seconds_keep_ns:
            await store.forget_seconds(now - self._seconds_keep_ns)
        if self._minutes_keep_ns:
            await store.forget_minutes(now - self._minutes_keep_ns, self._calendar)

    def _say_stopped(self, reason: str) -> None:
        if self.stopped != reason:
            self.stopped = reason
            log.error(reason)

    def _went_away(self, error: Exception) -> None:
        if not self._away_since:
            self._away_since = time.monotonic()
            log.warning("PostgreSQL is away, candles wait: %s", str(error).strip().splitlines()[:1])

    def _came_back(self) -> None:
        if self._away_since:
            log.info("PostgreSQL is back after %.1f s", time.monotonic() - self._away_since)
            self._away_since = 0.0

    def _started(self) -> None:
        if self._on_started is not None:
            self._on_started()
            self._on_started = None
