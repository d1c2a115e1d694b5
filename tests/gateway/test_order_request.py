"""Orders as clients write them: both seeds' bodies, every wrong field named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.core import codes
from openbell.gateway.order_request import (
    read_client_id,
    read_modify_order,
    read_new_order,
    read_place_order,
)
from openbell.gateway.problems import Problem

LIMIT = {"symbol": "AAPL", "side": "BUY", "type": "LIMIT", "quantity": "10", "price": "213.45"}


def refused(read: Callable[[bytes], Any], body: object) -> dict[str, Any]:
    """The problem that reading `body` ends in."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(Problem) as caught:
        read(raw)
    problem: dict[str, Any] = msgspec.json.decode(caught.value.body("r"))
    assert problem["status"] == 400
    return problem


def outcome(read: Callable[[bytes], Any], body: bytes) -> int:
    """The status that reading `body` ends in, 200 if it is taken."""
    try:
        read(body)
    except Problem as problem:
        return problem.status
    return 200


def test_seed_a_body_is_read() -> None:
    order = read_new_order(json.dumps(LIMIT | {"timeInForce": "DAY", "clientOrderId": "x-1"}).encode())
    assert (order.symbol, order.side, order.order_type, order.tif) == (
        "AAPL",
        codes.BUY,
        codes.LIMIT,
        codes.DAY,
    )
    assert (order.quantity, order.price, order.client_id) == (10 * 10**8, 2_134_500, "x-1")


def test_words_are_read_in_any_case() -> None:
    order = read_new_order(
        b'{"symbol":"aapl","side":"sell","type":"market","quantity":1,"timeInForce":"ioc"}'
    )
    assert (order.symbol, order.side, order.order_type, order.tif) == (
        "AAPL",
        codes.SELL,
        codes.MARKET,
        codes.IOC,
    )


def test_numbers_are_read_without_floats() -> None:
    order = read_new_order(b'{"symbol":"A","side":"BUY","type":"LIMIT","quantity":0.10000001,"price":1.0001}')
    assert (order.quantity, order.price) == (10_000_001, 10_001)


def test_seed_b_body_is_one_share() -> None:
    order = read_place_order(b'{"symbol":"AAPL","type":"limit","side":"buy","limitPrice":213.45}')
    assert (order.quantity, order.price) == (10**8, 2_134_500)


def test_the_lone_price_of_a_stop_is_its_stop_price() -> None:
    order = read_new_order(b'{"symbol":"A","side":"SELL","type":"STOP","quantity":1,"price":"9.5"}')
    assert (order.price, order.stop_price) == (0, 95_000)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"quantity": 0}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": -1}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": "NaN"}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": 10**30}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": "1e30"}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": "0.000000001"}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": True}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": [1]}, "/quantity", "INVALID_QUANTITY"),
        ({"quantity": None}, "/quantity", "QUANTITY_REQUIRED"),
        ({"price": None}, "/price", "PRICE_REQUIRED"),
        ({"price": "0"}, "/price", "INVALID_PRICE"),
        ({"price": "-1"}, "/price", "INVALID_PRICE"),
        ({"price": "1.00001"}, "/price", "INVALID_PRICE"),
        ({"price": "1000000000"}, "/price", "INVALID_PRICE"),
        ({"type": "MARKET"}, "/price", "PRICE_NOT_ALLOWED"),
        ({"type": "LIMITED"}, "/type", "INVALID_TYPE"),
        ({"type": 1}, "/type", "INVALID_TYPE_OF_VALUE"),
        ({"side": "HOLD"}, "/side", "INVALID_SIDE"),
        ({"timeInForce": "SOON"}, "/timeInForce", "INVALID_TIME_IN_FORCE"),
        ({"clientOrderId": ""}, "/clientOrderId", "INVALID_CLIENT_ORDER_ID"),
        ({"clientOrderId": "a b"}, "/clientOrderId", "INVALID_CLIENT_ORDER_ID"),
        ({"clientOrderId": "x" * 49}, "/clientOrderId", "INVALID_CLIENT_ORDER_ID"),
        ({"symbol": ""}, "/symbol", "INVALID_SYMBOL"),
        ({"symbol": "A" * 17}, "/symbol", "INVALID_SYMBOL"),
        ({"stopPrice": "1"}, "/stopPrice", "STOP_PRICE_NOT_ALLOWED"),
        ({"type": "STOP", "price": None}, "/stopPrice", "STOP_PRICE_REQUIRED"),
        ({"trailAmount": "1"}, "/trailAmount", "TRAIL_NOT_ALLOWED"),
        ({"type": "TRAILING_STOP", "price": None}, "/trailAmount", "TRAIL_REQUIRED"),
        ({"type": "TRAILING_STOP", "trailPercent": "1"}, "/price", "PRICE_NOT_ALLOWED"),
        ({"trailPercent": "100"}, "/trailPercent", "INVALID_TRAIL"),
        ({"trailPercent": "0.001"}, "/trailPercent", "INVALID_TRAIL"),
        ({"trailPercent": "1", "trailAmount": "1"}, "/trailPercent", "TRAIL_NOT_ALLOWED"),
        ({"notional": "100"}, "/notional", "NOTIONAL_NOT_ALLOWED"),
        ({"quantity": None, "notional": "100"}, "/notional", "NOTIONAL_NOT_ALLOWED"),
        (
            {"type": "STOP", "quantity": None, "notional": "100"},
            "/notional",
            "NOTIONAL_NOT_ALLOWED",
        ),
        ({"hidden": True}, "/hidden", "UNKNOWN_FIELD"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], pointer: str, code: str) -> None:
    problem = refused(read_new_order, LIMIT | change)
    assert (problem["errors"][0]["pointer"], problem["code"]) == (pointer, code)


