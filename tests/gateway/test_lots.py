"""GET /v1/portfolio/lots: what is left of each purchase, page by page."""

from __future__ import annotations

from decimal import Decimal

from bench.venue import Session
from tests.gateway.conftest import Order


def bought(demo: Session, maker: Session, limit: Order, quantity: str) -> None:
    assert maker.request("POST", "/v1/orders", limit(side="SELL", quantity=quantity)).status == 201
    assert demo.request("POST", "/v1/orders", limit(quantity=quantity)).status == 201


def test_lots_are_paged_and_add_up_to_the_holding(
    demo: Session, maker: Session, limit: Order, symbol: str, price: str
) -> None:
    for quantity in ("3", "2", "4"):
        bought(demo, maker, limit, quantity)
    assert maker.request("POST", "/v1/orders", limit(side="BUY", quantity="4")).status == 201
    assert demo.request("POST", "/v1/orders", limit(side="SELL", quantity="4")).status == 201
    first = demo.get(f"/v1/portfolio/lots?symbol={symbol}&limit=1")
    rest = demo.get(f"/v1/portfolio/lots?symbol={symbol}&limit=5&cursor={first['nextCursor']}")
    lots = first["data"] + rest["data"]
    assert [(lot["openQuantity"], lot["quantity"]) for lot in lots] == [("4", "4"), ("1", "2")]
    assert rest["nextCursor"] is None
    assert first["complete"]
    assert (first["quantity"], Decimal(first["cost"])) == ("5", 5 * Decimal(price))
    assert {lot["source"] for lot in lots} == {"TRADE"}
    executions = demo.get(f"/v1/portfolio/history?symbol={symbol}")["trades"]
    assert [lot["tradeId"] for lot in lots] == [one["tradeId"] for one in executions[1:3]]


def test_a_cursor_or_symbol_that_is_none_is_refused_by_name(demo: Session, symbol: str) -> None:
    for cursor in ("x", "1.2.3", f"{2**63}.0.1", "1.0"):
        reply = demo.request("GET", f"/v1/portfolio/lots?symbol={symbol}&cursor={cursor}")
        assert (reply.status, reply.json["code"]) == (400, "INVALID_CURSOR")
    assert demo.request("GET", "/v1/portfolio/lots?symbol=NOPE").status == 404
    assert demo.request("GET", "/v1/portfolio/lots").status == 400


def test_nobody_sees_anothers_lots(demo: Session, maker: Session, limit: Order, symbol: str) -> None:
    bought(demo, maker, limit, "1")
    shown = maker.get(f"/v1/portfolio/lots?symbol={symbol}")
    mine = demo.get(f"/v1/portfolio/lots?symbol={symbol}")
    assert mine["data"][0]["lotId"] not in {lot["lotId"] for lot in shown["data"]}
