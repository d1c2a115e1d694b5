"""The node's part of a replay: the judged commands through a socket, a sequencer and a synced journal."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openbell.cli.flow import CANCEL, CAPACITIES, ENTER, REDUCE, Step, command, setup
from openbell.cli.service import RoleProcess
from openbell.core import codes, view
from openbell.core.exchange import Exchange
from openbell.core.layout import Record
from openbell.node.client import NodeClient
from openbell.ops.settings import GENESIS_PREFIX, Settings

IN_FLIGHT_MAX = 1_024
REPORT_EVERY = 1_000
STOP_S = 10.0


@dataclass(frozen=True)
class NodeRun:
    """Commands per second, and the size of what was compared: price levels and trades."""

    rate: float
    levels: int
    trades: int


async def replay_through_node(
    folder: Path,
    symbol: str,
    steps: Sequence[Step],
    judged: Exchange,
    speed: float | None,
    report: Callable[[int, int], None],
) -> NodeRun:
    """Run `steps` through a fresh node in `folder`, as fast as it goes or at `speed` times the recorded one.

    Raises:
        AssertionError: the node refuses a step, or ends with another book or other trades than `judged`.
        ServiceFailed, NodeUnavailable: the node does not start, or goes away.
    """
    capacities = {GENESIS_PREFIX + name: value for name, value in CAPACITIES.items()}
    service = RoleProcess(Settings.load(data_dir=folder, **capacities), "node")
    await service.start()
    try:
        client = await NodeClient.connect(service.settings.node_socket, name="replay", role="admin")
        try:
            for record in setup(symbol):
                _check(await client.send(record))
            begun = time.perf_counter()
            await _Sender(client, speed, report).send(steps)
            rate = len(steps) / (time.perf_counter() - begun)
            return NodeRun(rate, *await _compare(client, judged))
        finally:
            await client.close()
    finally:
        await service.stop(STOP_S)


class _Sender:
    """Sends steps in their order, many in flight; one waits for the answer to the order that it names."""

    def __init__(self, client: NodeClient, speed: float | None, report: Callable[[int, int], None]) -> None:
        self._client = client
        self._speed = speed
        self._report = report
        self._entered: dict[int, asyncio.Future[Record]] = {}
        self._in_flight: deque[asyncio.Future[Record]] = deque()

    async def send(self, steps: Sequence[Step]) -> None:
        """Send all and wait for all answers."""
        begun, first = time.perf_counter(), steps[0].time_ns if steps else 0
        for count, step in enumerate(steps):
            if self._speed is not None:
                due = begun + (step.time_ns - first) / 1e9 / self._speed
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
            order_id = 0
            if step.kind in (REDUCE, CANCEL):
                order_id = (await self._entered[step.order]).order
            future = asyncio.ensure_future(self._client.send(command(step, order_id)))
            if step.kind == ENTER:
                self._entered[step.order] = future
            self._in_flight.append(future)
            if len(self._in_flight) >= IN_FLIGHT_MAX:
                _check(await self._in_flight.popleft())
            if count % REPORT_EVERY == 0:
                self._report(count, len(steps))
        while self._in_flight:
            _check(await self._in_flight.popleft())


def _check(answer: Record) -> None:
    assert answer.code == codes.E_OK, f"the node refused a command: {answer}"


async def _compare(client: NodeClient, judged: Exchange) -> tuple[int, int]:
    """Levels and trades of the node, which must be those of `judged`."""
    levels = CAPACITIES["levels"]
    book = (await client.query("depth", instrument=0, levels=levels))["data"]
    wanted = view.depth(judged, 0, levels)
    for side in ("bids", "asks"):
        assert [list(row) for row in book[side]] == [list(row) for row in wanted[side]], f"other {side}"
    here, there = view.instrument(judged, 0), (await client.query("instrument", instrument=0))["data"]
    assert here is not None, "setup lists the instrument"
    for name in ("trades", "last", "day_volume", "day_notional"):
        assert here[name] == there[name], f"{name}: the core has {here[name]}, the node {there[name]}"
    return len(book["bids"]) + len(book["asks"]), int(there["trades"])
