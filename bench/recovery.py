"""A large exchange's snapshot, restart and replay: the delay that a command sees, the time to serve again.

A node is filled through its door with accounts and resting orders. Orders then come at a steady pace, each
timed from when it was due, first undisturbed, then across a snapshot. The node is killed without warning
and started again; the time until it answers counts. Last, the whole log is replayed from its first record,
and the state hash of that must equal that of the state which the restarted node left.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from door import ACCOUNTS, PRICE, Bytes, Flood, Paced, Rows, furnish, listing, order_frames, percentiles

from openbell.cli.service import RoleProcess
from openbell.core import codes, records
from openbell.core.exchange import Exchange
from openbell.core.snapshot import load, state_hash
from openbell.log.formats import SEGMENT_START
from openbell.log.journal import Journal
from openbell.log.reader import JournalReader
from openbell.node.client import NodeClient
from openbell.node.recovery import JOURNAL, SNAPSHOTS, read_ahead
from openbell.node.snapshots import Snapshots
from openbell.ops.settings import Settings

BOOKS = 500  # instruments with resting orders; one more is traded in
LEVELS = 200
BATCH = 4_096
LOOK_S = 0.02
RANDOM = 7

# A node that begins a snapshot when the file `snapshot` is there, and at no other time.
NODE = """
import sys
from pathlib import Path
from openbell.cli.main import main
from openbell.node import node
asked = Path(sys.argv.pop(1))
def due(self):
    if self.snapshots.child or not asked.exists():
        return False
    asked.unlink()
    return True
node.HOUSEKEEPING_S = 0.05
node.Node._snapshot_due = due
sys.exit(main(["run", "node"]))
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts (1000000)")
    parser.add_argument("--orders", type=int, default=1_000_000, help="resting orders (1000000)")
    parser.add_argument("--rate", type=int, default=20_000, help="orders a second at a pace (20000)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long at that pace, twice (4)")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="where the data folder is made")


