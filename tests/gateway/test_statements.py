"""GET /v1/statements and confirmations: what the account did, to download."""

from __future__ import annotations

import asyncio
import csv
import io
from decimal import Decimal
from typing import Any

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_performance import roll_day


def table(session: Session, path: str) -> list[dict[str, str]]:
    reply = session.request("GET", path)
    assert reply.status == 200, reply.body
    return list(csv.DictReader(io.StringIO(reply.body.decode(), newline="")))


def bought(demo: Session, maker: Session, limit: Order) -> dict[str, Any]:
    assert maker.request("POST", "/v1/orders", limit(side="SELL")).status == 201
    reply = demo.request("POST", "/v1/orders", limit())
    assert reply.status == 201
    order: dict[str, Any] = reply.json
    return order


def test_this_months_statement_adds_up_to_the_portfolio(
    demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    bought(demo, maker, limit)
    listed = demo.get("/v1/statements")["data"]
    assert not listed[0]["complete"]
    rows = table(demo, listed[0]["csv"])
    portfolio = demo.get("/v1/portfolio")
    cash = [Decimal(row["cash"]) for row in rows if row["cash"]]
    assert cash[0] + sum(cash[1:-1]) == cash[-1] == Decimal(portfolio["cashBalance"])
    assert [row["type"] for row in rows[:3]] == ["OPENING_CASH", "GRANT", "BUY"]
    held = [row for row in rows if row["type"] == "CLOSING_HOLDING"]
    assert [(row["symbol"], row["quantity"], row["cost"]) for row in held] == [
        (symbol, "10", portfolio["holdings"][0]["cost"])
    ]
    reply = demo.request("GET", listed[0]["pdf"])
    assert reply.status == 200
    assert reply.body.startswith(b"%PDF-")
    assert symbol.encode() in reply.body
    assert reply.body == demo.request("GET", listed[0]["pdf"]).body


def test_an_orders_confirmation_names_its_executions(
    demo: Session, maker: Session, limit: Order, symbol: str
) -> None:
    order = bought(demo, maker, limit)
    rows = table(demo, f"/v1/orders/{order['orderId']}/confirmation.csv")
    history = demo.get("/v1/portfolio/history")["trades"]
    assert [row["execId"] for row in rows] == [one["execId"] for one in reversed(history)]
    assert sum(Decimal(row["quantity"]) for row in rows) == 10
    reply = demo.request("GET", f"/v1/orders/{order['orderId']}/confirmation.pdf")
    assert order["orderId"].encode() in reply.body


def test_what_is_not_there_is_said(demo: Session, maker: Session, limit: Order) -> None:
    for name in ("2020-01.pdf", "2999-01.csv", "2026-13.pdf", "x", "2026-01.doc"):
        assert demo.request("GET", f"/v1/statements/{name}").status == 404
    other = bought(demo, maker, limit)["orderId"]
    resting = demo.request("POST", "/v1/orders", limit(price="1.00")).json
    reply = demo.request("GET", f"/v1/orders/{resting['orderId']}/confirmation.pdf")
    assert (reply.status, reply.json["code"]) == (404, "NO_TRADES")
    assert maker.request("GET", f"/v1/orders/{other}/confirmation.csv").status == 404


def test_a_month_begins_with_its_first_day_even_before_its_date(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order
) -> None:
    bought(demo, maker, limit)
    asyncio.run(roll_day(exchange, first_of_month=True))
    demo.get("/v1/portfolio/performance?range=1D")  # it waits for the ledger
    now, before = demo.get("/v1/statements")["data"]
    assert (now["complete"], before["complete"]) == (False, True)
    rows = table(demo, now["csv"])
    assert [row["type"] for row in rows] == [
        "OPENING_CASH",
        "OPENING_HOLDING",
        "CLOSING_CASH",
        "CLOSING_HOLDING",
    ]
    newer = exchange.demo()
    listed = newer.get("/v1/statements")["data"]
    assert [row["month"] for row in listed] == [now["month"]]
    assert "GRANT" in [row["type"] for row in table(newer, listed[0]["csv"])]
