"""Commands to durable answers through socket, sequencer, core and journal, beside a bare fdatasync.

A node in a process of its own takes batches of orders, some batches in flight; each batch is timed from
its first byte sent to its last answer, which comes after the batch is on the disk and applied. The same
bytes are then written and synced to a preallocated file by themselves. Answers, trades, balances and the
log's length are counted before any figure is told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from openbell.cli.service import RoleProcess
from openbell.core import codes, records
from openbell.log.disk import RealDisk
from openbell.node.client import NodeClient
from openbell.node.protocol import COMMAND, FRAME, HELLO, REST, WELCOME, message
from openbell.ops.settings import Settings

ACCOUNTS = 64
SHARES = 10_000_000
PRICE = 1_000_000
ANSWER_FRAME = FRAME.size + records.Answer.SIZE
CODE_AT = FRAME.size + records.Answer.code.offset
CAPACITIES = {
    "genesis_accounts": 1_024,
    "genesis_instruments": 16,
    "genesis_positions": 16_384,
    "genesis_orders": 65_536,
    "genesis_ended_orders": 1_048_576,
    "genesis_requests": 2_097_152,
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's own arguments."""
    parser.add_argument("--commands", type=int, default=400_000, help="orders to send (400000)")
    parser.add_argument("--batch", type=int, default=1_024, help="orders a batch (1024)")
    parser.add_argument("--in-flight", type=int, default=4, help="batches in flight (4)")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="where the data folder is made")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; the result's `value` is commands per second, its p50, p99 and p999 milliseconds a batch."""
    count = args.commands // (2 * args.batch) * 2 * args.batch
    with tempfile.TemporaryDirectory(prefix="openbell-bench-", dir=args.folder) as name:
        result = asyncio.run(_measure(Path(name), count, args.batch, args.in_flight))
        reference = bare(Path(name), count, args.batch, result.pop("record_bytes"))
    return {
        "value": round(result["value"]),
        "unit": "commands/s",
        **{key: round(result[key], 3) for key in ("p50", "p99", "p999")},
        "reference": {"name": "write + fdatasync of the same bytes, no more", **reference},
        "ratio": round(result["value"] / reference["value"], 3),
        "proof": result["proof"],
        "batch": args.batch,
        "in_flight": args.in_flight,
        "sync_p99_ms": result["sync_p99_ms"],
    }


async def _measure(folder: Path, count: int, batch: int, in_flight: int) -> dict[str, Any]:
    """Run the node, send, and prove."""
    service = RoleProcess(Settings.load(data_dir=folder, **CAPACITIES), "node")
    await service.start()
    try:
        client = await NodeClient.connect(service.settings.node_socket, name="bench", role="admin")
        await furnish(client)
        begin = (await client.query("status"))["data"]["commands"]
        frames = order_frames(count)
        sender = Sender(service.settings.node_socket, frames, batch, in_flight)
        await asyncio.to_thread(sender.run)
        status = (await client.query("status"))["data"]
        proof = await prove(client, sender, count, status["commands"] - begin)
        await client.close()
    finally:
        await service.stop(10.0)
    times = np.array(sender.times) * 1e3
    return {
        "value": count / sender.seconds,
        "p50": float(np.percentile(times, 50)),
        "p99": float(np.percentile(times, 99)),
        "p999": float(np.percentile(times, 99.9)),
        "proof": proof,
        "sync_p99_ms": status["sync_p99_ns"] / 1e6,
        "record_bytes": len(frames) // count - FRAME.size,
    }


async def furnish(client: NodeClient) -> None:
    """Accounts with money and shares, and one instrument."""
    low, high = records.symbol_words("BENCH")
    listing = records.List(
        symbol_low=low, symbol_high=high, tick_size=100, lot_size=records.QUANTITY_SCALE,
        reference_price=PRICE, last_lot=records.QUANTITY_SCALE, market_collar=500, limit_collar=1_000,
        flags=codes.PROTECTIONS_OFF, realm=1,
    )  # fmt: skip
    made = [records.pack(codes.C_LIST, bytes(listing))]
    issue = records.Issue(quantity=SHARES * records.QUANTITY_SCALE, price=PRICE)
    for account in range(records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + ACCOUNTS):
        opened = records.OpenAccount(kind=codes.KIND_PARTICIPANT, realm=1)
        made.append(records.pack(codes.C_OPEN_ACCOUNT, bytes(opened)))
        made.append(records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=10**15)), account=account))
        made.append(records.pack(codes.C_ISSUE, bytes(issue), account=account))
    for command in made:
        answer = await client.send(command)
        assert answer.code == codes.E_OK, answer


