"""The ledger at work: takes units from the node, writes them in batches, outlives PostgreSQL's absences."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError

from openbell.core.records import Header
from openbell.ledger.applier import Applier, Stopped
from openbell.ledger.balances import CannotApply
from openbell.ledger.condense import condense
from openbell.ledger.intake import Intake
from openbell.ledger.migrate import migrate
from openbell.ledger.projection import UnitLike
from openbell.ledger.prune import prune
from openbell.ledger.store import LedgerStore, PositionMoved
from openbell.node.client import SubscribeError

log = logging.getLogger(__name__)

READER = "ledger"
ACK_EVERY_S = 5.0
PRUNE_EVERY_S = 10.0
CONDENSE_EVERY_S = 5.0
RETRY_FIRST_S = 0.1
RETRY_MAX_S = 2.0
MOVED_PAUSE_S = 1.0
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError)  # of PostgreSQL
REFUSED_PAUSE_S = 10.0


class Source(Protocol):
    """What the ledger needs of the node's client."""

    @property
    def genesis(self) -> bytes: ...
    def subscribe(self, position: int, name: str) -> AsyncIterator[Sequence[UnitLike]]: ...
    async def ack(self, position: int) -> None: ...


class Follower:
    """Keeps the ledger of one database up with one node.

    Args:
        source: the node's client.
        database_url: where schema `ledger` is, or will be.
        interval_s: the least time between two batches while units only trickle.
        prune_after_ns: log time after which the simulator's orders that never filled go; 0: never.
        bytes_max: what the ledger may take in the database; beyond it the oldest detail goes. 0: no bound.
        on_started: called once, when the database was first reached or found to be away.

    Attributes:
        position: log position of the last command known to be applied.
        stopped: why it stopped for good; "" while it works.
    """

    def __init__(
        self,
        source: Source,
        database_url: str,
        interval_s: float = 0.25,
        *,
        prune_after_ns: int = 0,
        bytes_max: int = 0,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self.source = source
        self.database_url = database_url
        self.interval_s = interval_s
        self.prune_after_ns = prune_after_ns
        self.bytes_max = bytes_max
        self.position = 0
        self.stopped = ""
        self._on_started: Callable[[], None] | None = on_started
        self._acked_at = 0.0
        self._prune_at = 0.0
        self._condense_at = 0.0
        self._away_since = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set. A batch under way is then rolled back; nothing is half-written."""
        work = asyncio.create_task(self._work())
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, waiting):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _work(self) -> None:
        pause = RETRY_FIRST_S
        while True:
            try:
                await self._follow()
            except Stopped as error:
                self._say_stopped(str(error))
                await asyncio.Event().wait()  # until somebody looks: a restart tries again
            except PositionMoved as error:
                log.warning("Another ledger works on this database: %s", error)
                await asyncio.sleep(MOVED_PAUSE_S)
            except AWAY as error:
                pause = RETRY_FIRST_S if not self._away_since else min(2 * pause, RETRY_MAX_S)
                self._went_away(error)
                self._started()
                await asyncio.sleep(pause)
            except SubscribeError as error:
                # What it has not seen, the node no longer has, or does not have yet: a restored folder.
                self._say_stopped(f"The ledger cannot go on after command {self.position}: {error}")
                await asyncio.sleep(REFUSED_PAUSE_S)
            except (psycopg.Error, DBAPIError, CannotApply) as error:
                # A fault in the database's schema or in this build: no retry will mend it.
                self._say_stopped(f"The ledger stopped: {type(error).__name__}: {error}")
                await asyncio.Event().wait()
            except Exception as error:
                # A fault of this program. Who shares the process has nothing to do with it and goes on.
                log.exception("The ledger failed after command %d", self.position)
                self._say_stopped(f"The ledger stopped: {type(error).__name__}: {error}")
                await asyncio.Event().wait()

    def _say_stopped(self, reason: str) -> None:
        if self.stopped != reason:
            self.stopped = reason
            log.error(reason)
        self._started()

    def _went_away(self, error: Exception) -> None:
        if not self._away_since:
            self._away_since = time.monotonic()
            said = str(error).strip().partition("\n")[0]
            log.warning("PostgreSQL is away, the ledger waits: %s", said)

    def _came_back(self) -> None:
        if self._away_since:
            log.info("PostgreSQL is back after %.1f s", time.monotonic() - self._away_since)
            self._away_since = 0.0

    def _started(self) -> None:
        if self._on_started is not None:
            self._on_started()
            self._on_started = None

    async def _follow(self) -> None:
        """Connect, and apply units from where the database is, until something ends it."""
        await asyncio.to_thread(migrate, self.database_url)
        store = await LedgerStore.connect(self.database_url)
        adopted = False
        try:
            genesis = self.source.genesis
            # What the database says, not what this process believes: it may have lost its last batches.
            position = await store.adopt(genesis, Header.from_buffer_copy(genesis).ts)
            self.position, adopted = position, True
            self._came_back()
            self._started()
            log.info("The ledger goes on after command %d", position)
            async with (
                Intake(self.source.subscribe(position, READER), self.interval_s) as intake,
                Applier(store, position) as applier,
            ):
                while True:
                    units = await intake.take()
                    more = intake.full or (intake.waiting and not self._prune_due())
                    more = more and not self._condense_due()
                    synchronous = time.monotonic() - self._acked_at > ACK_EVERY_S
                    await applier.apply(units, more, synchronous)
                    self.position, self.stopped = applier.position, ""
                    if synchronous:
                        self._acked_at = time.monotonic()
                        # Only what is on disk may be forgotten by the node: PostgreSQL can lose the rest.
                        await self.source.ack(applier.durable)
                    if not more:
                        await self._condense(store, units[-1].ts)
                        if not intake.full:
                            await self._prune(store, units[-1].ts)
        except SubscribeError as error:
            await store.mark_stopped(self.position + 1, str(error))
            raise
        except (*AWAY, Stopped, PositionMoved):
            raise
        except Exception as error:
            # Who watches the database is to know too, if it is ours. Where it cannot be told, the log has it.
            if adopted:
                with suppress(Exception):
                    await store.mark_stopped(await store.position() + 1, f"{type(error).__name__}: {error}")
            raise
        finally:
            await store.close()

    def _prune_due(self) -> bool:
        return bool(self.prune_after_ns) and time.monotonic() >= self._prune_at

    async def _prune(self, store: LedgerStore, now_ns: int) -> None:
        if self._prune_due():
            more = await prune(store.connection, now_ns - self.prune_after_ns)
            self._prune_at = time.monotonic() + (0.0 if more else PRUNE_EVERY_S)

    def _condense_due(self) -> bool:
        return bool(self.bytes_max) and time.monotonic() >= self._condense_at

    async def _condense(self, store: LedgerStore, ts: int) -> None:
        """Let detail go that is too much; the bound holds also while the ledger catches up."""
        if self._condense_due():
            more = await condense(store.connection, self.bytes_max, ts)
            if more:
                store.months.forget()
            self._condense_at = time.monotonic() + (0.0 if more else CONDENSE_EVERY_S)
