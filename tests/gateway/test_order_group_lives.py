"""What becomes of groups of orders through the real exchange: siblings that end, children that begin."""

from __future__ import annotations

from decimal import Decimal

from bench.venue import Session
from tests.gateway.conftest import Groups, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_order_groups import cancel, entered, now, told
from tests.gateway.test_orders import placed


def test_a_fill_of_one_alternative_ends_the_other(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.oco())
    placed(maker, limit(side="SELL"))
    assert told(now(demo, group), "status", "reason", "filledQuantity") == [
        ("FILLED", None, "10"),
        ("CANCELLED", "SIBLING", "0"),
    ]
    assert demo.get("/v1/orders?status=OPEN")["orders"] == []


def test_a_fill_in_part_makes_the_other_as_much_smaller(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.oco())
    placed(maker, limit(side="SELL", quantity="4"))
    ended = now(demo, group)
    assert told(ended, "status", "quantity", "filledQuantity", "remainingQuantity") == [
        ("PARTIALLY_FILLED", "10", "4", "6"),
        ("PENDING", "6", "0", "6"),
    ]
    assert ended["orders"][1]["stopPrice"] == group["orders"][1]["stopPrice"]
    placed(maker, limit(side="SELL", quantity="6"))
    assert told(now(demo, group), "status") == ["FILLED", "CANCELLED"]


def test_a_cancel_of_one_alternative_ends_both(demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.oco())
    assert cancel(demo, group["orders"][1])["reason"] == "USER"
    assert told(now(demo, group), "reason") == ["SIBLING", "USER"]
    assert Decimal(demo.get("/v1/portfolio")["reservedCash"]) == 0


def test_a_child_begins_when_its_parent_fills(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.oto())
    assert told(group, "role", "status") == [("PARENT", "OPEN"), ("CHILD", "PENDING")]
    placed(maker, limit(side="SELL", quantity="4"))
    assert told(now(demo, group), "status") == ["PARTIALLY_FILLED", "OPEN"]
    buyer = exchange.demo()
    above = limit(price=groups.at("1.03"), timeInForce="IOC")
    assert placed(buyer, above)["filledQuantity"] == "4"  # what the parent has bought, and no more
    placed(maker, limit(side="SELL", quantity="6"))
    assert placed(buyer, above)["filledQuantity"] == "6"
    assert told(now(demo, group), "status", "filledQuantity") == [("FILLED", "10"), ("FILLED", "10")]


def test_a_child_that_waits_cannot_be_changed_but_cancelled(demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.oto())
    path = f"/v1/orders/{group['orders'][1]['orderId']}"
    reply = demo.request("PATCH", path, {"price": groups.at("1.02")})
    assert (reply.status, reply.json["code"]) == (422, "UNSUPPORTED")
    assert cancel(demo, group["orders"][1])["status"] == "CANCELLED"
    assert told(now(demo, group), "status") == ["OPEN", "CANCELLED"]


def test_a_bracket_takes_its_profit(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.bracket())
    placed(maker, limit(side="SELL"))
    assert told(now(demo, group), "status") == ["FILLED", "OPEN", "PENDING"]
    placed(exchange.demo(), limit(price=groups.at("1.03")))
    assert told(now(demo, group), "status", "reason") == [
        ("FILLED", None),
        ("FILLED", None),
        ("CANCELLED", "SIBLING"),
    ]
    assert demo.get("/v1/portfolio")["holdings"] == []


def test_a_bracket_takes_part_of_its_profit_and_stops_out_of_the_rest(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.bracket())
    placed(maker, limit(side="SELL", quantity="4"))
    placed(maker, limit(side="SELL", quantity="6"))
    assert told(now(demo, group), "status") == ["FILLED", "OPEN", "PENDING"]
    other = exchange.demo()
    placed(other, limit(price=groups.at("1.03"), quantity="3"))
    assert told(now(demo, group), "quantity", "filledQuantity") == [("10", "10"), ("10", "3"), ("7", "0")]
    placed(maker, limit(price=groups.at("0.97"), quantity="8"))
    placed(other, limit(side="SELL", price=groups.at("0.97"), quantity="1"))
    ended = now(demo, group)
    assert told(ended, "status", "reason", "filledQuantity") == [
        ("FILLED", None, "10"),
        ("CANCELLED", "SIBLING", "3"),
        ("FILLED", None, "7"),
    ]
    assert Decimal(ended["orders"][2]["avgPrice"]) == Decimal(groups.at("0.97"))


def test_a_parent_that_ends_in_part_leaves_children_for_that_part(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    group = entered(demo, groups.bracket())
    placed(maker, limit(side="SELL", quantity="3"))
    cancel(demo, group["orders"][0])
    assert told(now(demo, group), "status", "quantity") == [
        ("CANCELLED", "10"),
        ("OPEN", "3"),
        ("PENDING", "3"),
    ]
