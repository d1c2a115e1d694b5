"""Groups of orders on the stream: each order with its group and its part there, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from bench.venue import Session
from tests.gateway.conftest import Groups, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_order_groups import cancel, enter, entered
from tests.gateway.test_orders import placed
from tests.gateway.test_stream import Client, Clients

Told = list[dict[str, Any]]


@pytest.fixture
async def clients(exchange: LocalExchange) -> AsyncIterator[Clients]:
    async with aiohttp.ClientSession() as http:
        yield Clients(exchange, http)


async def updates(client: Client) -> Told:
    """All updates of one position."""
    told = [await client.next("ORDER_UPDATE")]
    while told[-1]["more"]:
        told.append(await client.next("ORDER_UPDATE"))
    assert len({(one["seq"], one["prevSeq"]) for one in told}) == 1
    return told


def of(told: Told, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one[name] for name in names) for one in told]


async def test_a_new_groups_orders_are_told_together_with_their_roles(
    clients: Clients, demo: Session, groups: Groups
) -> None:
    client, _ = await clients.following(demo, gateway=1)
    group = entered(demo, groups.bracket(clientOrderId="b-1"))
    told = await updates(client)
    assert of(told, "event", "role", "status") == [
        ("ACCEPTED", "PARENT", "OPEN"),
        ("ACCEPTED", "TAKE_PROFIT", "PENDING"),
        ("ACCEPTED", "STOP_LOSS", "PENDING"),
    ]
    assert of(told, "orderId") == of(group["orders"], "orderId")
    assert of(told, "clientOrderId", "groupId") == [(name, group["groupId"]) for name in ("b-1", None, None)]
    assert of(told, "price", "stopPrice", "reason") == of(group["orders"], "price", "stopPrice", "reason")


async def test_a_child_that_begins_and_a_sibling_that_ends_are_told(
    clients: Clients, exchange: LocalExchange, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    client, _ = await clients.following(demo)
    group = entered(demo, groups.bracket())
    await updates(client)
    placed(maker, limit(side="SELL"))
    began = await updates(client)
    assert of(began, "event", "role", "status") == [
        ("FILL", "PARENT", "FILLED"),
        ("ELECTED", "TAKE_PROFIT", "OPEN"),
    ]
    assert of(began[1:], "price", "stopPrice") == of(group["orders"][1:2], "price", "stopPrice")
    placed(exchange.demo(), limit(price=groups.at("1.03")))
    ended = await updates(client)
    assert of(ended, "event", "role", "status", "reason") == [
        ("FILL", "TAKE_PROFIT", "FILLED", None),
        ("CANCELLED", "STOP_LOSS", "CANCELLED", "SIBLING"),
    ]
    assert {one["groupId"] for one in began + ended} == {group["groupId"]}


async def test_a_sibling_that_becomes_smaller_is_told_where_it_stands(
    clients: Clients, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    client, _ = await clients.following(demo)
    group = entered(demo, groups.oco())
    await updates(client)
    placed(maker, limit(side="SELL", quantity="4"))
    told = await updates(client)
    assert of(told, "event", "role", "status", "quantity", "filledQty", "remainingQty") == [
        ("FILL", "LEG", "PARTIALLY_FILLED", "10", "4", "6"),
        ("MODIFIED", "LEG", "PENDING", "6", "0", "6"),
    ]
    assert told[1]["stopPrice"] == group["orders"][1]["stopPrice"]


async def test_a_cancel_tells_of_both_alternatives(clients: Clients, demo: Session, groups: Groups) -> None:
    client, _ = await clients.following(demo)
    group = entered(demo, groups.oco())
    await updates(client)
    cancel(demo, group["orders"][1])
    assert of(await updates(client), "event", "orderId", "reason", "role") == [
        ("CANCELLED", group["orders"][1]["orderId"], "USER", "LEG"),
        ("CANCELLED", group["orders"][0]["orderId"], "SIBLING", "LEG"),
    ]


async def test_a_refused_groups_orders_are_told_with_their_reasons(
    clients: Clients, demo: Session, groups: Groups
) -> None:
    client, _ = await clients.following(demo)
    assert enter(demo, groups.oto(child={"price": "10.005"}, clientOrderId="r")).status == 422
    told = await updates(client)
    assert of(told, "event", "role", "clientOrderId", "code", "reason") == [
        ("REJECTED", "PARENT", "r", "SIBLING_REFUSED", None),
        ("REJECTED", "CHILD", None, "TICK_SIZE", None),
    ]
    assert len({one["groupId"] for one in told} - {None}) == 1


async def test_the_start_and_a_resume_know_the_groups_of_orders(
    clients: Clients, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.oco())
    client, seen = await clients.following(demo)
    shown = await updates(client)
    assert of(shown, "event", "groupId", "role") == [("SNAPSHOT", group["groupId"], "LEG")] * 2
    await client.socket.close()
    placed(maker, limit(side="SELL"))
    client, _ = await clients.following(demo, gateway=1, lastSeq=seen)
    resumed = await updates(client)
    assert of(resumed, "event", "groupId", "role") == [
        ("FILL", group["groupId"], "LEG"),
        ("CANCELLED", group["groupId"], "LEG"),
    ]


async def test_the_stream_and_the_answer_agree_on_a_group_that_trades_at_once(
    clients: Clients, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    placed(maker, limit(side="SELL", quantity="4"))
    client, _ = await clients.following(demo)
    group = entered(demo, groups.bracket({"timeInForce": "IOC"}))
    last = {one["orderId"]: one for one in await updates(client)}
    for order in group["orders"]:
        told = last[order["orderId"]]
        names = ("status", "reason", "quantity", "filledQty", "groupId", "role")
        assert [told[name] for name in names] == [order[name] for name in names]
        assert Decimal(told["remainingQty"]) == Decimal(order["remainingQuantity"])
