"""Groups of orders through the real exchange: all or none, once, seen at once, and what a fill means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bench.venue import Reply, Session
from openbell.identity.account_id import decode_account
from tests.gateway.conftest import Groups, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import place, placed

Body = dict[str, Any]


def enter(session: Session, body: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return session.request("POST", "/v1/orders/groups", body, headers=named)


def entered(session: Session, body: Body) -> Body:
    reply = enter(session, body)
    assert reply.status == 201, reply.body
    group: Body = reply.json
    return group


def now(session: Session, group: Body) -> Body:
    """The group as it is now."""
    found: Body = session.get(f"/v1/orders/groups/{group['groupId']}")
    return found


def told(group: Body, *names: str) -> list[Any]:
    """Those fields of each order; one field as it is, several together."""
    return [
        order[names[0]] if len(names) == 1 else tuple(order[name] for name in names)
        for order in group["orders"]
    ]


def cancel(session: Session, order: Body) -> Body:
    reply = session.request("DELETE", f"/v1/orders/{order['orderId']}")
    assert reply.status == 200, reply.body
    cancelled: Body = reply.json
    return cancelled


# -- entered -------------------------------------------------------------------------------------


def test_an_oco_is_answered_with_both_orders(demo: Session, groups: Groups, symbol: str) -> None:
    group = entered(demo, groups.oco(clientOrderId="oco-1"))
    assert (group["type"], group["symbol"], group["clientOrderId"]) == ("OCO", symbol, "oco-1")
    assert told(group, "role", "status", "type") == [("LEG", "OPEN", "LIMIT"), ("LEG", "PENDING", "STOP")]
    assert told(group, "clientOrderId") == ["oco-1", None]
    assert told(group, "groupId") == [group["groupId"]] * 2
    assert group["orders"][0]["orderId"] == group["groupId"]
    assert told(group, "seq", "timestamp") == [(group["seq"], group["timestamp"])] * 2


def test_a_brackets_children_wait_for_their_parent(demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.bracket())
    assert told(group, "role", "status") == [
        ("PARENT", "OPEN"),
        ("TAKE_PROFIT", "PENDING"),
        ("STOP_LOSS", "PENDING"),
    ]
    assert told(group, "side") == ["BUY", "SELL", "SELL"]
    assert Decimal(group["orders"][2]["stopPrice"]) == Decimal(groups.at("0.97"))


def test_a_parent_that_fills_at_once_lets_its_children_begin_in_the_same_answer(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    placed(maker, limit(side="SELL"))
    group = entered(demo, groups.bracket({"type": "MARKET", "price": None}))
    assert told(group, "status", "filledQuantity") == [("FILLED", "10"), ("OPEN", "0"), ("PENDING", "0")]
    assert now(demo, group) == group


def test_an_oco_that_fills_at_once_ends_its_sibling_in_the_same_answer(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    placed(maker, limit(side="SELL"))
    group = entered(demo, groups.oco())
    assert told(group, "status", "reason") == [("FILLED", None), ("CANCELLED", "SIBLING")]
    assert now(demo, group) == group


def test_a_parent_that_finds_nobody_takes_its_children_along_in_the_same_answer(
    demo: Session, groups: Groups
) -> None:
    group = entered(demo, groups.bracket({"type": "MARKET", "price": None}))
    assert told(group, "status", "reason") == [
        ("CANCELLED", "NO_LIQUIDITY"),
        ("CANCELLED", "SIBLING"),
        ("CANCELLED", "SIBLING"),
    ]
    assert now(demo, group) == group


def test_a_parent_that_fills_in_part_makes_its_children_smaller_in_the_same_answer(
    demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    placed(maker, limit(side="SELL", quantity="4"))
    group = entered(demo, groups.bracket({"timeInForce": "IOC"}))
    assert told(group, "status", "reason", "quantity", "filledQuantity") == [
        ("CANCELLED", "IOC", "10", "4"),
        ("OPEN", None, "4", "0"),
        ("PENDING", None, "4", "0"),
    ]
    assert now(demo, group) == group


@pytest.mark.parametrize("trail", [{"trailAmount": "2"}, {"trailPercent": "1.5"}])
def test_a_stop_loss_may_trail(demo: Session, groups: Groups, trail: dict[str, str]) -> None:
    loss = {"type": "TRAILING_STOP", "stopPrice": None} | trail
    group = entered(demo, groups.bracket(loss=loss))
    name = next(iter(trail))
    assert Decimal(group["orders"][2][name]) == Decimal(trail[name])
    assert now(demo, group)["orders"][2][name] == group["orders"][2][name]


def test_a_group_goes_with_its_session(demo: Session, groups: Groups) -> None:
    session = demo.request("POST", "/v1/order-sessions", {"cancelAfterMs": 60_000}).json["sessionId"]
    group = entered(demo, groups.bracket(sessionId=session))
    assert told(group, "sessionId") == [session] * 3
    demo.request("DELETE", f"/v1/order-sessions/{session}?cancel=true")
    assert set(told(now(demo, group), "status")) == {"CANCELLED"}


# -- seen at once --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["oco", "oto", "bracket"])
def test_every_gateway_shows_all_orders_of_an_acknowledged_group_at_once(
    exchange: LocalExchange, demo: Session, groups: Groups, kind: str
) -> None:
    other = exchange.session(demo.token, gateway=1)
    for _ in range(10):
        group = entered(demo, getattr(groups, kind)())
        assert now(other, group) == group
        assert [other.get(f"/v1/orders/{one['orderId']}") for one in group["orders"]] == group["orders"]
        assert other.get("/v1/orders?status=OPEN")["orders"] == group["orders"][::-1]
        cancel(other, group["orders"][0])
        assert set(told(now(demo, group), "status")) == {"CANCELLED"}


def test_a_group_is_found_by_its_clients_id(demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.bracket(clientOrderId="b-1"))
    assert demo.get("/v1/orders:by-client-id/b-1") == group["orders"][0]


def test_an_order_of_its_own_has_no_group(demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    assert (order["groupId"], order["role"]) == (None, None)
    assert demo.get(f"/v1/orders/{order['orderId']}") == order
    reply = demo.request("GET", f"/v1/orders/groups/{order['orderId']}")
    assert (reply.status, reply.json["code"]) == (404, "GROUP_NOT_FOUND")


def test_a_strangers_group_is_not_found(exchange: LocalExchange, demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.oco())
    reply = exchange.demo().request("GET", f"/v1/orders/groups/{group['groupId']}")
    assert (reply.status, reply.json["code"]) == (404, "ORDER_NOT_FOUND")
    child = group["orders"][1]["orderId"]
    assert demo.request("GET", f"/v1/orders/groups/{child}").json["code"] == "GROUP_NOT_FOUND"
    assert demo.request("GET", "/v1/orders/groups/!").status == 404


def test_a_groups_orders_are_told_by_the_ledger_as_by_memory(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order, groups: Groups
) -> None:
    placed(maker, limit(side="SELL", quantity="14"))
    made = [
        entered(demo, groups.oco({"timeInForce": "GTC"}, clientOrderId="l-1")),  # filled at once
        entered(demo, groups.bracket({"timeInForce": "IOC"})),  # filled in part
        entered(demo, groups.oto({"price": groups.at("0.98")}, {"selfTradePrevention": "CANCEL_BOTH"})),
    ]
    refused = enter(demo, groups.bracket(loss={"stopPrice": "10.005"}, clientOrderId="l-2")).json
    made.append(now(demo, {"groupId": demo.get("/v1/orders:by-client-id/l-2")["groupId"]}))
    placed(maker, limit(price=groups.at("1.03"), quantity="1"))  # the take-profit sells one
    demo.request("DELETE", "/v1/orders")
    shown = [now(demo, group) for group in made]
    assert told(shown[0], "status") == ["FILLED", "CANCELLED"]
    assert told(shown[1], "filledQuantity", "quantity") == [("4", "10"), ("1", "4"), ("0", "3")]
    assert told(shown[2], "reason") == ["USER", "SIBLING"]
    assert told(shown[3], "code") == ["SIBLING_REFUSED", "SIBLING_REFUSED", refused["code"]]
    for _ in range(55):  # the node keeps 50 ended orders of an account here
        placed(demo, limit(price=groups.at("0.97"), timeInForce="IOC"))
    assert [now(demo, group) for group in made] == shown
    listed = {order["orderId"]: order for order in demo.pages("/v1/orders?limit=50", "orders")}
    for group in shown:
        assert [listed[order["orderId"]] for order in group["orders"]] == group["orders"]


# -- once ----------------------------------------------------------------------------------------


def test_the_same_id_and_body_is_the_same_group(
    exchange: LocalExchange, demo: Session, groups: Groups
) -> None:
    first = enter(demo, groups.bracket(clientOrderId="once"))
    again = enter(exchange.session(demo.token, gateway=1), groups.bracket(clientOrderId="once"))
    assert (again.status, again.json) == (201, first.json)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(demo.get("/v1/orders")["orders"]) == 3


def test_a_repeat_is_the_first_answer_whatever_happened_since(demo: Session, groups: Groups) -> None:
    first = enter(demo, groups.oco(clientOrderId="once"))
    cancel(demo, first.json["orders"][0])
    assert enter(demo, groups.oco(clientOrderId="once")).json == first.json


def test_a_repeat_of_what_is_no_longer_kept_tells_the_orders_as_they_are(
    exchange: LocalExchange, limit: Order, groups: Groups
) -> None:
    account = decode_account(exchange.demo().get("/v1/me")["accountId"])
    demo = exchange.session(exchange.signer().issue(account, "DEMO", 60, rate_limit=10_000))
    first = entered(demo, groups.oco(clientOrderId="once"))
    cancel(demo, first["orders"][0])
    path = f"/v1/orders/{placed(demo, limit())['orderId']}"
    for number in range(260):  # a gateway keeps 256 changes of an account
        below = {"price": groups.at("0.99" if number % 2 else "0.98")}
        assert demo.request("PATCH", path, below).status == 200
    again = enter(demo, groups.oco(clientOrderId="once"))
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    assert again.json == now(demo, first)
    assert told(again.json, "reason") == ["USER", "SIBLING"]


def test_the_same_id_with_another_body_is_refused(demo: Session, limit: Order, groups: Groups) -> None:
    entered(demo, groups.oco(clientOrderId="once"))
    for body in (groups.bracket(clientOrderId="once"), groups.oco(second={"timeInForce": "GTC"})):
        reply = enter(demo, body, Idempotency_Key="once")
        assert (reply.status, reply.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert place(demo, limit(clientOrderId="once")).status == 409
    assert len(demo.get("/v1/orders?status=OPEN")["orders"]) == 2


def test_an_idempotency_key_is_the_groups_id(demo: Session, groups: Groups) -> None:
    first = enter(demo, groups.oto(), Idempotency_Key='"key-1"')
    assert first.json["clientOrderId"] == "key-1"
    assert enter(demo, groups.oto(clientOrderId="key-1")).json == first.json
    reply = enter(demo, groups.oto(clientOrderId="other"), Idempotency_Key="key-1")
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (400, "/clientOrderId")


def test_a_group_without_an_id_gets_one(demo: Session, groups: Groups) -> None:
    group = entered(demo, groups.oco())
    found = demo.get(f"/v1/orders:by-client-id/{group['clientOrderId']}")
    assert found["groupId"] == group["groupId"]


def test_a_repeated_refusal_is_the_same(demo: Session, groups: Groups) -> None:
    body = groups.oco({"side": "SELL"}, {"side": "SELL", "stopPrice": groups.at("0.97")}, clientOrderId="r")
    first, again = enter(demo, body), enter(demo, body)
    assert (first.status, first.json["code"]) == (422, "INSUFFICIENT_SHARES")
    assert again.json | {"requestId": ""} == first.json | {"requestId": ""}
    assert len(demo.get("/v1/orders")["orders"]) == 2


# -- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "changes", "leg", "code"),
    [
        ("bracket", {"parent": {"price": "10.005"}}, 0, "TICK_SIZE"),
        ("bracket", {"loss": {"stopPrice": "10.005"}}, 2, "TICK_SIZE"),
        ("oto", {"child": {"price": "10.005"}}, 1, "TICK_SIZE"),
        (
            "oco",
            {"second": {"timeInForce": "GTD", "validUntil": "2020-01-01T00:00:00Z"}},
            1,
            "INVALID_EXPIRY",
        ),
        ("oco", {"first": {"side": "SELL"}, "second": {"side": "SELL"}}, 0, "INSUFFICIENT_SHARES"),
        ("oco", {"sessionId": "0000001f"}, 0, "UNKNOWN_SESSION"),
    ],
)
def test_a_group_is_refused_for_the_order_that_is_named(
    demo: Session, groups: Groups, kind: str, changes: Body, leg: int, code: str
) -> None:
    reply = enter(demo, getattr(groups, kind)(**changes))
    assert (reply.status, reply.json["code"]) == (404 if code == "UNKNOWN_SESSION" else 422, code)
    assert [error["pointer"] for error in reply.json["errors"]] == [f"/orders/{leg}"]
    stored = demo.get(f"/v1/orders/{reply.json['orderId']}")
    assert (stored["status"], stored["code"], stored["detail"]) == ("REJECTED", code, reply.json["detail"])
    assert stored["role"] is not None
    group = now(demo, stored)
    assert [index for index, order in enumerate(group["orders"]) if order["code"] == code] == [leg]
    others = [order["code"] for order in group["orders"] if order["code"] != code]
    assert others == ["SIBLING_REFUSED"] * (len(group["orders"]) - 1)


def test_too_little_money_for_a_group_is_said_with_the_numbers(demo: Session, groups: Groups) -> None:
    reserved = Decimal(demo.get("/v1/portfolio")["reservedCash"])
    body = groups.bracket()
    for order in body["orders"]:
        order["quantity"] = "5000"
    reply = enter(demo, body)
    assert reply.json["code"] in ("INSUFFICIENT_FUNDS", "ORDER_VALUE_TOO_LARGE", "ORDER_TOO_LARGE")
    assert {reply.json["limit"], reply.json["observed"]} - {None}
    assert Decimal(demo.get("/v1/portfolio")["reservedCash"]) == reserved
    assert demo.get("/v1/orders?status=OPEN")["orders"] == []


def test_alternatives_hold_the_money_of_one(demo: Session, groups: Groups) -> None:
    dearest = Decimal(groups.at("1.03")) * 10
    entered(demo, groups.oco(second={"type": "STOP_LIMIT", "price": groups.at("1.03")}))
    assert Decimal(demo.get("/v1/portfolio")["reservedCash"]) == dearest


def test_an_unknown_symbol_is_named(demo: Session, groups: Groups) -> None:
    body = groups.oco({"symbol": "NOPE1"}, {"symbol": "NOPE1"})
    reply = enter(demo, body)
    assert (reply.status, reply.json["code"]) == (404, "UNKNOWN_SYMBOL")
    assert reply.json["errors"][0]["pointer"] == "/orders/0/symbol"


def test_a_group_needs_a_session(exchange: LocalExchange, groups: Groups) -> None:
    assert enter(exchange.session(), groups.oco()).status == 401


def test_the_second_mount_takes_groups_too(demo: Session, groups: Groups) -> None:
    group = demo.request("POST", "/api/v1/orders/groups", groups.oco()).json
    assert demo.get(f"/api/v1/orders/groups/{group['groupId']}") == group


def test_a_group_counts_as_one_message(exchange: LocalExchange, demo: Session, groups: Groups) -> None:
    replies = [enter(demo, groups.oco()) for _ in range(2)]
    left = [int(reply.headers["ratelimit"].partition("r=")[2].partition(";")[0]) for reply in replies]
    most = int(replies[0].headers["ratelimit-policy"].partition("q=")[2].partition(";")[0])
    assert left[0] == most - 1
    assert left[1] >= most - 2
