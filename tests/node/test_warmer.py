"""Memory that fills with time is taken before it is needed, and nothing in it changes."""

from __future__ import annotations

import asyncio
import ctypes
import mmap
import threading
from pathlib import Path
from typing import Any

import pytest

from openbell.core import codes, snapshot
from openbell.core.exchange import Exchange
from openbell.core.memory import PASSING, Memory
from openbell.node import warmer
from openbell.node.genesis import make_genesis
from openbell.node.node import Node
from openbell.node.warmer import FILLING, Warmer
from openbell.ops.settings import Settings
from tests.node.exchange import LIMITS, SMALL, connect, furnish, order, until
from tests.node.test_recovery import from_the_start

ORDERS = 131_072
PASSED = {"genesis_ended_orders": ORDERS, "genesis_requests": ORDERS}


def genesis(now: int = 1) -> bytes:
    return bytes(make_genesis(Settings.load({}, **SMALL | PASSED), now))


def share_there(memory: Memory, name: str) -> float:
    """How much of an array is in memory, 0 to 1."""
    pages = -(-len(memory.maps[name]) // mmap.PAGESIZE)
    found = (ctypes.c_ubyte * pages)()
    address = ctypes.c_void_p(ctypes.addressof(memory[name]))
    core: Any = ctypes.CDLL(None).mincore
    assert core(address, ctypes.c_size_t(len(memory.maps[name])), found) == 0
    return sum(page & 1 for page in found) / pages


async def wait(one: Warmer) -> None:
    one.start()
    await until(lambda: one.done, 60)


def test_what_fills_is_all_that_has_a_record_for_each_order_request_or_trade() -> None:
    memory = Exchange(genesis()).memory
    many = {name for name, array in memory.arrays.items() if len(array) >= ORDERS and name not in PASSING}
    assert set(FILLING) == many | {"deals"}  # the last trades, fewer than there may be orders


async def test_what_fills_is_taken_and_the_rest_is_not() -> None:
    memory = Exchange(genesis()).memory
    assert all(share_there(memory, name) < 1 for name in FILLING)
    rest = {name: share_there(memory, name) for name in memory.maps if name not in FILLING}
    await wait(Warmer(memory))
    assert {name: share_there(memory, name) for name in FILLING} == dict.fromkeys(FILLING, 1)
    # A huge page may reach from the end of one array into its neighbours.
    taken = {name: (share_there(memory, name) - rest[name]) * len(memory.maps[name]) for name in rest}
    assert max(taken.values()) <= 2 * warmer.STEP, taken


async def test_commands_run_meanwhile_and_nothing_that_they_wrote_changes(tmp_path: Path) -> None:
    node = Node.open(tmp_path, genesis, limits=LIMITS)
    await node.start(tmp_path / "node.sock")
    client = await connect(tmp_path)
    await furnish(client)
    assert (await client.query("status"))["data"]["warm"] is False
    node.warmer.start()
    for number in range(400):
        made = order(codes.SELL if number % 2 else codes.BUY, 1_000_000 + 100 * (number % 7))
        assert (await client.send(made)).code == codes.E_OK
    await until(lambda: node.warmer.done, 60)
    assert (await client.query("status"))["data"]["warm"] is True
    state = snapshot.state_hash(node.exchange)
    await client.close()
    await node.stop()
    assert snapshot.state_hash(from_the_start(tmp_path)) == state


async def test_it_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, told = threading.Event(), threading.Event()

    def take(_address: int, _size: int) -> bool:
        begun.set()
        return told.wait(10)

    monkeypatch.setattr(warmer, "_take", take)
    one = Warmer(Exchange(genesis()).memory)
    one.start()
    await asyncio.to_thread(begun.wait, 10)
    stopping = asyncio.create_task(asyncio.to_thread(one.stop))
    await until(one._stopping.is_set)
    told.set()
    await stopping
    assert not one.done


async def test_one_that_was_never_started_can_be_stopped() -> None:
    Warmer(Exchange(genesis()).memory).stop()


async def test_a_kernel_that_cannot_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warmer, "MADV_POPULATE_WRITE", 12_345)  # no kernel knows it
    memory = Exchange(genesis()).memory
    await wait(Warmer(memory))
    assert share_there(memory, "kept") < 1
