"""`openbell feed FILE... | --listen | --symbols`: prices from elsewhere, into a store of their own."""

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

from openbell.ops.settings import Settings

if TYPE_CHECKING:
    from openbell.market.feeds.intake import Intake


def feed(
    settings: Settings,
    name: str,
    symbols: Sequence[str],
    files: Sequence[Path],
    form: str | None,
    day: date | None,
    listen: str | None,
) -> int:
    """Read files to their ends, or listen until it is stopped, or only declare symbols; the exit code.

    What cannot be is counted, named and set aside, and does not change the code: 0 when all was read, 2
    when a file or an address cannot be used.
    """
    from openbell.market.feeds.listener import address
    from openbell.market.feeds.role import intake_of
    from openbell.market.feeds.source import FeedError
    from openbell.market.feeds.symbols import declare, declared, folder_of
    from openbell.market.ticks.checkpoint import StoreError
    from openbell.ops.blobs import ArchiveError

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if not files and listen is None:
            folder = folder_of(settings.feeds_dir, name)
            declare(folder, symbols)
            print(f"the feed {name} may bring: {', '.join(sorted(declared(folder)))}")
            return 0
        host, port = address(listen) if listen is not None else ("", 0)
        intake = intake_of(settings, name, [*symbols])
        try:
            if listen is not None:
                asyncio.run(_listen(intake, host, port))
            for path in files:
                _read(intake, path, form, day)
        finally:
            intake.close()
    except (FeedError, StoreError, ArchiveError, OSError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 2
    print(json.dumps(intake.status()))
    return 0


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
