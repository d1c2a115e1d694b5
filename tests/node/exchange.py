"""A small exchange for the node's tests: its genesis, its commands, a node in this process or its own."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from openbell.core import codes, records
from openbell.log.disk import Disk
from openbell.node.client import NodeClient
from openbell.node.genesis import make_genesis
from openbell.node.node import Limits, Node
from openbell.ops.settings import Settings

ROOT = Path(__file__).parents[2]
SMALL = {
    "genesis_accounts": 64,
    "genesis_instruments": 16,
    "genesis_positions": 256,
    "genesis_orders": 4_096,
    # Far more than any machine makes during a test: an order that was forgotten for want of room must not
    # look like one that was lost. Pages that are not used cost nothing.
    "genesis_ended_orders": 1_048_576,
    "genesis_requests": 2_097_152,
    "genesis_ended_per_account": 1_048_576,
    "genesis_levels": 64,
    "warm": False,
}
LIMITS = Limits(segment_bytes=1 << 20)
HOUSE = records.FIRST_ACCOUNT
keys = itertools.count(1)


def settings(folder: Path) -> Settings:
    """A data folder's settings, small enough to start in no time."""
    return Settings.load({}, data_dir=folder, **SMALL)


def open_node(folder: Path, limits: Limits = LIMITS, disk: Disk | None = None) -> Node:
    """A node in this process, its door still closed."""
    chosen = settings(folder)
    return Node.open(folder, lambda now: make_genesis(chosen, now), limits=limits, disk=disk)


async def start_node(folder: Path, limits: Limits = LIMITS, disk: Disk | None = None) -> Node:
    """A node in this process with its door open at `node.sock`."""
    node = open_node(folder, limits, disk)
    await node.start(folder / "node.sock")
    return node


async def connect(folder: Path, name: str = "test", retry_s: float = 20) -> NodeClient:
    """A client of the node in `folder`."""
    return await NodeClient.connect(folder / "node.sock", name=name, role="test", retry_s=retry_s)


def process(folder: Path, *, code: str = "") -> subprocess.Popen[bytes]:
    """A node in a process of its own; `code` runs in it first."""
    script = f"""
import asyncio, logging, sys
from pathlib import Path
import uvloop
from tests.node.exchange import settings
from openbell.node import role
logging.basicConfig(level="WARNING")
{code}
uvloop.run(role.run(settings(Path(sys.argv[1])), asyncio.Event(), lambda: None))
"""
    return subprocess.Popen([sys.executable, "-c", script, str(folder)], cwd=ROOT)


def command(type_: int, body: Any = None, **header: int) -> bytearray:
    """A command with a request key of its own."""
    header.setdefault("key_low", next(keys))
    header.setdefault("key_high", time.time_ns())
    return records.pack(type_, b"" if body is None else bytes(body), **header)


def open_account() -> bytearray:
    return command(codes.C_OPEN_ACCOUNT, records.OpenAccount(kind=codes.KIND_HOUSE, realm=1))


def deposit(amount: int, account: int = HOUSE, **header: int) -> bytearray:
    return command(codes.C_DEPOSIT, records.Amount(amount=amount), account=account, **header)


def list_instrument(symbol: str) -> bytearray:
    low, high = records.symbol_words(symbol)
    body = records.List(
        symbol_low=low, symbol_high=high, tick_size=100, lot_size=records.QUANTITY_SCALE,
        reference_price=1_000_000, last_lot=records.QUANTITY_SCALE, flags=codes.PROTECTIONS_OFF, realm=1,
        market_collar=500, limit_collar=1_000,
    )  # fmt: skip
    return command(codes.C_LIST, body)


def issue(shares: int, instrument: int = 0) -> bytearray:
    body = records.Issue(quantity=shares * records.QUANTITY_SCALE, price=1_000_000)
    return command(codes.C_ISSUE, body, account=HOUSE, instrument=instrument)


def order(side: int, price: int, shares: int = 1, **header: int) -> bytearray:
    """A GTC LIMIT order of the house."""
    body = records.NewOrder(
        side=side, order_type=codes.LIMIT, tif=codes.GTC, display=-1, price=price,
        quantity=shares * records.QUANTITY_SCALE,
    )  # fmt: skip
    header.setdefault("account", HOUSE)
    return command(codes.C_NEW_ORDER, body, instrument=0, **header)


async def furnish(client: NodeClient) -> None:
    """A house with money, and shares of one instrument."""
    for made in (open_account(), deposit(10**12), list_instrument("ACME"), issue(1_000_000)):
        answer = await client.send(made)
        assert answer.code == codes.E_OK, answer


async def until(condition: Any, timeout_s: float = 10.0) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)
