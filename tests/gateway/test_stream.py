"""The stream, against real gateways: both seeds' words, snapshots then deltas, orders without a gap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from bench.venue import Session
from openbell.identity.account_id import decode_account
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import placed

PATIENCE_S = 15.0


class Client:
    """One connection: sends objects, waits for messages of a type."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send_json(message)

    async def next(self, *types: str) -> dict[str, Any]:
        """The next message that is of one of `types`; heartbeats are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                received = await self.socket.receive()
                assert received.type == aiohttp.WSMsgType.TEXT, (received, self.socket.close_code)
                message: dict[str, Any] = json.loads(received.data)
                if message["type"] in types or (not types and message["type"] != "HEARTBEAT"):
                    return message

    async def closed(self) -> int | None:
        """The close code, once it is closed."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                received = await self.socket.receive()
                if received.type == aiohttp.WSMsgType.CLOSE:
                    return int(received.data)
                if received.type != aiohttp.WSMsgType.TEXT:
                    return self.socket.close_code


class Clients:
    """Opens connections; all are closed at the end."""

    def __init__(self, exchange: LocalExchange, http: aiohttp.ClientSession) -> None:
        self._exchange = exchange
        self._http = http

    async def open(self, gateway: int = 0, path: str = "/v1/stream", **headers: str) -> Client:
        url = f"http://127.0.0.1:{self._exchange.ports[gateway]}{path}"
        return Client(await self._http.ws_connect(url, headers=headers, max_msg_size=0))

    async def signed_in(self, session: Session, gateway: int = 0) -> Client:
        client = await self.open(gateway)
        await client.say(action="auth", token=session.token)
        assert (await client.next())["type"] == "AUTHENTICATED"
        return client

    async def following(self, session: Session, gateway: int = 0, **more: Any) -> tuple[Client, int]:
        """A connection on the orders channel, and the position that its start shows."""
        client = await self.signed_in(session, gateway)
        await client.say(action="subscribe", channels=["orders"], **more)
        return client, (await client.next("SUBSCRIBED"))["seq"]


@pytest.fixture
async def clients(exchange: LocalExchange) -> AsyncIterator[Clients]:
    async with aiohttp.ClientSession() as http:
        yield Clients(exchange, http)


# -- market data ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        {"action": "subscribe", "symbols": ["AAPL"]},
        {"type": "subscribe", "symbol": "AAPL"},
        {"action": "subscribe", "symbol": "aapl", "channels": ["ticks"]},
    ],
)
async def test_both_seeds_words_subscribe_to_ticks(clients: Clients, words: dict[str, Any]) -> None:
    client = await clients.open()
    await client.say(**words)
    subscribed = await client.next()
    assert (subscribed["type"], subscribed["channels"], subscribed["symbols"]) == (
        "SUBSCRIBED",
        ["ticks"],
        ["AAPL"],
    )
    tick = await client.next()
    assert (tick["type"], tick["symbol"], tick["snapshot"]) == ("TICK", "AAPL", True)
    assert Decimal(tick["price"]) > 0


async def test_the_second_mount_streams_too(clients: Clients) -> None:
    client = await clients.open(path="/api/v1/stream")
    await client.say(action="ping", id="p")
    assert (await client.next())["id"] == "p"


async def test_a_trade_is_told_on_every_channel(
    clients: Clients, maker: Session, demo: Session, limit: Order, symbol: str, price: str
) -> None:
    client = await clients.open(gateway=1)
    await client.say(
        action="subscribe", symbols=[symbol], channels=["ticks", "quotes", "trades", "book"], interval=0
    )
    for expected in ("SUBSCRIBED", "TICK", "QUOTE", "BOOK_SNAPSHOT"):
        assert (await client.next())["type"] == expected
    placed(maker, limit(side="SELL"))
    delta = await client.next("BOOK_DELTA")
    assert delta["asks"] == [{"price": price, "quantity": "10", "orders": 1}]
    placed(demo, limit(quantity="4"))
    trade = await client.next("TRADE")
    assert (trade["price"], trade["quantity"], trade["side"]) == (price, "4", "BUY")
    delta = await client.next("BOOK_DELTA")
    assert delta["asks"] == [{"price": price, "quantity": "6", "orders": 1}]
    assert delta["seq"] == trade["seq"]


