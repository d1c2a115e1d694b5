"""The node as a role: one process that owns the data folder's log."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from openbell.node.genesis import make_genesis
from openbell.node.node import Limits, Node
from openbell.ops.collector import quiet_collector
from openbell.ops.settings import Settings

# A thread that wants the interpreter waits at most so long for one that computes: the journal's writer
# comes back from its sync and must hand over.
SWITCH_INTERVAL_S = 0.0002

SEGMENT_BYTES_MIN = 8 << 20  # twice the largest batch
CAP_A_COMMAND = 4096  # bytes of the cap for each command from one snapshot to the next


def limits(cap: int) -> Limits:
    """What a data folder of at most `cap` bytes keeps: 0 keeps the whole log.

    The log may take two fifths of it, event files for readers that are behind three fifths. A small cap has
    small pieces, and snapshots often enough that pieces can go.
    """
    if not cap:
        return Limits(journal_bytes=0, archived=True)
    return Limits(
        snapshot_commands=min(Limits.snapshot_commands, cap // CAP_A_COMMAND),
        events_bytes=min(Limits.events_bytes, cap // 16),
        events_bytes_max=min(Limits.events_bytes_max, cap * 3 // 5),
        journal_bytes=cap * 2 // 5,
        data_bytes=cap,
        archived=True,
        segment_bytes=min(Limits.segment_bytes, max(SEGMENT_BYTES_MIN, cap // 32)),
    )


async def run(settings: Settings, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serve the exchange of `settings.data_dir` until `stop` is set.

    Raises:
        LogError, CannotRecover, ClockBehind: the data folder cannot be served; the message says why.
        CoreError: the log holds a command that the core does not take.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    node = Node.open(
        settings.data_dir, lambda now: make_genesis(settings, now), limits=limits(settings.data_mib_max << 20)
    )
    try:
        await node.start(settings.node_socket)
        quiet_collector()
        ready()
        if settings.warm:
            node.warmer.start()
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _task: node.end())
        await node.ended
        stopping.cancel()
    finally:
        await node.stop()
