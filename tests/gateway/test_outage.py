"""When the node goes away: what was promised holds, what is not known is said, the rest waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import READY_S, LocalExchange
from tests.gateway.test_orders import place, placed


@pytest.fixture
def killed(exchange: LocalExchange, demo: Session, limit: Order) -> Iterator[str]:
    """The node killed after one acknowledged order, whose client's id this is."""
    placed(demo, limit(clientOrderId="before"))
    exchange.end("node", kill=True)
    yield "before"
    if not exchange.runs("node"):
        exchange.start("node")
    until_ready(exchange)


def until_ready(exchange: LocalExchange) -> None:
    """Wait for both gateways to find the node again."""
    deadline = time.monotonic() + READY_S
    for gateway in (0, 1):
        while exchange.session(gateway=gateway).request("GET", "/readyz").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_order_to_a_dead_node_did_not_happen_and_says_so(
    exchange: LocalExchange, demo: Session, limit: Order, killed: str
) -> None:
    replies = [place(demo, limit(clientOrderId="during")) for _ in range(3)]
    assert {reply.status for reply in replies} == {503}
    last = replies[-1].json
    assert (last["code"], last["retryable"]) == ("UNAVAILABLE", True)
    assert demo.request("GET", "/v1/portfolio").json["code"] == "UNAVAILABLE"
    ready = demo.request("GET", "/readyz")
    assert (ready.status, ready.json["checks"]["node"]) == (503, "down")
    exchange.start("node")
    until_ready(exchange)
    assert demo.request("GET", "/v1/orders:by-client-id/during").status == 404


def test_what_was_acknowledged_is_there_after_the_restart(
    exchange: LocalExchange, demo: Session, limit: Order, killed: str
) -> None:
    exchange.start("node")
    until_ready(exchange)
    order = demo.get(f"/v1/orders:by-client-id/{killed}")
    assert order["status"] == "OPEN"
    again = place(demo, limit(clientOrderId=killed))
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json["orderId"] == order["orderId"]
    assert len(demo.get("/v1/orders?status=OPEN")["orders"]) == 1


def test_an_order_in_flight_is_not_known_until_its_link_tells(
    exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    exchange.freeze("node")
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(place, demo, limit(clientOrderId="in-flight"))
        time.sleep(0.5)
        assert not waiting.done()
        exchange.end("node", kill=True)
        reply = waiting.result()
    assert (reply.status, reply.json["code"]) == (503, "OUTCOME_UNKNOWN")
    assert reply.json["link"] == "/v1/orders:by-client-id/in-flight"
    exchange.start("node")
    until_ready(exchange)
    told = demo.request("GET", reply.json["link"])
    again = place(demo, limit(clientOrderId="in-flight"))
    assert again.status == 201
    assert told.status == 404 or told.json["orderId"] == again.json["orderId"]
    assert [order["clientOrderId"] for order in demo.get("/v1/orders")["orders"]] == ["in-flight"]


@pytest.fixture
def behind(exchange: LocalExchange, demo: Session, limit: Order) -> Iterator[str]:
    """An order that works for the ledger, which stands still; it has ended, and the node let go of it."""
    order = placed(demo, limit(clientOrderId="behind"))
    deadline = time.monotonic() + READY_S
    with psycopg.connect(exchange.settings.database_url) as connection:
        while True:
            row = connection.execute("SELECT position FROM ledger.reader").fetchone()
            connection.commit()
            if row is not None and row[0] >= order["seq"]:
                break
            assert time.monotonic() < deadline
            time.sleep(0.05)
    exchange.freeze("worker")
    try:
        assert demo.request("DELETE", f"/v1/orders/{order['orderId']}").status == 200
        for _ in range(55):  # the node keeps 50 ended orders of an account here
            placed(demo, limit(timeInForce="IOC"))
        yield order["orderId"]
    finally:
        exchange.thaw("worker")


def test_an_order_that_ended_is_never_told_as_working_by_a_ledger_that_is_behind(
    exchange: LocalExchange, demo: Session, behind: str
) -> None:
    paths = (f"/v1/orders/{behind}", "/v1/orders:by-client-id/behind")
    for path in paths:
        reply = demo.request("GET", path)
        assert (reply.status, reply.json["code"]) == (503, "UNAVAILABLE")
    exchange.thaw("worker")
    for path in paths:
        assert demo.get(path)["status"] == "CANCELLED"


def test_a_list_with_what_a_ledger_behind_says_is_not_complete(
    exchange: LocalExchange, demo: Session, behind: str
) -> None:
    page = demo.get("/v1/orders?limit=500")
    assert page["complete"] is False
    assert [order["status"] for order in page["orders"] if order["orderId"] == behind] == []
    exchange.thaw("worker")
    page = demo.get("/v1/orders?limit=500")
    assert page["complete"] is True
    assert [order["status"] for order in page["orders"] if order["orderId"] == behind] == ["CANCELLED"]


def test_market_data_stays_readable_meanwhile(exchange: LocalExchange, symbol: str, killed: str) -> None:
    assert exchange.session().get(f"/v1/quotes/{symbol}")["symbol"] == symbol
    assert exchange.session().get("/healthz") == {"status": "ok"}
