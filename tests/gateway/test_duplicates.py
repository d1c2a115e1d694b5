"""The duplicate window: a second click is no second order, a program's second order is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bench.venue import Reply, Session
from openbell.cli.bootstrap import DUPLICATE_WINDOW_NS
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange

Place = Callable[[dict[str, Any]], Reply]
WINDOW_S = DUPLICATE_WINDOW_NS / 1e9


@pytest.fixture
def click(exchange: LocalExchange) -> Place:
    """Places an order as the app's page does: with the cookie and its anti-forgery token."""
    opened = exchange.open_demo()
    cookie = f"openbell_session={opened['token']}"
    headers = {"Cookie": cookie, "X-CSRF-Token": opened["csrfToken"]}
    session = exchange.session()
    return lambda body: session.request("POST", "/v1/orders", body, headers=headers)


def twice(place: Place, first: dict[str, Any], second: dict[str, Any]) -> Reply:
    """The reply to `second` right after `first`: within the window, or both are tried again."""
    for _ in range(5):
        began = time.monotonic()
        taken = place(first)
        assert taken.status == 201, taken.body
        reply = place(second)
        if time.monotonic() - began < WINDOW_S:
            return reply
        time.sleep(WINDOW_S)
    raise AssertionError("this machine never answered two orders within the window")


def test_a_second_click_is_no_second_order(click: Place, limit: Order) -> None:
    reply = twice(click, limit(), limit())
    assert (reply.status, reply.json["code"]) == (422, "DUPLICATE_ORDER")


def test_another_order_is_taken_at_once(click: Place, limit: Order) -> None:
    assert twice(click, limit(), limit(quantity="11")).status == 201


def test_the_same_request_again_is_no_duplicate_but_the_first_answer(click: Place, limit: Order) -> None:
    body = limit(clientOrderId="click-1")
    reply = twice(click, body, body)
    assert (reply.status, reply.headers.get("idempotent-replayed")) == (201, "true")


def test_after_the_window_the_same_order_is_a_new_wish(click: Place, limit: Order) -> None:
    assert click(limit()).status == 201
    time.sleep(WINDOW_S)
    assert click(limit()).status == 201


def test_a_program_may_send_the_same_order_twice(demo: Session, limit: Order) -> None:
    assert twice(lambda body: demo.request("POST", "/v1/orders", body), limit(), limit()).status == 201