async def test_the_chain_of_a_book_has_no_gap(
    clients: Clients, demo: Session, limit: Order, symbol: str
) -> None:
    client = await clients.open()
    await client.say(action="subscribe", symbols=[symbol], channels=["book"], interval=50)
    seen = (await client.next("BOOK_SNAPSHOT"))["seq"]
    for _ in range(5):
        order = placed(demo, limit())
        demo.request("DELETE", f"/v1/orders/{order['orderId']}")
        delta = await client.next("BOOK_DELTA")
        assert delta["prevSeq"] <= seen < delta["seq"]
        seen = delta["seq"]


async def test_an_unsubscribed_symbol_is_silent(
    clients: Clients, demo: Session, limit: Order, symbol: str
) -> None:
    client = await clients.open()
    await client.say(action="subscribe", symbols=[symbol, "AAPL"], channels=["book", "quotes"], interval=0)
    await client.say(action="unsubscribe", symbols=[symbol])
    assert (await client.next("UNSUBSCRIBED"))["symbols"] == [symbol]
    placed(demo, limit())
    await client.say(action="ping")
    assert (await client.next())["type"] == "PONG"


# -- orders --------------------------------------------------------------------------------------


async def test_orders_need_a_session(clients: Clients) -> None:
    client = await clients.open()
    await client.say(action="subscribe", channels=["orders"], id="o")
    error = await client.next()
    assert (error["type"], error["code"], error["id"]) == ("ERROR", "UNAUTHENTICATED", "o")


async def test_every_step_of_an_order_is_told(
    clients: Clients, maker: Session, demo: Session, limit: Order, symbol: str, price: str
) -> None:
    client, _ = await clients.following(demo, gateway=1)
    order = placed(demo, limit(clientOrderId="steps"))
    accepted = await client.next("ORDER_UPDATE")
    assert (accepted["event"], accepted["status"], accepted["clientOrderId"]) == ("ACCEPTED", "OPEN", "steps")
    placed(maker, limit(side="SELL", quantity="4"))
    fill = await client.next("ORDER_UPDATE")
    assert (fill["event"], fill["status"], fill["lastQty"]) == ("FILL", "PARTIALLY_FILLED", "4")
    assert (fill["liquidity"], fill["lastPrice"], fill["orderType"]) == ("MAKER", price, "LIMIT")
    assert (fill["filledQty"], fill["remainingQty"], fill["quantity"]) == ("4", "6", "10")
    demo.request("DELETE", f"/v1/orders/{order['orderId']}")
    cancelled = await client.next("ORDER_UPDATE")
    assert (cancelled["event"], cancelled["reason"], cancelled["remainingQty"]) == ("CANCELLED", "USER", "0")
    assert {one["orderId"] for one in (accepted, fill, cancelled)} == {order["orderId"]}
    assert {one["clientOrderId"] for one in (accepted, fill, cancelled)} == {"steps"}
    assert fill["prevSeq"] == accepted["seq"]
    assert cancelled["prevSeq"] == fill["seq"]


async def test_updates_of_one_command_belong_together(
    clients: Clients, maker: Session, demo: Session, limit: Order
) -> None:
    for quantity in ("3", "7"):
        placed(maker, limit(side="SELL", quantity=quantity))
    client, _ = await clients.following(demo)
    placed(demo, limit())
    updates = [await client.next("ORDER_UPDATE") for _ in range(3)]
    assert [one["event"] for one in updates] == ["ACCEPTED", "FILL", "FILL"]
    assert [one["more"] for one in updates] == [True, True, False]
    assert len({(one["seq"], one["prevSeq"]) for one in updates}) == 1
    assert updates[-1]["status"] == "FILLED"


