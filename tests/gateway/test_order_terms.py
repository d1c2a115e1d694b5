"""What an order may ask beyond the plain, over HTTP: an end, not to take, not to be shown, a mode."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bench.venue import Reply, Session
from tests.gateway.conftest import Order


def place(session: Session, body: dict[str, Any]) -> Reply:
    return session.request("POST", "/v1/orders", body)


def placed(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    reply = place(session, body)
    assert reply.status == 201, reply.body
    order: dict[str, Any] = reply.json
    assert session.get(f"/v1/orders/{order['orderId']}") == order
    return order


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_a_plain_order_says_that_it_asks_nothing(demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    asked = ("validUntil", "postOnly", "selfTradePrevention", "displayQuantity", "minQuantity")
    assert [order[name] for name in asked] == [None, False, "CANCEL_NEWEST", None, None]


def test_a_gtd_order_names_its_end(demo: Session, limit: Order) -> None:
    order = placed(demo, limit(timeInForce="GTD", validUntil=in_days(30)))
    assert (order["timeInForce"], order["status"]) == ("GTD", "OPEN")
    assert order["validUntil"].endswith("Z")


@pytest.mark.parametrize("days", [-1, 367])
def test_an_end_in_the_past_or_too_far_ahead_is_refused(demo: Session, limit: Order, days: int) -> None:
    reply = place(demo, limit(timeInForce="GTD", validUntil=in_days(days)))
    assert (reply.status, reply.json["code"]) == (422, "INVALID_EXPIRY")


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"timeInForce": "GTD"}, "/validUntil", "REQUIRED"),
        ({"validUntil": "2026-12-31T10:00:00Z"}, "/validUntil", "INVALID_EXPIRY"),
        ({"timeInForce": "GTD", "validUntil": "tomorrow"}, "/validUntil", "INVALID_EXPIRY"),
        ({"selfTradePrevention": "NONE"}, "/selfTradePrevention", "INVALID_SELF_TRADE_PREVENTION"),
        ({"displayQuantity": "-1"}, "/displayQuantity", "INVALID_QUANTITY"),
        ({"minQuantity": "x"}, "/minQuantity", "INVALID_QUANTITY"),
    ],
)
def test_a_wrong_field_is_named(
    demo: Session, limit: Order, fields: dict[str, Any], pointer: str, code: str
) -> None:
    reply = place(demo, limit(**fields))
    assert reply.status == 400
    assert (reply.json["errors"][0]["pointer"], reply.json["errors"][0]["code"]) == (pointer, code)


def test_a_post_only_order_does_not_take(demo: Session, maker: Session, limit: Order) -> None:
    placed(maker, limit(side="SELL"))
    reply = place(demo, limit(postOnly=True))
    assert (reply.status, reply.json["code"]) == (422, "POST_ONLY")


def test_an_iceberg_shows_a_slice_and_a_hidden_order_nothing(
    maker: Session, limit: Order, symbol: str
) -> None:
    order = placed(maker, limit(displayQuantity=4))
    assert (order["displayQuantity"], order["remainingQuantity"]) == ("4", "10")
    assert maker.get(f"/v1/book/{symbol}")["bids"][0]["quantity"] == "4"
    changed = maker.request("PATCH", f"/v1/orders/{order['orderId']}", {"displayQuantity": "0"})
    assert (changed.json["displayQuantity"], changed.json["priorityKept"]) == ("0", False)
    assert maker.get(f"/v1/book/{symbol}")["bids"] == []


def test_a_minimum_needs_a_hidden_order(demo: Session, limit: Order) -> None:
    assert placed(demo, limit(displayQuantity=0, minQuantity=5))["minQuantity"] == "5"
    reply = place(demo, limit(minQuantity=5))
    assert (reply.status, reply.json["code"]) == (422, "INVALID_MIN_QUANTITY")


def test_an_order_does_not_meet_its_own(maker: Session, limit: Order) -> None:
    resting = placed(maker, limit(side="SELL"))
    order = placed(maker, limit(selfTradePrevention="cancel_both"))
    assert (order["status"], order["reason"]) == ("CANCELLED", "SELF_TRADE")
    assert maker.get(f"/v1/orders/{resting['orderId']}")["reason"] == "SELF_TRADE"


def test_a_market_order_takes_the_shares_that_its_money_pays_for(
    demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    price = Decimal(placed(maker, limit(side="SELL"))["price"])
    body = {"symbol": symbol, "side": "BUY", "type": "MARKET", "notional": str(4 * price - 1)}
    order = placed(demo, body)
    assert (order["status"], order["quantity"]) == ("FILLED", order["filledQuantity"])
    assert Decimal(order["notional"]) == 4 * price - 1
    assert 0 <= Decimal(order["notional"]) - Decimal(order["filledValue"]) < Decimal("0.01")
