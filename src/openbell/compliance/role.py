"""The archive's part of a worker: brings the log's complete segments where they stay."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Callable

from openbell.node.client import NodeClient
from openbell.ops.settings import Settings

EVERY_S = 10.0


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Keep the archive up with the log until `stop` is set. Nothing waits for it.

    Raises:
        NodeUnavailable: the node's door does not open in 30 s.
        ArchiveError, SecretError: the archive's URL or the signing key cannot be used.
    """
    client = await NodeClient.connect(settings.node_socket, name="archive", role="worker", retry_s=30)
    try:
        genesis = client.genesis
    finally:
        await client.close()
    ready()
    # pyarrow takes a while to load.
    module = await asyncio.to_thread(importlib.import_module, "openbell.compliance.keeper")
    keeper = await asyncio.to_thread(module.Keeper, settings, genesis)
    while not stop.is_set():
        keeping = asyncio.ensure_future(asyncio.to_thread(keeper.keep))
        await asyncio.shield(keeping)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_S)
