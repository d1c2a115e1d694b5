"""The node without its door: frames from memory through intake, sequencer, core and journal."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from door import Bytes, furnishing

from openbell.core import codes, records, view
from openbell.log.disk import Buffer, RealDisk, RealFile
from openbell.log.formats import SEGMENT_START
from openbell.log.stamp import stamp
from openbell.node.genesis import make_genesis
from openbell.node.node import Limits, Node
from openbell.node.role import SWITCH_INTERVAL_S
from openbell.ops.settings import Settings

CHUNK = 4_096  # frames handed over at once
WAITING_MAX = 32_768
ANSWER = 128


class NoFile(RealFile):
    """A file that keeps nothing but a journal's first record, which the start reads again."""

    def write(self, offset: int, parts: Sequence[Buffer]) -> None:
        if offset == SEGMENT_START:
            super().write(offset, parts)

    def sync(self) -> None:
        pass


class NoDisk(RealDisk):
    """A disk that keeps nothing of a journal: the node does all its work but writing and syncing."""

    def create(self, path: Path, size: int, header: bytes) -> RealFile:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.write(fd, header)
        os.truncate(fd, size)
        return NoFile(path, fd)

    def open(self, path: Path, writable: bool) -> RealFile:
        file = super().open(path, writable)
        return NoFile(path, file.fd) if writable else file


class Client:
    """Takes the answers."""

    source = 1

    def __init__(self) -> None:
        self.answered_ = 0
        self.refused = 0

    def answered(self, frames: bytearray, count: int) -> None:
        """Count, and look at every answer's code."""
        self.answered_ += count
        at = 16 + records.Answer.code.offset
        self.refused += count - frames[at::ANSWER].count(codes.E_OK)

    def refuse(self, number: int, answer: bytes) -> None:
        """A command that never reached the log."""
        self.refused += 1
        self.answered_ += 1


async def inside(folder: Path, capacities: dict[str, Any], frames: Bytes, disk: RealDisk) -> float:
    """Commands per second through a node in this process, proven."""
    settings = Settings.load({}, data_dir=folder, **capacities)
    limits = Limits(snapshot_commands=1 << 60, snapshot_s=1e9)
    node = Node.open(folder, lambda now: make_genesis(settings, now), limits=limits, disk=disk)
    sys.setswitchinterval(SWITCH_INTERVAL_S)  # as a node in a process of its own
    await node.start(folder / "inside.sock")
    await warm(node)
    client = Client()
    feed(node, client, b"".join(framed(command) for command in furnishing(1)))
    while node.gate.durable < node.exchange.position:
        await asyncio.sleep(0.001)
    client.answered_ = 0
    count, size = frames.shape
    data = bytearray(frames.tobytes())
    begun = time.perf_counter()
    at = 0
    while client.answered_ < count:
        if at < count and len(node.intake) < WAITING_MAX:
            step = min(CHUNK, count - at)
            node.intake.receive(client, data, at * size, (at + step) * size, node.now())
            node.arrived()
            at += step
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(0.0002)
    seconds = time.perf_counter() - begun
    totals = view.totals(node.exchange)
    trades = totals["trades"]
    conserved = totals["cash"] == totals["deposits"] - totals["withdrawals"]
    await node.stop()
    assert client.refused == 0, f"{client.refused} orders were refused"
    assert trades == count // 2, f"{trades} trades of {count // 2}"
    assert conserved, "cash was lost or made"
    return float(count / seconds)


async def warm(node: Node) -> None:
    """Let the node take the memory that orders fill, as it does in a process of its own."""
    node.warmer.start()
    while not node.warmer.done:
        await asyncio.sleep(0.01)


def framed(command: bytearray) -> bytes:
    """A command's frame."""
    return (12 + len(command)).to_bytes(4, "little") + b"\2\0\0\0" + bytes(8) + command


def feed(node: Node, client: Client, data: bytes) -> None:
    """Hand frames to the node."""
    node.intake.receive(client, bytearray(data), 0, len(data), node.now())
    node.arrived()


def core_alone(capacities: dict[str, Any], frames: Bytes) -> float:
    """Commands per second through the core alone, in batches of `CHUNK`."""
    from openbell.core.exchange import Exchange

    settings = Settings.load({}, **capacities)
    exchange = Exchange(make_genesis(settings, 1))
    exchange.memory.touch()
    setup = b"".join(furnishing(1))
    apply(exchange, bytearray(setup))
    batches = [bytearray(frames[at : at + CHUNK, 16:].tobytes()) for at in range(0, len(frames), CHUNK)]
    seconds = sum(apply(exchange, batch) for batch in batches)
    assert view.totals(exchange)["trades"] == len(frames) // 2
    return len(frames) / seconds


def apply(exchange: Any, batch: bytearray) -> float:
    """Stamp and run a batch; the seconds that the run took."""
    stamp(batch, 0, len(batch), exchange.position + 1, exchange.time, 1)
    begun = time.perf_counter()
    at = 0
    while at < len(batch):
        at = exchange.run(batch, at, len(batch))
        exchange.clear()
    return time.perf_counter() - begun
