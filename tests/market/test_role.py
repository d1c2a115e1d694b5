"""The market's role against a running node and a running database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from openbell.core import codes
from openbell.core.layout import Record
from openbell.core.records import (
    Amount,
    Issue,
    List,
    NewOrder,
    OpenAccount,
    pack,
    symbol_words,
)
from openbell.market import role
from openbell.market.board import Board
from openbell.market.calendar import Always
from openbell.market.feed import load
from openbell.node import role as node_role
from openbell.node.client import NodeClient
from openbell.ops.settings import Settings
from tests.market.events import SHARE

PRICE = 1_000_000
HOUSE = 4


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    return Settings.load(
        data_dir=tmp_path,
        database_url=database,
        genesis_accounts=64,
        genesis_instruments=4,
        genesis_positions=64,
        genesis_orders=64,
        genesis_ended_orders=64,
        genesis_requests=256,
        genesis_levels=64,
    )


@asynccontextmanager
async def running(run: object, settings: Settings) -> AsyncIterator[None]:
    """A role at work, from ready to stopped."""
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(run(settings, stop, ready.set))  # type: ignore[operator]
    try:
        async with asyncio.timeout(30):
            await asyncio.wait(
                {task, waiting := asyncio.ensure_future(ready.wait())}, return_when="FIRST_COMPLETED"
            )
            waiting.cancel()
            if task.done():
                task.result()
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def do(client: NodeClient, type_: int, body: Record, **header: int) -> Record:
    answer = await client.send(pack(type_, bytes(body), **header))
    assert answer.code == codes.E_OK, codes.REFUSAL_NAMES.get(answer.code)
    return answer


async def trade(client: NodeClient, quantity: int) -> None:
    """The house sells to itself: two orders that meet."""
    for side in (codes.SELL, codes.BUY):
        order = NewOrder(
            price=PRICE,
            quantity=quantity,
            side=side,
            order_type=codes.LIMIT,
            tif=codes.GTC,
            display=-1,
            stp=0,
        )
        await do(client, codes.C_NEW_ORDER, order, account=HOUSE + side, instrument=0)


async def open_market(client: NodeClient) -> None:
    """Two accounts, one with cash and one with shares of one instrument."""
    low, high = symbol_words("AAPL")
    listing = List(
        symbol_low=low,
        symbol_high=high,
        tick_size=100,
        lot_size=1,
        reference_price=PRICE,
        last_lot=SHARE,
        market_collar=500,
        limit_collar=1000,
        realm=1,
    )
    await do(client, codes.C_LIST, listing)
    for group in (1, 2):
        await do(client, codes.C_OPEN_ACCOUNT, OpenAccount(kind=codes.KIND_HOUSE, realm=1, group=group))
    await do(client, codes.C_DEPOSIT, Amount(amount=1_000 * PRICE), account=HOUSE)
    await do(
        client, codes.C_ISSUE, Issue(quantity=1_000 * SHARE, price=PRICE), account=HOUSE + 1, instrument=0
    )


def day_candles(settings: Settings) -> list[tuple[int, ...]]:
    with psycopg.connect(settings.database) as connection:
        return connection.execute("SELECT close, volume, trades FROM market.days").fetchall()


async def until_candles(settings: Settings, expected: list[tuple[int, ...]]) -> None:
    async with asyncio.timeout(15):
        while await asyncio.to_thread(day_candles, settings) != expected:
            await asyncio.sleep(0.1)


async def test_the_role_begins_the_day_and_stores_candles_across_its_own_restart(settings: Settings) -> None:
    async with running(node_role.run, settings):
        client = await NodeClient.connect(settings.node_socket, "test", "test")
        await open_market(client)
        async with running(role.run, settings):
            totals = (await client.query("totals"))["data"]
            assert totals["day"] == Always().day((await client.query("status"))["data"]["time"]).date
            await trade(client, 3 * SHARE)
            await until_candles(settings, [(PRICE, 3 * SHARE, 1)])
        await trade(client, 2 * SHARE)
        async with running(role.run, settings):
            await until_candles(settings, [(PRICE, 5 * SHARE, 2)])
        await client.close()


async def test_a_board_follows_a_running_node(settings: Settings) -> None:
    async with running(node_role.run, settings):
        client = await NodeClient.connect(settings.node_socket, "test", "test")
        await open_market(client)
        await trade(client, SHARE)
        board = Board()
        subscription = client.subscribe(1)
        await load(board, client)
        assert board.quote(0).last == PRICE
        await trade(client, 2 * SHARE)
        async with asyncio.timeout(10):
            while board.quote(0).volume < 3 * SHARE:
                board.apply_all(await anext(subscription))
        assert [made.quantity for made in board.trades(0)] == [2 * SHARE, SHARE]
        await client.close()
