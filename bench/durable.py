"""Commands to durable answers through socket, sequencer, core and journal, beside a bare fdatasync.

A node in a process of its own takes the memory that orders fill; then it gets batches of orders, some batches
in flight, and each batch is timed from its first byte sent to its last answer, which comes after the batch is
on the disk and applied. Then orders come at a steady pace, and each is timed from when it was due. The same
orders go through a node without its door, once with and once without a disk under its journal, and the same
bytes are written and synced to a preallocated file by themselves. Answers, trades, balances and the log's
length are counted before any figure is told. All of it is done several times, each with a node and a folder
of its own, and the medians are told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import uvloop
from door import ACCOUNTS, SHARES, Bytes, Flood, Paced, furnish, order_frames, percentiles
from inside import NoDisk, core_alone, inside

from openbell.cli.service import RoleProcess
from openbell.core import records
from openbell.log.disk import RealDisk
from openbell.node.client import NodeClient
from openbell.node.protocol import FRAME
from openbell.ops.settings import Settings

CAPACITIES = {
    "genesis_accounts": 1_024,
    "genesis_instruments": 16,
    "genesis_positions": 16_384,
    "genesis_orders": 65_536,
    "genesis_ended_orders": 1_048_576,
    "genesis_requests": 2_097_152,
}

PERCENTILES = ("p50", "p99", "p999")
INSIDE = ("without the door", "without the door, un-journaled", "core alone")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--commands", type=int, default=1_000_000, help="orders to send (1000000)")
    parser.add_argument("--batch", type=int, default=1_024, help="orders a batch (1024)")
    parser.add_argument("--in-flight", type=int, default=12, help="batches in flight, a connection (12)")
    parser.add_argument("--connections", type=int, default=2, help="connections (2)")
    parser.add_argument("--rate", type=int, default=100_000, help="orders a second at a pace (100000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long at that pace (5)")
    parser.add_argument("--runs", type=int, default=3, help="runs; the medians count (3)")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="where the data folder is made")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; `value` is commands a second through the door, p50, p99 and p999 milliseconds a batch, each
    the median of the runs'."""
    runs = [_run(args) for _ in range(args.runs)]
    doors = [one["door"] for one in runs]
    value = _median(doors, "value")
    reference = {name: _median([one["reference"] for one in runs], name) for name in ("value", "p50", "p99")}
    return {
        "value": round(value),
        "unit": "commands/s",
        **{name: _median(doors, name) for name in PERCENTILES},
        "reference": {"name": "write + fdatasync of the same bytes, no more", **reference},
        "ratio": round(value / reference["value"], 3),
        "proof": f"in each run {doors[0]['proof']}",
        "paced": {"rate": args.rate} | {name: _median(doors, f"paced {name}") for name in PERCENTILES},
        **{name: round(_median(runs, name)) for name in INSIDE},
        "batch": args.batch,
        "in_flight": args.in_flight * args.connections,
        "sync_p99_ms": _median(doors, "sync_p99_ms"),
        "runs": [{"value": round(one["value"]), "paced p99": one["paced p99"]} for one in doors],
    }


def _median(found: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(one[name] for one in found))


def _run(args: argparse.Namespace) -> dict[str, Any]:
    """Everything once: through the door, without it, and the reference."""
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir=args.folder) as name:
        folder = Path(name)
        door = asyncio.run(_door(folder / "door", args))
        frames = order_frames(args.commands // 4 * 2, 0)
        unjournaled = uvloop.run(inside(folder / "none", CAPACITIES, frames, NoDisk()))
        sequencer = uvloop.run(inside(folder / "inside", CAPACITIES, frames, RealDisk()))
        core = core_alone(CAPACITIES, frames)
        reference = bare(folder, args.commands, args.batch, frames.shape[1] - FRAME.size)
    return {
        "door": door,
        "reference": reference,
        **dict(zip(INSIDE, (sequencer, unjournaled, core), strict=True)),
    }


async def _door(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Run the node, send, and prove."""
    service = RoleProcess(Settings.load(data_dir=folder, **CAPACITIES), "node")
    await service.start()
    lines = args.connections
    each = args.commands // (2 * args.batch * lines) * 2 * args.batch
    pace = int(args.rate * args.seconds) // 2 * 2
    try:
        path = service.settings.node_socket
        client = await NodeClient.connect(path, name="bench", role="admin")
        await furnish(client, lines)
        while not (await client.query("status"))["data"]["warm"]:
            await asyncio.sleep(0.05)
        begin = (await client.query("status"))["data"]["commands"]
        floods = [Flood(path, order_frames(each, line), args.batch, args.in_flight) for line in range(lines)]
        seconds = await asyncio.to_thread(together, floods)
        status = (await client.query("status"))["data"]
        for one in floods:
            one.check()
        await prove(client, lines, each, status["commands"] - begin)
        frames: Bytes = order_frames(pace, 0, each)
        paced = Paced(path, frames, args.rate)
        await asyncio.to_thread(paced.run)
        paced.check(each)
        await prove(client, 1, each + pace, None)
        await client.close()
    finally:
        await service.stop(10.0)
    batches = percentiles(np.concatenate([one.times for one in floods]))
    paces = percentiles(paced.times)
    count = each * lines
    return {
        "value": count / seconds,
        **dict(zip(PERCENTILES, batches, strict=True)),
        **{f"paced {name}": value for name, value in zip(PERCENTILES, paces, strict=True)},
        "proof": f"{count + pace} answers OK in order, {(count + pace) // 2} trades, cash and shares"
        f" conserved, each logged once",
        "sync_p99_ms": round(status["sync_p99_ns"] / 1e6, 3),
    }


def together(callers: list[Flood]) -> float:
    """Run callers side by side; the seconds until the last is done."""
    threads = [threading.Thread(target=one.run) for one in callers]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


async def prove(client: NodeClient, instruments: int, each: int, logged: int | None) -> None:
    """All orders matched in pairs and were logged once; no unit of money or shares is lost."""
    for number in range(instruments):
        trades = (await client.query("instrument", instrument=number))["data"]["trades"]
        assert trades == each // 2, f"{trades} trades of {each // 2}"
    totals = (await client.query("totals"))["data"]
    assert totals["working_orders"] == 0
    assert totals["cash"] == totals["deposits"] - totals["withdrawals"]
    if logged is not None:
        count = each * instruments
        assert count <= logged <= count + 120, f"{logged} commands logged of {count}"
    shares: dict[int, int] = {}
    for account in range(records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + ACCOUNTS):
        for position in (await client.query("account", account=account))["data"]["positions"]:
            number = position["instrument"]
            shares[number] = shares.get(number, 0) + position["quantity"]
    assert set(shares.values()) == {ACCOUNTS * SHARES * records.QUANTITY_SCALE}, "shares were lost or made"


def bare(folder: Path, count: int, batch: int, record_bytes: int) -> dict[str, Any]:
    """The same bytes in the same batches into a preallocated file, each batch synced, nothing else done."""
    size = batch * record_bytes
    times = []
    file = RealDisk().create(folder / "bare.log", 64 << 20, b"")
    data = os.urandom(size)
    begun = time.perf_counter()
    for number in range(count // batch):
        started = time.perf_counter()
        file.write(number * size % (file.size - size) // 4096 * 4096, [data])
        file.sync()
        times.append(time.perf_counter() - started)
    seconds = time.perf_counter() - begun
    file.close()
    p50, p99 = percentiles(times, (50, 99))
    return {"value": round(count / seconds), "p50": p50, "p99": p99}
