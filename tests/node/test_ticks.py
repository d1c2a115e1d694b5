"""Ticks: each second of log time has one, whether commands come or not."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from pathlib import Path

from openbell.core import codes, records
from openbell.node.client import NodeClient, Unit
from openbell.node.sequencer import TICK_NS
from tests.node.exchange import command, connect, deposit, issue, open_account, order, start_node

IN_FLIGHT = 64
LOAD_S = 4.0


async def gather_orders(client: NodeClient) -> None:
    """One instrument whose market collects orders for an auction."""
    low, high = records.symbol_words("ACME")
    rules = {
        "tick_size": 100,
        "lot_size": 1,
        "reference_price": 1_000_000,
        "last_lot": records.QUANTITY_SCALE,
    }
    collars = {"market_collar": 500, "limit_collar": 1_000}
    listing = records.List(
        symbol_low=low, symbol_high=high, flags=codes.AUCTIONS, realm=1, **rules, **collars
    )
    begin = command(codes.C_PHASE, records.Phase(phase=codes.IN_PRE_OPEN), instrument=records.ANY_INSTRUMENT)
    for made in (open_account(), deposit(10**15), command(codes.C_LIST, listing), issue(1_000_000), begin):
        assert (await client.send(made)).code == codes.E_OK


async def units_of(client: NodeClient, seconds: float) -> list[Unit]:
    """All units of the next `seconds`."""
    found: list[Unit] = []
    subscription = client.subscribe(None)
    await subscription.start()
    until = time.monotonic() + seconds
    async for units in subscription:
        found += units
        if time.monotonic() > until:
            return found
    raise AssertionError("the subscription ended")


async def flood(client: NodeClient, until: float) -> None:
    """One order after another, without a pause."""
    price = 900_000
    while time.monotonic() < until:
        price = 900_000 if price == 990_000 else price + 100
        answer = await client.send(order(codes.BUY, price, account=records.FIRST_ACCOUNT))
        if answer.code == codes.E_OK:
            await client.send(command(codes.C_CANCEL, records.Cancel(order=answer.order), account=4))


async def watch(folder: Path, load: bool) -> list[Unit]:
    """What a node whose market collects makes in some seconds, with much to do or nothing."""
    node = await start_node(folder)
    client = await connect(folder)
    await gather_orders(client)
    until = time.monotonic() + LOAD_S
    busy = [asyncio.create_task(flood(client, until)) for _ in range(IN_FLIGHT if load else 0)]
    units = await units_of(client, LOAD_S)
    await asyncio.gather(*busy)
    await client.close()
    await node.stop()
    return units


def pauses(units: list[Unit]) -> list[int]:
    """Nanoseconds of log time between units that follow each other."""
    return [after.ts - before.ts for before, after in pairwise(units)]


def telling(units: list[Unit]) -> list[Unit]:
    """The units that publish what the auction would do now."""
    return [unit for unit in units if codes.EV_AUCTION in unit.events[:: records.Event.SIZE]]


async def test_an_auction_is_told_of_every_second_while_orders_come_without_a_pause(tmp_path: Path) -> None:
    units = await watch(tmp_path, load=True)
    assert len(units) > 500, "no load: it proves nothing"
    told = telling(units)
    assert len(told) >= 2
    # It comes with the first batch of a new second, so late only by what the machine was.
    assert max(pauses(told)) <= TICK_NS + max(pauses(units))


async def test_an_auction_is_told_of_every_second_while_nothing_comes(tmp_path: Path) -> None:
    told = telling(await watch(tmp_path, load=False))
    assert len(told) >= 2
    assert min(pauses(told)) > TICK_NS // 2
    assert sum(pauses(told)) < len(told) * TICK_NS
