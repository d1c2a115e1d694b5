"""Order sessions of the stream: orders go with the connection that they came from, however it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_order_sessions import end, ended, opened
from tests.gateway.test_orders import ids, placed
from tests.gateway.test_stream import Client, Clients, clients

__all__ = ["clients"]


async def held(clients: Clients, session: Session, gateway: int = 0, **more: Any) -> tuple[Client, str]:
    """A signed-in connection that holds an order session, and the session's id."""
    client = await clients.signed_in(session, gateway)
    await client.say(action="openSession", id="o", **more)
    said = await client.next("SESSION")
    assert (said["id"], said["status"], said["cancelled"]) == ("o", "OPEN", 0)
    return client, said["sessionId"]


async def gone(session: Session, order: dict[str, Any]) -> str:
    """Why the order ended, once it has."""
    found = await asyncio.to_thread(ended, session, order)
    return f"{found['status']} {found['reason']}"


async def test_orders_go_with_the_connection_and_others_stay(
    clients: Clients, demo: Session, limit: Order
) -> None:
    client, session = await held(clients, demo)
    elsewhere = opened(demo)
    mine = placed(demo, limit(sessionId=session))
    plain, other = placed(demo, limit()), placed(demo, limit(sessionId=elsewhere["sessionId"]))
    await client.socket.close()
    assert await gone(demo, mine) == "CANCELLED SESSION"
    assert ids(demo.get("/v1/orders?status=OPEN")) == [other["orderId"], plain["orderId"]]


async def test_orders_go_with_a_connection_that_is_cut_without_a_word(
    clients: Clients, demo: Session, limit: Order
) -> None:
    client, session = await held(clients, demo)
    mine = placed(demo, limit(sessionId=session))
    connection = client.socket._response.connection
    assert connection is not None and connection.transport is not None
    connection.transport.abort()
    assert await gone(demo, mine) == "CANCELLED SESSION"


async def test_the_gateway_keeps_a_session_while_its_connection_lives(
    clients: Clients, demo: Session, limit: Order
) -> None:
    client, session = await held(clients, demo)
    mine = placed(demo, limit(sessionId=session))
    first = demo.get(f"/v1/order-sessions/{session}")
    assert first["cancelAfterMs"] == 10_000
    async with asyncio.timeout(9):  # before it would lapse
        while demo.get(f"/v1/order-sessions/{session}")["keptUntil"] <= first["keptUntil"]:
            await asyncio.sleep(0.2)
    assert demo.get(f"/v1/orders/{mine['orderId']}")["status"] == "OPEN"
    await client.say(action="ping")
    await client.next("PONG")


async def test_heartbeats_keep_a_session_that_asks_for_them(
    clients: Clients, demo: Session, limit: Order
) -> None:
    client, session = await held(clients, demo, cancelAfterMs=3_000)
    mine = placed(demo, limit(sessionId=session))
    until = 0
    for beat in range(8):
        await asyncio.sleep(0.5)
        await client.say(action="heartbeat", id=beat)
        said = await client.next("SESSION")
        assert (said["id"], said["status"], said["cancelAfterMs"]) == (beat, "OPEN", 3_000)
        assert said["keptUntil"] > until
        until = said["keptUntil"]
    assert demo.get(f"/v1/orders/{mine['orderId']}")["status"] == "OPEN"
    lapsed = await client.next("SESSION")
    assert (lapsed["status"], lapsed["cancelled"], lapsed["keptUntil"]) == ("LAPSED", 1, None)
    assert await gone(demo, mine) == "CANCELLED SESSION"
    await client.say(action="heartbeat", id="late")
    refused = await client.next("ERROR")
    assert (refused["id"], refused["code"]) == ("late", "UNKNOWN_SESSION")


@pytest.mark.parametrize(("cancel", "status", "count"), [(False, "ENDED", 0), (True, "CANCELLED", 1)])
async def test_a_client_ends_its_session_and_may_open_another(
    clients: Clients, demo: Session, limit: Order, cancel: bool, status: str, count: int
) -> None:
    client, session = await held(clients, demo)
    mine = placed(demo, limit(sessionId=session))
    await client.say(action="endSession", cancel=cancel, id="e")
    said = await client.next("SESSION")
    assert (said["id"], said["sessionId"], said["status"], said["cancelled"]) == ("e", session, status, count)
    await client.say(action="openSession")
    assert (await client.next("SESSION"))["sessionId"] != session
    await client.socket.close()
    await asyncio.sleep(0.5)
    assert (demo.get(f"/v1/orders/{mine['orderId']}")["status"] == "OPEN") is not cancel


async def test_a_session_that_is_ended_elsewhere_is_told(
    clients: Clients, demo: Session, limit: Order
) -> None:
    client, session = await held(clients, demo)
    placed(demo, limit(sessionId=session))
    assert end(demo, {"sessionId": session}, "?cancel=true").status == 200
    said = await client.next("SESSION")
    assert (said["status"], said["cancelled"]) == ("CANCELLED", 1)


async def test_what_makes_no_sense_is_refused_and_the_connection_stays(
    clients: Clients, demo: Session
) -> None:
    client = await clients.open()
    await client.say(action="openSession")
    assert (await client.next("ERROR"))["code"] == "UNAUTHENTICATED"
    await client.say(action="auth", token=demo.token)
    await client.next("AUTHENTICATED")
    for action in ("heartbeat", "endSession"):
        await client.say(action=action)
        assert (await client.next("ERROR"))["code"] == "UNKNOWN_SESSION"
    for span in (0, 999, 86_400_001):
        await client.say(action="openSession", cancelAfterMs=span)
        assert (await client.next("ERROR"))["code"] == "BAD_MESSAGE"
    await client.say(action="openSession")
    await client.next("SESSION")
    await client.say(action="openSession")
    assert (await client.next("ERROR"))["code"] == "SESSION_OPEN"


async def test_a_connection_with_a_session_does_not_change_its_account(
    exchange: LocalExchange, clients: Clients, demo: Session
) -> None:
    client, _ = await held(clients, demo)
    await client.say(action="auth", token=exchange.demo().token)
    assert (await client.next("ERROR"))["code"] == "SESSION_OPEN"
    await client.say(action="auth", token=demo.token)
    assert (await client.next())["type"] == "AUTHENTICATED"


async def test_too_many_sessions_are_refused_on_the_stream(clients: Clients, demo: Session) -> None:
    for _ in range(16):
        opened(demo)
    client = await clients.signed_in(demo)
    await client.say(action="openSession", id=1)
    refused = await client.next("ERROR")
    assert (refused["id"], refused["code"]) == (1, "TIMERS_FULL")


async def test_a_gateway_that_stops_takes_its_sessions_orders_along(
    exchange: LocalExchange, clients: Clients, demo: Session, limit: Order
) -> None:
    exchange.start("gateway", 3)
    _, session = await held(clients, demo, gateway=2, cancelAfterMs=3_600_000)
    mine, plain = placed(demo, limit(sessionId=session)), placed(demo, limit())
    await asyncio.to_thread(exchange.end, "gateway-3")
    assert demo.get(f"/v1/orders/{mine['orderId']}")["reason"] == "SESSION"
    assert ids(demo.get("/v1/orders?status=OPEN")) == [plain["orderId"]]