def order_frames(count: int) -> bytes:
    """COMMAND frames of `count` limit orders with request keys: by turns a sell and the buy that takes it."""
    parts = []
    for number in range(count):
        body = records.NewOrder(
            price=PRICE + number // 2 % 50 * 100, quantity=records.QUANTITY_SCALE, display=-1,
            side=codes.BUY if number % 2 else codes.SELL, order_type=codes.LIMIT, tif=codes.GTC,
        )  # fmt: skip
        account = records.FIRST_ACCOUNT + (number // 2 * 7 + number % 2) % ACCOUNTS
        command = records.pack(
            codes.C_NEW_ORDER,
            bytes(body),
            b"bench-%08d" % number,
            account=account,
            key_low=number + 1,
            key_high=1,
        )
        parts += (FRAME.pack(REST + len(command), COMMAND, 0, 0, number), command)
    return b"".join(parts)


class Sender:
    """Sends frames in batches with a window, and times each batch to its last answer."""

    def __init__(self, path: Path, frames: bytes, batch: int, in_flight: int) -> None:
        self.frames = frames
        self.batch = batch
        self.size = batch * (struct.unpack_from("<I", frames)[0] + 4)
        self.window = threading.Semaphore(in_flight)
        self.times: list[float] = []
        self.answers = bytearray(len(frames) // self.size * batch * ANSWER_FRAME)
        self.sent: list[float] = []
        self.seconds = 0.0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.sendall(message(HELLO, 0, {"version": 1, "name": "bench", "role": "admin"}))
        length, kind, *_ = FRAME.unpack(self.socket.recv(FRAME.size, socket.MSG_WAITALL))
        assert kind == WELCOME
        msgspec.msgpack.decode(self.socket.recv(length - REST, socket.MSG_WAITALL))

    def run(self) -> None:
        """Send everything, take every answer."""
        sending = threading.Thread(target=self._send)
        begun = time.perf_counter()
        sending.start()
        view, have, expected = memoryview(self.answers), 0, self.batch * ANSWER_FRAME
        while have < len(self.answers):
            got = self.socket.recv_into(view[have:])
            assert got, "the node closed the connection"
            have += got
            now = time.perf_counter()
            while len(self.times) < have // expected:
                self.times.append(now - self.sent[len(self.times)])
                self.window.release()
        self.seconds = time.perf_counter() - begun
        sending.join()
        self.socket.close()

    def _send(self) -> None:
        view = memoryview(self.frames)
        for at in range(0, len(self.frames), self.size):
            self.window.acquire()
            self.sent.append(time.perf_counter())
            self.socket.sendall(view[at : at + self.size])


async def prove(client: NodeClient, sender: Sender, count: int, logged: int) -> str:
    """Every order answered OK, matched in pairs, logged once; no unit of money or shares lost."""
    answers = np.frombuffer(sender.answers, dtype=np.uint8).reshape(count, ANSWER_FRAME)
    found = np.ascontiguousarray(answers[:, CODE_AT : CODE_AT + 2]).view(np.uint16)
    assert not found.any(), f"refused with {sorted(set(found.flatten().tolist()))}"
    numbers = np.ascontiguousarray(answers[:, 8:16]).view(np.uint64).flatten()
    assert (numbers == np.arange(count, dtype=np.uint64)).all(), "answers in another order than the commands"
    totals = (await client.query("totals"))["data"]
    trades = (await client.query("instrument", instrument=0))["data"]["trades"]
    assert trades == count // 2, f"{trades} trades of {count // 2}"
    assert totals["working_orders"] == 0
    assert totals["cash"] == totals["deposits"] - totals["withdrawals"]
    assert count <= logged <= count + 60, f"{logged} commands logged of {count}"
    shares = 0
    for account in range(records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + ACCOUNTS):
        data = (await client.query("account", account=account))["data"]
        shares += sum(position["quantity"] for position in data["positions"])
    assert shares == ACCOUNTS * SHARES * records.QUANTITY_SCALE, "shares were lost or made"
    return f"{count} answers OK in order, {trades} trades, cash and shares conserved, each logged once"


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
        times.append((time.perf_counter() - started) * 1e3)
    seconds = time.perf_counter() - begun
    file.close()
    p50, p99 = np.percentile(times, [50, 99])
    return {"value": round(count / seconds), "p50": round(float(p50), 3), "p99": round(float(p99), 3)}
