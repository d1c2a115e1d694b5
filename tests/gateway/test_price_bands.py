"""Price bands through the real exchange: quotes show them, and orders beyond them are priced there."""

from __future__ import annotations

from decimal import Decimal

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.test_orders import placed


def test_an_order_beyond_the_band_is_accepted_at_the_band(demo: Session, symbol: str, limit: Order) -> None:
    before = demo.get(f"/v1/quotes/{symbol}")
    assert before["limitState"] is None
    assert Decimal(before["bandLow"]) < Decimal(before["last"]) < Decimal(before["bandHigh"])
    beyond = str(round(Decimal(before["bandHigh"]) * Decimal("1.02"), 2))
    order = placed(demo, limit(price=beyond, quantity="1"))
    assert (order["status"], order["price"]) == ("OPEN", before["bandHigh"])
    shown = demo.get(f"/v1/orders/{order['orderId']}")
    assert shown["price"] == before["bandHigh"]
    assert demo.get(f"/v1/quotes/{symbol}")["limitState"] == "UPPER"
    demo.request("DELETE", f"/v1/orders/{order['orderId']}")
    after = demo.get(f"/v1/quotes/{symbol}")
    assert (after["limitState"], after["bandHigh"]) == (None, before["bandHigh"])


def test_what_the_band_stops_says_so(demo: Session, maker: Session, symbol: str, limit: Order) -> None:
    high = Decimal(demo.get(f"/v1/quotes/{symbol}")["bandHigh"])
    offer = placed(maker, limit(side="SELL", price=str(high + 1), quantity="5"))
    order = placed(demo, limit(price=str(high + 2), quantity="1", timeInForce="IOC"))
    assert (order["status"], order["reason"], Decimal(order["price"])) == ("CANCELLED", "BAND", high)
    maker.request("DELETE", f"/v1/orders/{offer['orderId']}")
