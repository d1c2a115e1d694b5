"""Stop orders through the real exchange: they wait, are listed, moved, and elected by a trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import ids, place, placed


@pytest.fixture
def above(price: str) -> str:
    """Three percent above the stock's price."""
    return str(round(Decimal(price) * Decimal("1.03"), 2))


@pytest.fixture
def stop(limit: Order, above: str) -> Order:
    """Makes the body of a BUY STOP of 10 shares three percent above the stock's price."""

    def make(**changes: Any) -> dict[str, Any]:
        return limit(**({"type": "STOP", "price": None, "stopPrice": above} | changes))

    return make


def change(session: Session, order: dict[str, Any], body: dict[str, Any]) -> Any:
    return session.request("PATCH", f"/v1/orders/{order['orderId']}", body)


def test_a_stop_waits_and_is_listed_as_pending(demo: Session, stop: Order, above: str) -> None:
    order = placed(demo, stop())
    assert (order["status"], Decimal(order["stopPrice"]), order["price"]) == ("PENDING", Decimal(above), None)
    assert ids(demo.get("/v1/orders?status=PENDING")) == [order["orderId"]]
    assert ids(demo.get("/v1/orders?status=OPEN")) == [order["orderId"]]
    assert demo.get(f"/v1/orders/{order['orderId']}")["stopPrice"] == order["stopPrice"]


def test_a_lone_price_of_a_stop_is_its_stop_price(demo: Session, stop: Order, price: str, above: str) -> None:
    order = placed(demo, stop(stopPrice=None, price=above))
    assert Decimal(order["stopPrice"]) == Decimal(above)
    higher = str(Decimal(above) + 1)
    changed = change(demo, order, {"price": higher}).json
    assert (Decimal(changed["stopPrice"]), changed["status"]) == (Decimal(higher), "PENDING")


def test_a_trade_at_its_price_elects_it(
    exchange: LocalExchange, demo: Session, maker: Session, stop: Order, limit: Order, above: str
) -> None:
    order = placed(demo, stop())
    placed(maker, limit(side="SELL", price=above, quantity="11"))
    placed(exchange.demo(), limit(price=above, quantity="1", timeInForce="IOC"))
    ended = demo.get(f"/v1/orders/{order['orderId']}")
    assert (ended["status"], Decimal(ended["avgPrice"])) == ("FILLED", Decimal(above))


@pytest.mark.parametrize("trail", [{"trailAmount": "2"}, {"trailPercent": "1.5"}])
def test_a_trailing_stop_shows_where_it_stands(demo: Session, stop: Order, trail: dict[str, str]) -> None:
    order = placed(demo, stop(type="TRAILING_STOP", stopPrice=None, **trail))
    shown = demo.get(f"/v1/orders/{order['orderId']}")
    name = next(iter(trail))
    assert Decimal(shown[name]) == Decimal(trail[name])
    assert Decimal(shown["stopPrice"]) > 0
    assert change(demo, order, {name: "3"}).json["stopPrice"] != shown["stopPrice"]


def test_a_trail_keeps_the_unit_it_was_entered_with(demo: Session, stop: Order) -> None:
    order = placed(demo, stop(type="TRAILING_STOP", stopPrice=None, trailAmount="2"))
    reply = change(demo, order, {"trailPercent": "2"})
    assert (reply.status, reply.json["code"]) == (400, "TRAIL_NOT_ALLOWED")
    assert change(demo, order, {"stopPrice": "2"}).status == 400


def test_a_stop_limit_has_both_prices(demo: Session, stop: Order, above: str) -> None:
    order = placed(demo, stop(type="STOP_LIMIT", price=above))
    assert (Decimal(order["stopPrice"]), Decimal(order["price"])) == (Decimal(above), Decimal(above))


def test_a_stop_that_costs_too_much_is_refused_as_any_order(demo: Session, stop: Order) -> None:
    reply = place(demo, stop(quantity="1000000"))
    assert (reply.status, reply.json["code"]) in ((422, "INSUFFICIENT_FUNDS"), (422, "ORDER_VALUE_TOO_LARGE"))
