"""`openbell feed FILE... | --listen`: prices from elsewhere, into a store of their own."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from openbell.market.instruments import INSTRUMENTS
from openbell.ops.settings import Settings

if TYPE_CHECKING:
    from openbell.market.feeds.intake import Intake

MINUTE_NS = 60 * 10**9


def feed(
    settings: Settings,
    name: str,
    symbols: Sequence[str],
    files: Sequence[Path],
    form: str | None,
    day: date | None,
    listen: str | None,
) -> int:
    """Read files to their ends, or listen until it is stopped; the exit code.

    What cannot be is counted, named and set aside, and does not change the code: 0 when all was read, 2
    when a file or an address cannot be used.
    """
    from openbell.market.feeds.intake import Intake
    from openbell.market.feeds.source import FeedError
    from openbell.market.ticks.checkpoint import StoreError
    from openbell.market.ticks.parquet import one_thread
    from openbell.market.ticks.upkeep import Policy

    one_thread()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    policy = Policy(settings.ticks_warm_hours * 60 * MINUTE_NS, settings.ticks_mib_max << 20)
    known = [listing.symbol for listing in INSTRUMENTS]
    try:
        intake = Intake(settings.feeds_dir, name, known, symbols, policy)
        try:
            if listen is not None:
                host, port = address(listen)
                asyncio.run(_listen(intake, host, port))
            for path in files:
                _read(intake, path, form, day)
        finally:
            intake.close()
    except (FeedError, StoreError, OSError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 2
    print(json.dumps(intake.status()))
    return 0


def address(text: str) -> tuple[str, int]:
    """`[HOST:]PORT` as host, loopback where none is named, and port.

    Raises:
        FeedError: it is none.
    """
    from openbell.market.feeds.source import FeedError

    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise FeedError(f"{text!r} is no address to listen on; name a port, or HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _read(intake: Intake, path: Path, form: str | None, day: date | None) -> None:
    from openbell.market.feeds.kinds import chunks, format_of

    size = path.stat().st_size
    found = form or format_of(path)
    intake.read(f"{path.name}, {size} bytes", chunks(path, found, day, intake.number))


async def _listen(intake: Intake, host: str, port: int) -> None:
    from openbell.market.feeds.listener import Listener

    stop, ready = asyncio.Event(), asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    listener = Listener(intake)

    async def told() -> None:
        await ready.wait()
        print(f"listening on {host}:{listener.server.sockets[0].getsockname()[1]}", flush=True)

    telling = asyncio.create_task(told())
    try:
        await listener.run(host, port, stop, ready)
    finally:
        telling.cancel()
