"""A symbol that only a feed brings has prices and no market: orders are refused with the feed's name."""

from __future__ import annotations

import time

import pytest

from bench.venue import Session
from openbell.market.feeds.symbols import LOOK_EVERY_S, declare
from tests.gateway.conftest import Groups, Order
from tests.gateway.exchange import LocalExchange


@pytest.fixture(scope="module")
def _fed(exchange: LocalExchange) -> None:
    declare(exchange.settings.feeds_dir / "lab", ["FEDONLY", "AAPL"])
    time.sleep(LOOK_EVERY_S)


@pytest.mark.usefixtures("_fed")
def test_an_order_for_it_is_refused_by_name(demo: Session, limit: Order) -> None:
    reply = demo.request("POST", "/v1/orders", limit(symbol="fedonly"))
    assert (reply.status, reply.json["code"]) == (422, "PRICES_ONLY")
    assert "the feed lab" in reply.json["detail"]
    assert reply.json["errors"][0]["pointer"] == "/symbol"


@pytest.mark.usefixtures("_fed")
def test_a_group_for_it_is_refused_too(demo: Session, groups: Groups) -> None:
    body = groups.oco({"symbol": "FEDONLY"}, {"symbol": "FEDONLY"})
    reply = demo.request("POST", "/v1/orders/groups", body)
    assert (reply.status, reply.json["code"]) == (422, "PRICES_ONLY")


@pytest.mark.usefixtures("_fed")
def test_until_its_first_price_it_says_who_will_bring_one(demo: Session) -> None:
    for path in ("assets/FEDONLY", "quotes/fedonly", "history/FEDONLY", "book/FEDONLY", "trades/FEDONLY"):
        reply = demo.request("GET", f"/v1/{path}")
        assert (reply.status, reply.json["code"]) == (404, "UNKNOWN_SYMBOL")
        assert "the feed lab brings it" in reply.json["detail"]


@pytest.mark.usefixtures("_fed")
def test_nothing_of_an_account_can_be_asked_of_it(demo: Session) -> None:
    paths = ("orders?symbol=FEDONLY", "portfolio/lots?symbol=FEDONLY", "portfolio/history?symbol=FEDONLY")
    asked = [("GET", path) for path in paths] + [("DELETE", "orders?symbol=FEDONLY")]
    for method, path in asked:
        reply = demo.request(method, f"/v1/{path}")
        assert (reply.status, reply.json["code"]) == (422, "PRICES_ONLY")


@pytest.mark.usefixtures("_fed")
def test_a_symbol_that_is_traded_here_stays_tradable(demo: Session, limit: Order) -> None:
    price = demo.get("/v1/assets/AAPL")["price"]
    reply = demo.request("POST", "/v1/orders", limit(symbol="AAPL", price=price, quantity="1"))
    assert reply.status == 201
    demo.request("DELETE", f"/v1/orders/{reply.json['orderId']}")


def test_a_symbol_of_nobody_is_unknown(demo: Session, limit: Order) -> None:
    reply = demo.request("POST", "/v1/orders", limit(symbol="NOBODYS"))
    assert (reply.status, reply.json["code"]) == (404, "UNKNOWN_SYMBOL")
