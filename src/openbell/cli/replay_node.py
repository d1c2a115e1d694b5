"""The node's part of a replay: the judged commands through a socket, a sequencer and a synced journal.

A cancel names an order by the id that its log position gave it. At full speed nobody else speaks to the
node, so each position is known ahead and commands need not wait for each other; should the node's clock put
a tick between after all, everything is run once more, each command waiting for the answer that it needs.
"""

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
from openbell.core.records import make_id
from openbell.node.client import NodeClient
from openbell.ops.settings import GENESIS_PREFIX, Settings

IN_FLIGHT_MAX = 1_024
REPORT_EVERY = 1_000
STOP_S = 10.0
SHARD = 0

Report = Callable[[int, int], None]


class OvertakenError(Exception):
    """A command got another log position than the one after its predecessor's."""


@dataclass(frozen=True)
class NodeRun:
    """Commands per second, and the size of what was compared: price levels and trades."""

    rate: float
    levels: int
    trades: int


async def replay_through_node(
    folder: Path, symbol: str, steps: Sequence[Step], judged: Exchange, speed: float | None, report: Report
) -> NodeRun:
    """Run `steps` through a fresh node in `folder`, as fast as it goes or at `speed` times the recorded one.

    Raises:
        AssertionError: the node refuses a step, or ends with another book or other trades than `judged`.
        ServiceFailed, NodeUnavailable: the node does not start, or goes away.
    """
    if speed is None:
        try:
            return await _run(folder / "ahead", symbol, steps, judged, Sender(True, None, report))
        except OvertakenError:
            pass
    return await _run(folder / "node", symbol, steps, judged, Sender(False, speed, report))


async def _run(folder: Path, symbol: str, steps: Sequence[Step], judged: Exchange, sender: Sender) -> NodeRun:
    capacities = {GENESIS_PREFIX + name: value for name, value in CAPACITIES.items()}
    service = RoleProcess(Settings.load(data_dir=folder, **capacities), "node")
    await service.start()
    try:
        client = await NodeClient.connect(service.settings.node_socket, name="replay", role="admin")
        try:
            for record in setup(symbol):
                answer = await client.send(record)
                _check(answer)
            begun = time.perf_counter()
            await sender.send(client, steps, answer.seq)
            rate = len(steps) / (time.perf_counter() - begun)
            return NodeRun(rate, *await _compare(client, judged))
        finally:
            await client.close()
    finally:
        await service.stop(STOP_S)


class Sender:
    """Sends steps in their order, many in flight.

    Args:
        ahead: whether log positions are known ahead; else a command waits for the answer to its order.
        speed: times the recorded speed; None: as fast as it goes.
        report: told (done, total).
    """

    def __init__(self, ahead: bool, speed: float | None, report: Report) -> None:
        self._ahead = ahead
        self._speed = speed
        self._report = report
        self._entered: dict[int, asyncio.Future[Record]] = {}
        self._ids: dict[int, int] = {}
        self._in_flight: deque[tuple[int, asyncio.Future[Record]]] = deque()

    async def send(self, client: NodeClient, steps: Sequence[Step], position: int) -> None:
        """Send all, the first after log position `position`, and wait for all answers.

        Raises:
            OvertakenError: positions were to be known ahead, and one was not what it was to be.
        """
        begun, first = time.perf_counter(), steps[0].time_ns if steps else 0
        for seq, step in enumerate(steps, position + 1):
            if self._speed is not None:
                early = begun + (step.time_ns - first) / 1e9 / self._speed - time.perf_counter()
                if early > 0:
                    await asyncio.sleep(early)
            order_id = await self._id(step) if step.kind in (REDUCE, CANCEL) else 0
            future = asyncio.ensure_future(client.send(command(step, order_id)))
            if step.kind == ENTER:
                self._entered[step.order] = future
                self._ids[step.order] = make_id(SHARD, seq)
            self._in_flight.append((seq, future))
            if len(self._in_flight) >= IN_FLIGHT_MAX:
                await self._take(IN_FLIGHT_MAX // 2)
            if seq % REPORT_EVERY == 0:
                self._report(seq - position, len(steps))
        await self._take(len(self._in_flight))

    async def _id(self, step: Step) -> int:
        if self._ahead:
            return self._ids[step.order]
        return int((await self._entered[step.order]).order)

    async def _take(self, count: int) -> None:
        for _ in range(count):
            seq, future = self._in_flight.popleft()
            answer = await future
            if self._ahead and answer.seq != seq:
                raise OvertakenError
            _check(answer)


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
