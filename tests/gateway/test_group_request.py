"""Bodies of POST /v1/orders/groups: what is read from them, and every wrong one by its name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openbell.core import codes
from openbell.gateway.group_request import read_new_group
from openbell.gateway.problems import Problem

BUY = {"symbol": "AAPL", "side": "BUY", "type": "LIMIT", "quantity": "10", "price": "100"}
SELL = BUY | {"side": "SELL"}
PROFIT = SELL | {"price": "110"}
LOSS = {"symbol": "AAPL", "side": "SELL", "type": "STOP", "quantity": "10", "stopPrice": "90"}
GROUPS: dict[str, list[dict[str, Any]]] = {
    "OCO": [PROFIT, LOSS],
    "OTO": [BUY, PROFIT],
    "BRACKET": [BUY, PROFIT, LOSS],
}


def body(kind: str, changes: dict[int, dict[str, Any]] | None = None, **more: Any) -> bytes:
    """A group of `kind`, its orders changed by their number."""
    orders = [order | (changes or {}).get(index, {}) for index, order in enumerate(GROUPS[kind])]
    return msgspec.json.encode({"type": kind, "orders": orders} | more)


def refused(raw: bytes) -> list[tuple[str, str]]:
    """(pointer, code) of every field that is wrong."""
    with pytest.raises(Problem) as caught:
        read_new_group(raw)
    assert caught.value.status == 400
    return [(error.pointer, error.code) for error in caught.value.errors]


@pytest.mark.parametrize(("kind", "number"), [("OCO", 1), ("oto", 2), ("Bracket", 3)])
def test_each_kind_is_read_in_any_case(kind: str, number: int) -> None:
    orders = GROUPS[kind.upper()]
    group = read_new_group(msgspec.json.encode({"type": kind, "orders": orders, "clientOrderId": "g"}))
    assert (group.kind, group.symbol, group.client_id, len(group.orders)) == (
        number,
        "AAPL",
        "g",
        len(orders),
    )
    assert [codes.SIDE_NAMES[order.side] for order in group.orders] == [order["side"] for order in orders]


def test_a_session_is_the_whole_groups() -> None:
    assert read_new_group(body("OCO", sessionId="0000001f")).session == 31


def test_amounts_may_be_numbers_and_a_symbol_in_any_case() -> None:
    changes = {0: {"symbol": "aapl", "quantity": 10}, 1: {"symbol": "Aapl", "quantity": "10.0"}}
    assert read_new_group(body("OCO", changes)).symbol == "AAPL"


@pytest.mark.parametrize(
    ("parent", "kind"), [("MARKET", "OTO"), ("STOP", "BRACKET"), ("TRAILING_STOP", "BRACKET")]
)
def test_a_parent_may_be_of_any_type(parent: str, kind: str) -> None:
    fields = {"STOP": {"stopPrice": "105"}, "TRAILING_STOP": {"trailPercent": "2"}}.get(parent, {})
    group = read_new_group(body(kind, {0: {"type": parent, "price": None} | fields}))
    assert codes.TYPE_NAMES[group.orders[0].order_type] == parent


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
def test_a_parent_may_end_at_once(tif: str) -> None:
    assert read_new_group(body("OTO", {0: {"timeInForce": tif}})).orders[0].tif == getattr(codes, tif)


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        (b'{"orders": []}', "/type", "REQUIRED"),
        (b'{"type": "OCO"}', "/orders", "REQUIRED"),
        (body("OCO", type="OTOCO"), "/type", "INVALID_GROUP_TYPE"),
        (body("OCO", type=""), "/type", "INVALID_GROUP_TYPE"),
        (body("OCO", type=3), "/type", "INVALID_TYPE_OF_VALUE"),
        (body("OCO", orders=[]), "/orders", "INVALID_GROUP"),
        (body("OCO", orders=[BUY]), "/orders", "INVALID_GROUP"),
        (body("OCO", orders=[BUY] * 1000), "/orders", "INVALID_GROUP"),
        (body("BRACKET", orders=[BUY, PROFIT]), "/orders", "INVALID_GROUP"),
        (body("OTO", orders=[BUY, PROFIT, LOSS]), "/orders", "INVALID_GROUP"),
        (body("OCO", orders={}), "/orders", "INVALID_TYPE_OF_VALUE"),
        (body("OCO", orders=None), "/orders", "INVALID_TYPE_OF_VALUE"),
        (body("OCO", clientOrderId="a b"), "/clientOrderId", "INVALID_CLIENT_ORDER_ID"),
        (body("OCO", clientOrderId="a" * 49), "/clientOrderId", "INVALID_CLIENT_ORDER_ID"),
        (body("OCO", sessionId="x"), "/sessionId", "INVALID_SESSION_ID"),
        (body("OCO", symbol="AAPL"), "/symbol", "UNKNOWN_FIELD"),
    ],
)
def test_a_wrong_group_is_refused(raw: bytes, pointer: str, code: str) -> None:
    assert refused(raw) == [(pointer, code)]


@pytest.mark.parametrize(
    ("kind", "index", "fields", "pointer", "code"),
    [
        ("OCO", 1, {"symbol": "MSFT"}, "symbol", "SYMBOLS_DIFFER"),
        ("OCO", 1, {"side": "BUY"}, "side", "INVALID_SIDE"),
        ("OTO", 1, {"side": "BUY"}, "side", "INVALID_SIDE"),
        ("BRACKET", 1, {"side": "BUY"}, "side", "INVALID_SIDE"),
        ("BRACKET", 2, {"side": "BUY"}, "side", "INVALID_SIDE"),
        ("OCO", 1, {"quantity": "9"}, "quantity", "QUANTITIES_DIFFER"),
        ("BRACKET", 2, {"quantity": "11"}, "quantity", "QUANTITIES_DIFFER"),
        ("OCO", 0, {"type": "MARKET", "price": None}, "type", "INVALID_TYPE"),
        ("OTO", 1, {"type": "MARKET", "price": None}, "type", "INVALID_TYPE"),
        ("BRACKET", 1, {"type": "STOP", "price": None, "stopPrice": "90"}, "type", "INVALID_TYPE"),
        ("BRACKET", 2, {"type": "LIMIT", "price": "90", "stopPrice": None}, "type", "INVALID_TYPE"),
        ("OCO", 0, {"timeInForce": "IOC"}, "timeInForce", "INVALID_TIME_IN_FORCE"),
        ("OTO", 1, {"timeInForce": "FOK"}, "timeInForce", "INVALID_TIME_IN_FORCE"),
        ("OTO", 0, {"timeInForce": "OPG"}, "timeInForce", "INVALID_TIME_IN_FORCE"),
        ("BRACKET", 2, {"timeInForce": "CLS"}, "timeInForce", "INVALID_TIME_IN_FORCE"),
        ("OCO", 0, {"postOnly": True}, "postOnly", "POST_ONLY_NOT_ALLOWED"),
        ("OCO", 1, {"displayQuantity": "1"}, "displayQuantity", "DISPLAY_QUANTITY_NOT_ALLOWED"),
        ("OTO", 0, {"displayQuantity": "0"}, "displayQuantity", "DISPLAY_QUANTITY_NOT_ALLOWED"),
        ("OTO", 1, {"minQuantity": "2"}, "minQuantity", "MIN_QUANTITY_NOT_ALLOWED"),
        ("OCO", 0, {"sessionId": "0000001f"}, "sessionId", "SESSION_ID_NOT_ALLOWED"),
        ("OCO", 0, {"clientOrderId": "mine"}, "clientOrderId", "CLIENT_ORDER_ID_NOT_ALLOWED"),
        ("OCO", 1, {"price": "1"}, "price", "PRICE_NOT_ALLOWED"),
        ("OTO", 0, {"price": None}, "price", "PRICE_REQUIRED"),
        ("BRACKET", 2, {"stopPrice": None}, "stopPrice", "STOP_PRICE_REQUIRED"),
        ("BRACKET", 0, {"quantity": "0"}, "quantity", "INVALID_QUANTITY"),
        ("BRACKET", 1, {"quantity": None}, "quantity", "QUANTITY_REQUIRED"),
        ("OCO", 0, {"timeInForce": "GTD"}, "validUntil", "REQUIRED"),
        ("OCO", 0, {"side": "HOLD"}, "side", "INVALID_SIDE"),
        ("OCO", 1, {"type": 5}, "type", "INVALID_TYPE_OF_VALUE"),
        ("OCO", 1, {"role": "LEG"}, "role", "UNKNOWN_FIELD"),
    ],
)
def test_a_wrong_order_is_named(
    kind: str, index: int, fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert refused(body(kind, {index: fields})) == [(f"/orders/{index}/{pointer}", code)]


def test_a_market_parent_by_value_is_refused_for_that_alone() -> None:
    fields = {"type": "MARKET", "price": None, "quantity": None, "notional": "500"}
    assert refused(body("OTO", {0: fields})) == [("/orders/0/notional", "NOTIONAL_NOT_ALLOWED")]


def test_a_missing_field_of_an_order_is_named() -> None:
    order = {name: value for name, value in LOSS.items() if name != "side"}
    assert refused(body("OCO", orders=[PROFIT, order])) == [("/orders/1/side", "REQUIRED")]


def test_all_that_is_wrong_is_said_at_once() -> None:
    changes = {1: {"side": "BUY", "postOnly": True}, 2: {"symbol": "MSFT", "quantity": "1"}}
    assert [pointer for pointer, _ in refused(body("BRACKET", changes))] == [
        "/orders/1/postOnly",
        "/orders/1/side",
        "/orders/2/symbol",
        "/orders/2/quantity",
    ]


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'"OCO"', b"\xff\xfe", b"[" * 5_000])
def test_what_is_no_group_at_all_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_new_group(raw)
    assert (caught.value.status, caught.value.code) == (400, "BAD_JSON")
