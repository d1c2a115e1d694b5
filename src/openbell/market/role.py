"""The market's part of a worker: stored candles, ticks, the clock and the market-wide breakers."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable

from openbell.core.records import Header
from openbell.market.breaker import Breaker
from openbell.market.calendar import DAY, HOUR, calendar_of
from openbell.market.clock import Clock
from openbell.market.recorder import Recorder
from openbell.node.client import NodeClient
from openbell.ops.settings import Settings

log = logging.getLogger(__name__)


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Store candles and ticks and begin days and phases until `stop` is set.

    Ready is when the market is in its day and phase, what was missed included, and the database was reached,
    or found to be away: then candles wait for it, trading does not.

    Raises:
        ValueError: the exchange runs on a calendar that this build does not have.
        ExceptionGroup: with ForeignDatabase or StoreError, when the database or the folder holds the candles
            or ticks of another exchange; with ArchiveError, when the archive's URL cannot be used.
    """
    clock_started, recorder_started = asyncio.Event(), asyncio.Event()
    client = await NodeClient.connect(settings.node_socket, name="market", role="worker")
    try:
        kept = calendar_of(client.genesis)
        if settings.calendar not in (None, kept.name):
            log.warning("The exchange keeps the calendar %s that it began with", kept.name)
        recorder = Recorder(
            client,
            settings.database,
            kept,
            on_started=recorder_started.set,
            seconds_keep_ns=settings.seconds_keep_hours * HOUR,
            minutes_keep_ns=settings.minutes_keep_days * DAY,
        )
        began = Header.from_buffer_copy(client.genesis).ts
        closed: set[int] = set()
        clock = Clock(client, kept, clock_started.set, began, closed=closed)
        breaker = Breaker(client, kept, closed)

        async def say_ready() -> None:
            await clock_started.wait()
            await recorder_started.wait()
            ready()

        async with asyncio.TaskGroup() as group:
            parts = (
                recorder.run(),
                _keep_ticks(settings),
                _keep_feeds(settings),
                clock.run(),
                breaker.run(),
                say_ready(),
            )
            work = [group.create_task(one) for one in parts]
            await stop.wait()
            for task in work:
                task.cancel()
    finally:
        await client.close()


async def _keep_ticks(settings: Settings) -> None:
    """Record ticks. pyarrow takes a while to load: neither the clock nor being ready waits for it."""
    recorder = await asyncio.to_thread(importlib.import_module, "openbell.market.ticks.recorder")
    # A client of its own: what it acknowledges is how far ticks are, and not candles.
    client = await NodeClient.connect(settings.node_socket, name="ticks", role="worker")
    try:
        await recorder.TickRecorder.of(client, settings).run()
    finally:
        await client.close()


async def _keep_feeds(settings: Settings) -> None:
    """Store the candles of what feeds bring, and keep the stores that nobody writes; it loads pyarrow and
    duckdb, and so nothing waits for it."""
    keeping = await asyncio.to_thread(importlib.import_module, "openbell.market.feeds.keeping")
    recorder = await asyncio.to_thread(importlib.import_module, "openbell.market.feeds.recorder")
    recording = recorder.FedRecorder(
        settings.feeds_dir,
        settings.database,
        seconds_keep_ns=settings.seconds_keep_hours * HOUR,
        minutes_keep_ns=settings.minutes_keep_days * DAY,
        archive_url=settings.archive_url,
    )
    keeper = keeping.FeedKeeper(settings.feeds_dir, keeping.FeedPolicy.of(settings))
    async with asyncio.TaskGroup() as group:
        group.create_task(recording.run())
        group.create_task(keeper.run())
