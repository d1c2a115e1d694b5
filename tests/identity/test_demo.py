"""Demo accounts: opened with the house's paper money, bounded, returned when idle with all they have."""

from __future__ import annotations

from typing import cast

import pytest

from openbell.core import codes
from openbell.identity.demo import GRANT, DemoAccounts, DemoFull, DemoRefused, sweep
from openbell.node.client import NodeClient
from tests.identity.core_node import HOUSE, SECOND, CoreNode

HOUR = 3_600 * SECOND


@pytest.fixture
async def node() -> CoreNode:
    made = CoreNode()
    await made.prepare()
    return made


def accounts(node: CoreNode, most: int = 10) -> DemoAccounts:
    return DemoAccounts(cast(NodeClient, node), most)


async def view(node: CoreNode, account: int) -> dict[str, int]:
    found: dict[str, int] = (await node.query("account", account=account))["data"]
    return found


async def test_a_demo_account_has_the_houses_money(node: CoreNode) -> None:
    before = (await view(node, HOUSE))["cash"]
    account = await accounts(node).open(node.now)
    opened = await view(node, account)
    assert (opened["kind"], opened["realm"], opened["cash"]) == (codes.KIND_DEMO, 1, GRANT)
    assert (await view(node, HOUSE))["cash"] == before - GRANT


async def test_no_more_are_opened_than_may_be(node: CoreNode) -> None:
    demo = accounts(node, most=2)
    for _ in range(2):
        await demo.open(node.now)
    with pytest.raises(DemoFull, match="2 demo accounts"):
        await demo.open(node.now)


async def test_what_was_open_before_the_start_counts(node: CoreNode) -> None:
    await accounts(node).open(node.now)
    demo = accounts(node, most=1)
    await demo.load()
    with pytest.raises(DemoFull):
        await demo.open(node.now)


async def test_other_gateways_accounts_count_as_they_come_and_go(node: CoreNode) -> None:
    demo = accounts(node, most=2)
    demo.observe(50, codes.KIND_DEMO, codes.AC_OPEN)
    demo.observe(51, codes.KIND_USER, codes.AC_OPEN)
    demo.observe(50, codes.KIND_DEMO, codes.AC_LOCKED)
    assert len(demo) == 1
    demo.observe(50, codes.KIND_DEMO, codes.AC_CLOSED)
    assert len(demo) == 0


async def test_a_house_without_money_is_said(node: CoreNode) -> None:
    demo = accounts(node, most=1_000)
    for _ in range(CoreNode.HOUSE_CASH // GRANT):
        await demo.open(node.now)
    with pytest.raises(DemoRefused) as caught:
        await demo.open(node.now)
    assert caught.value.code == codes.E_INSUFFICIENT_FUNDS


async def test_an_idle_account_gives_everything_back(node: CoreNode) -> None:
    account = await accounts(node).open(node.now)
    await node.order(HOUSE, codes.SELL, 10)
    await node.order(account, codes.BUY, 4)
    await node.order(account, codes.BUY, 20)  # six fill, fourteen rest
    cash, shares = (await view(node, HOUSE))["cash"] + (await view(node, account))["cash"], 1_000
    node.now += 2 * HOUR
    assert await sweep(cast(NodeClient, node), HOUR) == 1
    closed = await view(node, account)
    assert (closed["status"], closed["cash"], closed["open_orders"]) == (codes.AC_CLOSED, 0, 0)
    house = (await node.query("account", account=HOUSE))["data"]
    assert house["cash"] == cash
    assert sum(one["quantity"] for one in house["positions"]) == shares * 10**8


async def test_an_account_in_use_is_left_alone(node: CoreNode) -> None:
    account = await accounts(node).open(node.now)
    node.now += 2 * HOUR
    await node.order(account, codes.BUY, 1)
    node.now += HOUR // 2
    assert await sweep(cast(NodeClient, node), HOUR) == 0
    assert (await view(node, account))["status"] == codes.AC_OPEN


async def test_only_demo_accounts_are_swept(node: CoreNode) -> None:
    node.now += 1_000 * HOUR
    assert await sweep(cast(NodeClient, node), HOUR) == 0
    assert (await view(node, HOUSE))["status"] == codes.AC_OPEN
