"""Orders through the real exchange: placed, read, changed, cancelled; once, and seen at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bench.venue import Reply, Session
from openbell.identity.account_id import decode_account
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange


def place(session: Session, body: dict[str, Any], **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return session.request("POST", "/v1/orders", body, headers=named)


def placed(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    reply = place(session, body)
    assert reply.status == 201, reply.body
    order: dict[str, Any] = reply.json
    return order


def ids(page: dict[str, Any]) -> list[str]:
    return [order["orderId"] for order in page["orders"]]


def test_a_resting_order_is_answered_in_full(demo: Session, limit: Order, symbol: str, price: str) -> None:
    order = placed(demo, limit(clientOrderId="mine-1"))
    expected = {"clientOrderId": "mine-1", "symbol": symbol, "side": "BUY", "type": "LIMIT", "price": price}
    expected |= {"timeInForce": "DAY", "status": "OPEN", "quantity": "10", "filledQty": "0"}
    assert order | expected == order


def test_a_fill_is_in_the_answer_and_in_the_portfolio(
    demo: Session, maker: Session, limit: Order, symbol: str, price: str
) -> None:
    placed(maker, limit(side="SELL"))
    order = placed(demo, limit(type="MARKET", price=None))
    assert (order["status"], order["filledQty"], Decimal(order["avgPrice"])) == (
        "FILLED",
        "10",
        Decimal(price),
    )
    portfolio = demo.get("/v1/portfolio")
    holding = portfolio["holdings"][0]
    assert (holding["symbol"], holding["shares"], Decimal(holding["averageCost"])) == (
        symbol,
        "10",
        Decimal(price),
    )
    assert Decimal(portfolio["cashBalance"]) == 100_000 - 10 * Decimal(price)
    assert Decimal(portfolio["totalValue"]) == 100_000
    assert Decimal(portfolio["dayPnL"]) == 0


def test_a_market_order_that_finds_nobody_is_cancelled_with_the_reason(demo: Session, limit: Order) -> None:
    order = placed(demo, limit(type="MARKET", price=None))
    assert (order["status"], order["reason"], order["filledQty"]) == ("CANCELLED", "NO_LIQUIDITY", "0")


def test_seed_b_places_the_same_order(
    exchange: LocalExchange, demo: Session, symbol: str, price: str
) -> None:
    body = {"symbol": symbol, "type": "limit", "side": "buy", "limitPrice": float(price)}
    reply = demo.request("POST", "/api/v1/transactions/place-order", body)
    assert (reply.status, reply.json["quantity"], reply.json["status"]) == (200, "1", "OPEN")
    assert demo.get(f"/v1/orders/{reply.json['orderId']}")["orderId"] == reply.json["orderId"]


def test_a_refused_order_is_stored_with_its_reason(demo: Session, limit: Order) -> None:
    reply = place(demo, limit(side="SELL"))
    assert (reply.status, reply.json["code"]) == (422, "INSUFFICIENT_SHARES")
    stored = demo.get(f"/v1/orders/{reply.json['orderId']}")
    assert (stored["status"], stored["code"]) == ("REJECTED", "INSUFFICIENT_SHARES")
    assert stored["detail"] == reply.json["detail"]


def test_too_little_money_is_said_with_the_numbers(demo: Session, limit: Order, price: str) -> None:
    reply = place(demo, limit(quantity="1000000"))
    needed = Decimal(price) * 1_000_000
    if reply.json["code"] == "INSUFFICIENT_FUNDS":
        assert reply.json["detail"] == f"You need ${needed:,.2f} and have $100,000.00."
    else:
        assert reply.json["code"] in ("ORDER_VALUE_TOO_LARGE", "ORDER_TOO_LARGE")


def test_a_price_far_from_the_market_is_refused(demo: Session, limit: Order, price: str) -> None:
    reply = place(demo, limit(quantity="1", price=str(round(Decimal(price) * 2, 2))))
    assert (reply.status, reply.json["code"]) == (422, "PRICE_OUTSIDE_COLLAR")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timeInForce": "CLS"}, "NO_AUCTION"),
        ({"timeInForce": "OPG"}, "NO_AUCTION"),
    ],
)
def test_what_this_market_does_not_offer_is_refused_by_name(
    demo: Session, limit: Order, change: dict[str, str], code: str
) -> None:
    reply = place(demo, limit(**change))
    assert (reply.status, reply.json["code"]) == (422, code)


# -- once ----------------------------------------------------------------------------------------


def test_the_same_id_and_body_is_the_same_order(exchange: LocalExchange, demo: Session, limit: Order) -> None:
    first = place(demo, limit(clientOrderId="once"))
    again = place(exchange.session(demo.token, gateway=1), limit(clientOrderId="once"))
    assert (again.status, again.json) == (201, first.json)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(demo.get("/v1/orders")["orders"]) == 1


def test_the_same_id_with_another_body_is_refused(demo: Session, limit: Order) -> None:
    placed(demo, limit(clientOrderId="once"))
    reply = place(demo, limit(clientOrderId="once", quantity="11"))
    assert (reply.status, reply.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert [order["quantity"] for order in demo.get("/v1/orders?status=OPEN")["orders"]] == ["10"]


def test_two_accounts_may_use_the_same_id(exchange: LocalExchange, demo: Session, limit: Order) -> None:
    first = placed(demo, limit(clientOrderId="once"))
    second = placed(exchange.demo(), limit(clientOrderId="once"))
    assert first["orderId"] != second["orderId"]


def test_an_idempotency_key_is_the_clients_id(demo: Session, limit: Order) -> None:
    order = place(demo, limit(), Idempotency_Key='"key-1"').json
    assert order["clientOrderId"] == "key-1"
    assert demo.get("/v1/orders:by-client-id/key-1")["orderId"] == order["orderId"]


def test_a_key_and_an_id_that_differ_are_refused(demo: Session, limit: Order) -> None:
    assert place(demo, limit(clientOrderId="a"), Idempotency_Key="b").status == 400
    assert demo.get("/v1/orders")["orders"] == []


def test_an_order_without_an_id_gets_one(demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    assert demo.get(f"/v1/orders:by-client-id/{order['clientOrderId']}")["orderId"] == order["orderId"]


def test_a_repeated_cancel_with_a_key_is_the_first_answer(demo: Session, limit: Order) -> None:
    path = f"/v1/orders/{placed(demo, limit())['orderId']}"
    first = demo.request("DELETE", path, headers={"Idempotency-Key": "c-1"})
    again = demo.request("DELETE", path, headers={"Idempotency-Key": "c-1"})
    assert (first.status, again.json) == (200, first.json)
    assert again.headers["idempotent-replayed"] == "true"


# -- seen at once --------------------------------------------------------------------------------


def test_every_gateway_shows_an_acknowledged_order_at_once(
    exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    other = exchange.session(demo.token, gateway=1)
    for _ in range(30):
        order = placed(demo, limit(quantity="1"))
        assert other.get(f"/v1/orders/{order['orderId']}")["status"] == "OPEN"
        assert order["orderId"] in ids(other.get("/v1/orders?status=OPEN"))
        reserved = Decimal(other.get("/v1/portfolio")["reservedCash"])
        cancelled = other.request("DELETE", f"/v1/orders/{order['orderId']}").json
        assert cancelled["status"] == "CANCELLED"
        assert demo.get(f"/v1/orders/{order['orderId']}")["status"] == "CANCELLED"
        assert Decimal(demo.get("/v1/portfolio")["reservedCash"]) < reserved


def test_proceeds_can_be_spent_at_once_but_leave_when_they_settle(
    demo: Session, maker: Session, limit: Order, price: str
) -> None:
    value = 10 * Decimal(price)
    placed(maker, limit(side="SELL"))
    placed(demo, limit())
    bought = demo.get("/v1/portfolio")
    assert Decimal(bought["withdrawableCash"]) == Decimal(bought["buyingPower"]) == 100_000 - value
    placed(maker, limit())
    placed(demo, limit(side="SELL"))
    sold = demo.get("/v1/portfolio")
    assert (Decimal(sold["buyingPower"]), Decimal(sold["withdrawableCash"])) == (100_000, 100_000 - value)
    below = str(round(Decimal(price) * Decimal("0.97"), 2))
    placed(demo, limit(price=below))
    left = Decimal(demo.get("/v1/portfolio")["withdrawableCash"])
    assert left == 100_000 - value - 10 * Decimal(below)


def test_orders_that_memory_has_let_go_of_come_from_the_ledger(demo: Session, limit: Order) -> None:
    made = []
    for _ in range(60):  # the node keeps 50 ended orders of an account here
        order = placed(demo, limit(timeInForce="IOC"))
        assert order["status"] == "CANCELLED"
        made.append(order["orderId"])
    listed = [order["orderId"] for order in demo.pages("/v1/orders?limit=7", "orders")]
    assert listed == made[::-1]
    assert demo.get(f"/v1/orders/{made[0]}")["status"] == "CANCELLED"
    assert demo.request("DELETE", f"/v1/orders/{made[0]}").json["status"] == "CANCELLED"


def test_what_an_order_asked_is_told_by_the_ledger_as_by_memory(
    demo: Session, maker: Session, limit: Order, price: str
) -> None:
    kept = demo.request("POST", "/v1/order-sessions", {"cancelAfterMs": 60_000}).json["sessionId"]
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    below = str(round(Decimal(price) * Decimal("0.97"), 2))
    placed(maker, limit(side="SELL"))
    hidden = {"displayQuantity": "0", "minQuantity": "3", "selfTradePrevention": "CANCEL_BOTH"}
    made = [
        placed(demo, limit(price=below, displayQuantity="4", postOnly=True, sessionId=kept)),
        placed(demo, limit(price=below, timeInForce="GTD", validUntil=ends, **hidden)),
        placed(demo, limit(type="MARKET", price=None, quantity=None, notional="100")),
    ]
    numbers = [order["orderId"] for order in made]
    demo.request("PATCH", f"/v1/orders/{numbers[0]}", {"displayQuantity": "2"})
    demo.request("DELETE", "/v1/orders")
    told = [demo.get(f"/v1/orders/{number}") for number in numbers]
    asked = [(order["displayQuantity"], order["minQuantity"], order["notional"]) for order in told]
    assert asked == [("2", None, None), ("0", "3", None), (None, None, "100.00")]
    for _ in range(55):  # the node keeps 50 ended orders of an account here
        placed(demo, limit(price=below, timeInForce="IOC"))
    assert [demo.get(f"/v1/orders/{number}") for number in numbers] == told
    listed = {order["orderId"]: order for order in demo.pages("/v1/orders?limit=50", "orders")}
    assert [listed[number] for number in numbers] == told


def test_orders_are_listed_by_status_and_symbol(demo: Session, limit: Order, symbol: str) -> None:
    open_ = placed(demo, limit())["orderId"]
    ended = placed(demo, limit(timeInForce="IOC"))["orderId"]
    refused = place(demo, limit(side="SELL")).json["orderId"]
    assert ids(demo.get("/v1/orders?status=OPEN")) == [open_]
    assert ids(demo.get("/v1/orders?status=cancelled")) == [ended]
    assert ids(demo.get("/v1/orders?status=REJECTED")) == [refused]
    assert ids(demo.get("/v1/orders?status=ENDED")) == [refused, ended]
    assert ids(demo.get(f"/v1/orders?symbol={symbol}")) == [refused, ended, open_]
    assert ids(demo.get("/v1/orders?symbol=" + ("MSFT" if symbol != "MSFT" else "AAPL"))) == []


@pytest.mark.parametrize(
    "query", ["status=MAYBE", "limit=0", "limit=501", "limit=x", "cursor=!", "symbol=NOPE1"]
)
def test_a_bad_query_is_refused(demo: Session, query: str) -> None:
    reply = demo.request("GET", f"/v1/orders?{query}")
    assert reply.status == (404 if "NOPE" in query else 400)
    assert reply.json["detail"]


# -- changed and cancelled -----------------------------------------------------------------------


def test_a_smaller_quantity_keeps_the_place(demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    changed = demo.request("PATCH", f"/v1/orders/{order['orderId']}", {"quantity": "8"}).json
    assert (changed["quantity"], changed["priorityKept"]) == ("8", True)


def test_another_price_loses_the_place(demo: Session, limit: Order, price: str) -> None:
    order = placed(demo, limit())
    lower = str(Decimal(price) - Decimal("0.01"))
    changed = demo.request("PATCH", f"/v1/orders/{order['orderId']}", {"price": lower}).json
    assert (Decimal(changed["price"]), changed["priorityKept"]) == (Decimal(lower), False)


def test_a_change_that_is_refused_leaves_the_order(demo: Session, limit: Order) -> None:
    order = placed(demo, limit())
    reply = demo.request("PATCH", f"/v1/orders/{order['orderId']}", {"quantity": "100000"})
    assert reply.status == 422
    assert demo.get(f"/v1/orders/{order['orderId']}") == order


def test_a_change_of_an_ended_order_is_a_conflict(demo: Session, limit: Order) -> None:
    order = placed(demo, limit(timeInForce="IOC"))
    reply = demo.request("PATCH", f"/v1/orders/{order['orderId']}", {"quantity": "5"})
    assert (reply.status, reply.json["code"]) == (409, "ORDER_ENDED")


def test_a_cancel_that_lost_to_the_fill_says_filled(demo: Session, maker: Session, limit: Order) -> None:
    order = placed(demo, limit())
    placed(maker, limit(side="SELL"))
    reply = demo.request("DELETE", f"/v1/orders/{order['orderId']}")
    assert (reply.status, reply.json["status"]) == (200, "FILLED")


def test_an_order_is_cancelled_by_its_clients_id(demo: Session, limit: Order) -> None:
    placed(demo, limit(clientOrderId="a.b:c-d_1"))
    reply = demo.request("DELETE", "/v1/orders:by-client-id/a.b:c-d_1")
    assert (reply.status, reply.json["status"]) == (200, "CANCELLED")
    assert demo.request("DELETE", "/v1/orders:by-client-id/unknown").status == 404


def test_all_orders_that_match_are_cancelled_at_once(demo: Session, limit: Order, symbol: str) -> None:
    mine = [placed(demo, limit(quantity="1"))["orderId"] for _ in range(3)]
    answer = demo.request("DELETE", f"/v1/orders?symbol={symbol}&side=buy").json
    assert answer["cancelled"] == 3
    assert sorted(order["orderId"] for order in answer["orders"]) == mine
    assert {order["reason"] for order in answer["orders"]} == {"USER"}
    assert demo.get("/v1/orders?status=OPEN")["orders"] == []


def test_what_does_not_match_is_not_cancelled(demo: Session, limit: Order) -> None:
    placed(demo, limit())
    assert demo.request("DELETE", "/v1/orders?side=SELL").json["cancelled"] == 0
    assert len(demo.get("/v1/orders?status=OPEN")["orders"]) == 1


# -- limits --------------------------------------------------------------------------------------


def test_messages_over_the_rate_are_refused_and_cancels_pass(
    exchange: LocalExchange, demo: Session, limit: Order
) -> None:
    account = decode_account(demo.get("/v1/me")["accountId"])
    slow = exchange.session(exchange.signer().issue(account, "DEMO", 60, rate_limit=3))
    replies = [place(slow, limit(quantity="1")) for _ in range(20)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused
    assert refused[0].json["code"] == "RATE_LIMITED"
    assert refused[0].headers["retry-after"] == "1"
    for reply in replies:
        if reply.status == 201:
            assert slow.request("DELETE", f"/v1/orders/{reply.json['orderId']}").status == 200
    assert replies[0].headers["ratelimit-policy"] == '"orders";q=3;w=1'
    assert replies[0].headers["ratelimit"] == '"orders";r=2;t=1'


def test_executions_are_in_the_history(demo: Session, maker: Session, limit: Order, symbol: str) -> None:
    placed(maker, limit(side="SELL", quantity="4"))
    placed(maker, limit(side="SELL", quantity="6"))
    order = placed(demo, limit())
    page = demo.get("/v1/portfolio/history")
    assert page["complete"] is True
    assert [trade["quantity"] for trade in page["trades"]] == ["6", "4"]
    assert {trade["orderId"] for trade in page["trades"]} == {order["orderId"]}
    assert {trade["liquidity"] for trade in page["trades"]} == {"TAKER"}
    first = demo.get("/v1/portfolio/history?limit=1")
    assert first["trades"] == page["trades"][:1]
    rest = demo.get(f"/v1/portfolio/history?limit=1&symbol={symbol}&cursor={first['nextCursor']}")
    assert rest["trades"] == page["trades"][1:]
    assert demo.get("/v1/portfolio/history?to=2020-01-01")["trades"] == []


def test_owned_assets_are_listed_with_their_shares(
    demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    placed(maker, limit(side="SELL"))
    placed(demo, limit())
    page = demo.get("/api/v1/my-assets?limit=5&offset=0")
    assert page["meta"] == {"total": 1, "offset": 0, "limit": 5}
    assert [(asset["ticker"], asset["shares"]) for asset in page["data"]] == [(symbol, "10")]
    assert demo.get("/v1/my-assets?offset=1")["data"] == []
