"""A bust on its whole way: from the admin door into the candles, and `openbell verify` finds nothing."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from bench.venue import Session
from openbell.cli.verify import verify
from tests.gateway.conftest import Do, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import placed

WAIT_S = 20.0


def prices(public: Session, symbol: str, interval: str) -> set[tuple[str, str, str]]:
    """(high, low, volume) of the candles that hold trades."""
    candles = public.get(f"/v1/history/{symbol}?interval={interval}&limit=10")["candles"]
    return {(one["high"], one["low"], one["volume"]) for one in candles if one["source"] == "traded"}


def until(public: Session, symbol: str, wanted: set[tuple[str, str, str]]) -> None:
    """Wait until the second, the minute and so on are as wanted: trades of one second make one candle."""
    deadline = time.monotonic() + WAIT_S
    while (found := prices(public, symbol, "1m")) != wanted:
        assert time.monotonic() < deadline, f"the candles are {found}, not {wanted}"
        time.sleep(0.1)


@pytest.fixture
def spoilt(demo: Session, maker: Session, limit: Order, price: str) -> str:
    """The number of a trade a little above another that was made just before."""
    above = str(Decimal(price) + Decimal("0.10"))
    for at in (price, above):
        placed(maker, limit(side="SELL", quantity="1", price=at))
        placed(demo, limit(quantity="1", price=at))
    trades = demo.get("/v1/portfolio/history")["trades"]
    return next(str(one["tradeId"]) for one in trades if Decimal(one["price"]) == Decimal(above))


def test_a_busted_trade_leaves_the_candles_and_verify_finds_no_difference(
    exchange: LocalExchange,
    demo: Session,
    spoilt: str,
    do: Do,
    symbol: str,
    price: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    public = exchange.session()
    before = public.get(f"/v1/quotes/{symbol}")
    assert do("bust", trade=spoilt, second="Grace").status == 200
    until(public, symbol, {(price, price, "1")})
    after = public.get(f"/v1/quotes/{symbol}")
    for field in ("last", "high", "low", "volume"):
        assert after[field] == before[field]
    assert verify(exchange.settings, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differences"] == [] and found["candlesPosition"] > 0
