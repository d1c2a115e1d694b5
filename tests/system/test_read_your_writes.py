"""Whatever was acknowledged is shown at once, by every gateway, in the order, the list and the portfolio."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bench.venue import Session, Venue
from tests.system.conftest import MakeVenue

CONNECTIONS = 8  # fresh ones: the kernel spreads them over the gateways


@pytest.fixture
def two_gateways(venue: MakeVenue) -> Venue:
    one = venue("--gateways", "2")
    one.start()
    return one


def everywhere(one: Venue, token: str) -> list[Session]:
    return [one.session(token) for _ in range(CONNECTIONS)]


def test_every_gateway_shows_what_any_gateway_acknowledged(two_gateways: Venue) -> None:
    trader, _ = two_gateways.demo()
    price = Decimal(trader.get("/v1/quotes/AAPL")["last"])
    cash = Decimal(trader.get("/v1/portfolio")["cashBalance"])
    for shares in range(1, 16):
        body = {"symbol": "AAPL", "side": "BUY", "type": "MARKET", "quantity": "1"}
        filled = trader.request("POST", "/v1/orders", body).json
        assert filled["status"] == "FILLED", filled
        cash -= Decimal(filled["filledValue"])
        low = {
            "symbol": "AAPL",
            "side": "BUY",
            "type": "LIMIT",
            "quantity": "2",
            "price": f"{price * 9 / 10:.2f}",
            "timeInForce": "GTC",  # it may be midnight
        }
        resting = trader.request("POST", "/v1/orders", low).json
        assert resting["status"] == "OPEN", resting
        for other in everywhere(two_gateways, trader.token):
            assert other.get(f"/v1/orders/{filled['orderId']}")["status"] == "FILLED"
            assert other.get(f"/v1/orders/{resting['orderId']}")["status"] == "OPEN"
            listed = {row["orderId"]: row for row in other.get("/v1/orders?limit=500")["orders"]}
            assert listed[filled["orderId"]]["filledQty"] == "1"
            portfolio = other.get("/v1/portfolio")
            assert Decimal(portfolio["cashBalance"]) == cash
            assert Decimal(portfolio["reservedCash"]) > 0
            assert [row["quantity"] for row in portfolio["holdings"]] == [str(shares)]
            other.close()
        assert trader.request("DELETE", f"/v1/orders/{resting['orderId']}").json["status"] == "CANCELLED"
        for other in everywhere(two_gateways, trader.token):
            assert other.get(f"/v1/orders/{resting['orderId']}")["status"] == "CANCELLED"
            assert other.get("/v1/orders?status=OPEN")["orders"] == []
            assert Decimal(other.get("/v1/portfolio")["reservedCash"]) == 0
            other.close()


def test_both_gateways_really_answer(two_gateways: Venue) -> None:
    processes = [one for one in two_gateways.processes() if one.cmdline()[-2:] == ["run", "gateway"]]
    assert len(processes) == 2
    before = [sum(one.cpu_times()[:2]) for one in processes]
    for _ in range(200):
        session = two_gateways.session()
        session.get("/v1/quotes/AAPL")
        session.close()
    after = [sum(one.cpu_times()[:2]) for one in processes]
    assert all(late > early for early, late in zip(before, after, strict=True))
