"""GET /v1/portfolio/performance: the curve ends where the portfolio is, and days are kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bench.venue import Session
from openbell.market.calendar import calendar_of
from openbell.market.clock import roll
from openbell.node.client import NodeClient
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange


def curve(session: Session, word: str) -> dict[str, Any]:
    found: dict[str, Any] = session.get(f"/v1/portfolio/performance?range={word}")
    assert found["complete"]
    return found


@pytest.mark.parametrize("word", ["1D", "1W", "1M", "3M", "1Y", "ALL"])
def test_an_account_opened_today_has_a_curve_from_its_grant_to_its_portfolio(
    demo: Session, maker: Session, limit: Order, word: str
) -> None:
    assert maker.request("POST", "/v1/orders", limit(side="SELL")).status == 201
    assert demo.request("POST", "/v1/orders", limit()).status == 201
    portfolio = demo.get("/v1/portfolio")
    found = curve(demo, word)
    first, last = found["points"][0], found["points"][-1]
    assert first["totalValue"] == found["startValue"] == "100000.00"
    assert first["pnl"] == found["netDeposits"] == "0.00"
    assert last["totalValue"] == found["endValue"] == portfolio["totalValue"]
    assert (last["pnl"], last["pnlPercent"]) == (portfolio["dayPnL"], portfolio["dayPnLPercent"])
    assert [point["timestamp"] for point in found["points"]] == sorted(
        point["timestamp"] for point in found["points"]
    )


async def roll_day(exchange: LocalExchange, first_of_month: bool = False) -> None:
    """Begin the next day, as the clock will at midnight; or the next that is the first of a month."""
    client = await NodeClient.connect(exchange.settings.node_socket, name="test", role="test")
    try:
        totals = (await client.query("totals"))["data"]
        today = datetime.strptime(str(totals["day"]), "%Y%m%d").replace(tzinfo=UTC)
        day = today + timedelta(days=1)
        while first_of_month and day.day != 1:
            day += timedelta(days=1)
        date = int(day.strftime("%Y%m%d"))
        answer = await client.send(roll(calendar_of(client.genesis), date))
        assert answer.code == 0
    finally:
        await client.close()


def test_a_day_roll_is_a_point_of_the_curve(
    exchange: LocalExchange, demo: Session, maker: Session, limit: Order
) -> None:
    assert maker.request("POST", "/v1/orders", limit(side="SELL")).status == 201
    assert demo.request("POST", "/v1/orders", limit()).status == 201
    asyncio.run(roll_day(exchange))
    found = curve(demo, "ALL")
    assert len(found["points"]) == 3
    middle, last = found["points"][1:]
    assert Decimal(middle["holdingsValue"]) == Decimal(last["holdingsValue"]) > 0
    assert middle["totalValue"] == "100000.00"
    today = curve(demo, "1D")
    assert today["startValue"] == middle["totalValue"]
    assert today["pnl"] == demo.get("/v1/portfolio")["dayPnL"]


def test_an_unknown_range_is_refused_by_name(demo: Session) -> None:
    reply = demo.request("GET", "/v1/portfolio/performance?range=2D")
    assert (reply.status, reply.json["code"]) == (400, "INVALID_RANGE")
    assert reply.json["errors"][0]["pointer"] == "/query/range"
    assert "1D, 1W, 1M, 3M, 1Y, ALL" in reply.json["detail"]
    reply = demo.request("GET", "/v1/portfolio/performance?range=1D&period=1W")
    assert reply.json["errors"][0]["pointer"] == "/query/period"


def test_period_is_another_name_of_range(demo: Session) -> None:
    assert demo.get("/v1/portfolio/performance?period=1w")["range"] == "1W"
    assert demo.get("/v1/portfolio/performance")["range"] == "1M"