def capacities(accounts: int, orders: int) -> dict[str, int]:
    """Room for what the bench makes."""
    return {
        "genesis_accounts": accounts + 1_024,
        "genesis_instruments": BOOKS + 1,
        "genesis_positions": accounts + orders + 65_536,
        "genesis_orders": orders + 65_536,
        "genesis_ended_orders": 1_048_576,
        "genesis_requests": orders + 1_200_000,
        "genesis_levels": 2 * LEVELS,
    }


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; `value` is the longest delay in ms of a command across a snapshot."""
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir=args.folder) as name:
        folder = Path(name)
        said = asyncio.run(_live(folder, args))
        replayed = replay(folder)
    p50, p99, p999, most = percentiles(said["across"], (50, 99, 99.9, 100))
    *_, undisturbed = percentiles(said["before"], (50, 99, 99.9, 100))
    assert replayed.pop("hash") == said["hash"], "the replayed state is not the restarted node's"
    return {
        "value": most,
        "unit": "ms, the longest that an order took across a snapshot",
        "p50": p50,
        "p99": p99,
        "p999": p999,
        "reference": {"name": "the longest at the same pace without a snapshot", "value": undisturbed},
        "ratio": round(most / undisturbed, 3),
        "rate": args.rate,
        "stall_ms": said["stall_ms"],
        "snapshot_s": said["snapshot_s"],
        "restart": said["restart"],
        "replay": replayed,
        "resident_gib": said["resident_gib"],
        "proof": f"{said['accounts']} accounts and {said['working']} resting orders: the state hash after"
        f" kill -9 and restart equals that of a replay of {replayed['commands']} commands",
    }


async def _live(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """The node's lives: filled, paced, killed, started again, stopped."""
    settings = Settings.load(data_dir=folder, **capacities(args.accounts, args.orders))
    asked = folder / "snapshot"
    service = RoleProcess(settings, "node", command=[sys.executable, "-c", NODE, str(asked)])
    await service.start()
    try:
        client = await NodeClient.connect(settings.node_socket, name="bench", role="admin")
        await fill(client, settings.node_socket, args.accounts, args.orders)
        chance = np.random.default_rng(RANDOM)
        count = int(args.rate * args.seconds) // 2 * 2

        def pace(first: int) -> Paced:
            buyers = chance.integers(records.FIRST_ACCOUNT + ACCOUNTS, args.accounts, count // 2)
            return Paced(settings.node_socket, order_frames(count, 0, first, buyers), args.rate)

        before = pace(0)
        await asyncio.to_thread(before.run)
        before.check()
        across = pace(count)
        running = asyncio.create_task(asyncio.to_thread(across.run))
        await asyncio.sleep(args.seconds / 8)
        said = await snapshot(client, asked)
        await running
        across.check(count)
        tail = Flood(settings.node_socket, order_frames(4 * BATCH * 25, 0, 2 * count), BATCH, 3)
        await asyncio.to_thread(tail.run)
        tail.check(2 * count)
        resident = resident_bytes(service.pid or 0)
        await client.close()
        os.kill(service.pid or 0, signal.SIGKILL)
        await service.wait()
        said |= await restart(folder, settings)
    finally:
        await service.stop(20.0)
    said |= {"before": before.times, "across": across.times, "resident_gib": round(resident / 2**30, 2)}
    return said


async def snapshot(client: NodeClient, asked: Path) -> dict[str, Any]:
    """Have a snapshot written; how long commands waited for its beginning, and how long it took."""
    asked.touch()
    begun = time.perf_counter()
    status = (await client.query("status"))["data"]
    old = status["snapshot"]
    while status["snapshot"] == old or status["snapshot_writing"]:
        await asyncio.sleep(LOOK_S)
        status = (await client.query("status"))["data"]
    return {
        "stall_ms": round(status["snapshot_stall_ns"] / 1e6, 3),
        "snapshot_s": round(time.perf_counter() - begun, 3),
    }


async def restart(folder: Path, settings: Settings) -> dict[str, Any]:
    """Start the node again as it comes and stop it cleanly; the time to its first answer."""
    begun = time.perf_counter()
    service = RoleProcess(settings, "node")
    await service.start()
    client = await NodeClient.connect(settings.node_socket, name="bench", role="admin")
    totals = (await client.query("totals"))["data"]
    seconds = time.perf_counter() - begun
    cpu = cpu_seconds(service.pid or 0)
    await client.close()
    await service.stop(60.0)
    files = Snapshots(folder / SNAPSHOTS)
    newest, second = files.positions()[:2]
    begun = time.perf_counter()
    bytes_read = files.path(second).read_bytes()
    raw = time.perf_counter() - begun
    size = len(bytes_read)
    del bytes_read
    exchange, _ = load(files.path(newest))
    return {
        "restart": {
            "seconds": round(seconds, 3),
            "cpu_seconds": cpu,
            "reference": {"name": "reading the snapshot's bytes", "value": round(raw, 3)},
            "snapshot_bytes": size,
            "commands_after_it": newest - second,
        },
        "accounts": totals["accounts"],
        "working": totals["working_orders"],
        "hash": state_hash(exchange),
    }


async def fill(client: NodeClient, path: Path, accounts: int, orders: int) -> None:
    """Instruments, accounts with money, and orders that rest at many prices of many books."""
    await furnish(client, 1)
    for number in range(1, BOOKS + 1):
        assert (await client.send(listing(f"REST{number}"))).code == codes.E_OK
    numbers = np.arange(records.FIRST_ACCOUNT + ACCOUNTS, accounts)
    opened = records.OpenAccount(kind=codes.KIND_DEMO, realm=1)
    opening = Rows(records.pack(codes.C_OPEN_ACCOUNT, bytes(opened)), len(numbers))
    amount = records.Amount(amount=10**10)
    paying = Rows(records.pack(codes.C_DEPOSIT, bytes(amount)), len(numbers))
    paying.head("account", numbers)
    for frames in (opening.bytes, paying.bytes, resting(orders, numbers)):
        await asyncio.to_thread(send_all, path, frames)


def resting(count: int, accounts: Any) -> Bytes:
    """Frames of `count` buys that match nothing."""
    body = records.NewOrder(
        quantity=records.QUANTITY_SCALE, display=-1, order_type=codes.LIMIT, tif=codes.GTC, side=codes.BUY
    )
    rows = Rows(records.pack(codes.C_NEW_ORDER, bytes(body), b"rests"), count)
    number = np.arange(count)
    rows.head("account", accounts[number % len(accounts)])
    rows.keys(number, BOOKS)
    rows.put(16 + records.Header.instrument.offset, 1 + number % BOOKS, "<u4")
    rows.body(records.NewOrder.price, PRICE - number // BOOKS % LEVELS * 100)
    return rows.bytes


def send_all(path: Path, frames: Bytes) -> None:
    """Send frames as fast as they are taken; all must succeed."""
    whole = len(frames) // BATCH * BATCH
    for part, batch in ((frames[:whole], BATCH), (frames[whole:], 1)):
        if len(part):
            one = Flood(path, part, batch, 3)
            one.run()
            answers = np.frombuffer(one.answers, np.uint8).reshape(len(part), -1)
            at = 16 + records.Answer.code.offset
            assert not answers[:, at : at + 2].any(), "a command that fills the exchange was refused"


def replay(folder: Path) -> dict[str, Any]:
    """Apply the whole log: commands per second, the state's hash, and reading the bytes beside it."""
    journal = Journal.open(folder / JOURNAL, threads=False, since=1 << 60)
    first = JournalReader(journal.folder, 0)
    exchange = Exchange(next(first.records()))
    first.close()
    begun, cpu = time.perf_counter(), time.process_time()
    for data in read_ahead(journal, 1):
        at = 0
        while at < len(data):
            at = exchange.run(data, at, len(data))
            exchange.clear()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    begun = time.perf_counter()
    size = sum(len(path.read_bytes()) - SEGMENT_START for path in sorted(journal.folder.glob("*.log")))
    raw = time.perf_counter() - begun
    journal.close()
    count = exchange.position - 1
    return {
        "value": round(count / seconds),
        "unit": "commands/s",
        "commands": count,
        "cpu_ns": round(cpu / count * 1e9),
        "reference": {"name": "reading the log's bytes, commands/s", "value": round(count / raw)},
        "bytes": size,
        "hash": state_hash(exchange),
    }


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int | str = "self") -> int:
    """Bytes of memory that a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    return 0
