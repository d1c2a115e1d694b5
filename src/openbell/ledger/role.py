"""The ledger as a role: one reader of the node's events, one database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openbell.ledger.follower import READER, Follower
from openbell.node.client import NodeClient
from openbell.ops.settings import Settings

HOUR_NS = 3_600 * 1_000_000_000
CAP_PERCENT = 25  # of the data folder's cap, for the ledger in the embedded database


def bytes_max(settings: Settings) -> int:
    """What the ledger may take in the database: 0, no bound, in one of the user's own or without a cap."""
    if settings.database_url is not None:
        return 0
    return (settings.data_mib_max << 20) * CAP_PERCENT // 100


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Keep the ledger up with the node until `stop` is set.

    Ready when the database was reached and brought to this build's schema, or found to be away: orders
    go on without it, so nothing waits for it.

    Raises:
        NodeUnavailable: the node's door does not open in 30 s.
    """
    prune_after_ns = settings.ledger_keep_hours * HOUR_NS
    client = await NodeClient.connect(settings.node_socket, name=READER, role="ledger", retry_s=30)
    try:
        follower = Follower(
            client,
            settings.database,
            prune_after_ns=prune_after_ns,
            bytes_max=bytes_max(settings),
            on_started=ready,
        )
        await follower.run(stop)
    finally:
        await client.close()