async def test_a_refused_order_is_told_with_its_reason(clients: Clients, demo: Session, limit: Order) -> None:
    client, _ = await clients.following(demo)
    demo.request("POST", "/v1/orders", limit(side="SELL", clientOrderId="r"))
    update = await client.next("ORDER_UPDATE")
    assert (update["event"], update["status"], update["code"]) == (
        "REJECTED",
        "REJECTED",
        "INSUFFICIENT_SHARES",
    )
    assert (update["clientOrderId"], update["remainingQty"]) == ("r", "0")


async def test_the_start_shows_what_works(clients: Clients, demo: Session, limit: Order) -> None:
    first, second = (placed(demo, limit(quantity=quantity)) for quantity in ("1", "2"))
    placed(demo, limit(timeInForce="IOC"))
    client, seq = await clients.following(demo)
    shown = [await client.next("ORDER_UPDATE") for _ in range(2)]
    assert [one["orderId"] for one in shown] == [first["orderId"], second["orderId"]]
    assert {(one["event"], one["snapshot"], one["seq"]) for one in shown} == {("SNAPSHOT", True, seq)}


async def test_another_accounts_orders_are_not_told(
    clients: Clients, exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    client, _ = await clients.following(demo)
    placed(exchange.demo(), limit())
    mine = placed(demo, limit())
    assert (await client.next("ORDER_UPDATE"))["orderId"] == mine["orderId"]


async def test_a_client_resumes_on_another_gateway(clients: Clients, demo: Session, limit: Order) -> None:
    client, seen = await clients.following(demo)
    first = placed(demo, limit(clientOrderId="first"))
    seen = (await client.next("ORDER_UPDATE"))["seq"]
    await client.socket.close()
    demo.request("DELETE", f"/v1/orders/{first['orderId']}")
    second = placed(demo, limit(clientOrderId="second"))
    client, seq = await clients.following(demo, gateway=1, lastSeq=seen)
    assert seq == seen
    cancelled, accepted = await client.next("ORDER_UPDATE"), await client.next("ORDER_UPDATE")
    assert (cancelled["event"], cancelled["orderId"]) == ("CANCELLED", first["orderId"])
    assert (cancelled["clientOrderId"], cancelled["prevSeq"]) == ("first", seen)
    assert (accepted["event"], accepted["orderId"]) == ("ACCEPTED", second["orderId"])


async def test_what_cannot_be_resumed_is_said(clients: Clients, demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    client, seq = await clients.following(demo, lastSeq=10**12)
    resync = await client.next()
    assert (resync["type"], resync["channel"], resync["seq"]) == ("RESYNC", "orders", seq)
    assert (await client.next("ORDER_UPDATE"))["orderId"] == order["orderId"]


async def test_the_browsers_cookie_is_enough_on_our_own_page(
    clients: Clients, exchange: LocalExchange, demo: Session
) -> None:
    cookie = f"openbell_session={demo.token}"
    origin = f"http://127.0.0.1:{exchange.ports[0]}"
    client = await clients.open(Cookie=cookie, Origin=origin)
    await client.say(action="subscribe", channels=["orders"])
    assert (await client.next())["type"] == "SUBSCRIBED"
    stranger = await clients.open(Cookie=cookie, Origin="https://elsewhere.example")
    await stranger.say(action="subscribe", channels=["orders"])
    assert (await stranger.next())["code"] == "UNAUTHENTICATED"


async def test_a_session_that_ends_ends_its_connection(
    clients: Clients, exchange: LocalExchange, demo: Session
) -> None:
    account = decode_account(demo.get("/v1/me")["accountId"])
    client = await clients.open()
    await client.say(action="auth", token=exchange.signer().issue(account, "DEMO", 3))
    await client.next("AUTHENTICATED")
    async with asyncio.timeout(9):
        while (await client.socket.receive()).type == aiohttp.WSMsgType.TEXT:
            pass
    assert client.socket.close_code == 4001