def test_a_missing_field_is_named() -> None:
    problem = refused(read_new_order, {"symbol": "AAPL", "type": "MARKET", "quantity": 1})
    assert (problem["errors"][0]["pointer"], problem["code"]) == ("/side", "REQUIRED")


def test_every_wrong_field_is_named_at_once() -> None:
    problem = refused(read_new_order, LIMIT | {"quantity": 0, "price": "x", "side": "?"})
    assert {error["pointer"] for error in problem["errors"]} == {"/quantity", "/price", "/side"}


def test_seed_b_calls_the_price_limit_price() -> None:
    problem = refused(read_place_order, {"symbol": "AAPL", "type": "limit", "side": "buy"})
    assert problem["errors"][0]["pointer"] == "/limitPrice"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"symbol": "\xff"}', b"[" * 60_000]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert refused(read_new_order, body)["code"] == "BAD_JSON"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_order_or_a_problem(body: bytes) -> None:
    for read in (read_new_order, read_place_order, read_modify_order):
        assert outcome(read, body) in (200, 400)


RARE = ("timeInForce", "stopPrice", "trailAmount", "trailPercent", "notional")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*LIMIT, *RARE, "x"]), json_values))
def test_any_object_is_an_order_or_a_problem(change: dict[str, Any]) -> None:
    assert outcome(read_new_order, json.dumps(LIMIT | change).encode()) in (200, 400)


@pytest.mark.parametrize(
    ("given_trail", "trail", "percent"),
    [({"trailAmount": "1.5"}, 15_000, False), ({"trailPercent": 1.25}, 125, True)],
)
def test_a_trail_is_an_amount_or_a_percentage(given_trail: dict[str, Any], trail: int, percent: bool) -> None:
    body = LIMIT | {"type": "TRAILING_STOP"} | given_trail
    del body["price"]
    order = read_new_order(json.dumps(body).encode())
    assert (order.trail, order.trail_percent, order.stop_price) == (trail, percent, 0)
    change = read_modify_order(json.dumps(given_trail).encode())
    assert (change.flags, change.stop_price) == (codes.SET_STOP_PRICE, trail)
    assert change.trails == next(iter(given_trail))


def test_a_change_says_what_it_sets() -> None:
    change = read_modify_order(b'{"quantity": "8", "price": 213.4, "ifFilled": "0"}')
    assert change.flags == codes.SET_PRICE | codes.SET_QUANTITY
    assert (change.price, change.quantity, change.if_filled) == (2_134_000, 8 * 10**8, 0)


def test_a_change_of_nothing_is_refused() -> None:
    assert refused(read_modify_order, {})["code"] == "REQUIRED"


def test_a_change_without_if_filled_takes_any() -> None:
    assert read_modify_order(b'{"quantity": 8}').if_filled == -1


@pytest.mark.parametrize("text", ["", "x" * 49, "a/b", "é", "a\n"])
def test_a_bad_client_id_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="1 to 48"):
        read_client_id(text, "/path/clientOrderId")
