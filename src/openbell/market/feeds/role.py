"""The feed role: takes in prices from elsewhere over TCP, where `openbell up` is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openbell.market.feeds.intake import Intake
from openbell.market.feeds.keeping import FeedPolicy
from openbell.market.feeds.listener import Listener, address
from openbell.market.feeds.source import FeedError
from openbell.market.instruments import INSTRUMENTS
from openbell.market.ticks.parquet import one_thread
from openbell.ops.settings import Settings


def intake_of(settings: Settings, name: str, symbols: list[str]) -> Intake:
    """The feed called `name`, which brings `symbols` beside what it did before; raises as Intake does."""
    one_thread()
    known = [one.symbol for one in INSTRUMENTS]
    return Intake(settings.feeds_dir, name, known, symbols, FeedPolicy.of(settings))


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Listen until `stop`.

    Raises:
        FeedError: the address, or the feed's name, cannot be one.
        ArchiveError: the archive's URL cannot be used.
        StoreError: another process takes in this feed.
        OSError: the address cannot be had, or the disk does not take what came.
    """
    if settings.feed_listen is None:
        raise FeedError("a feed needs an address to listen on: --feed PORT, or OPENBELL_FEED_LISTEN")
    host, port = address(settings.feed_listen)
    intake = intake_of(settings, settings.feed_name, [])
    listening = asyncio.Event()

    async def say_ready() -> None:
        await listening.wait()
        ready()

    saying = asyncio.create_task(say_ready())
    try:
        await Listener(intake).run(host, port, stop, listening)
    finally:
        saying.cancel()
        intake.close()
