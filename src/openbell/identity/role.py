"""The sweeper: closes demo accounts that nobody uses any more."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from openbell.identity.demo import sweep
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown
from openbell.ops.settings import Settings

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 60.0


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Sweep once a minute until `stop`."""
    node = await NodeClient.connect(settings.node_socket, name="identity", role="identity", retry_s=30)
    ready()
    idle_ns = int(settings.demo_idle_hours * 3_600 * 1_000_000_000)
    try:
        while not stop.is_set():
            try:
                closed = await sweep(node, idle_ns)
                if closed:
                    logger.info("Returned idle demo accounts", extra={"closed": closed})
            except (NodeUnavailable, OutcomeUnknown) as error:
                logger.info("The node is away; the next sweep is in a minute", extra={"error": str(error)})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_EVERY_S)
    finally:
        await node.close()
