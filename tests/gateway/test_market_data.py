"""Market data over REST: companies, quotes, books, the tape, candles, the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_orders import placed


@pytest.fixture
def public(exchange: LocalExchange) -> Session:
    """Nobody in particular."""
    return exchange.session(gateway=1)


def test_the_largest_companies_come_first(public: Session) -> None:
    page = public.get("/v1/assets/top?limit=5")
    caps = [int(asset["marketCap"]) for asset in page["data"]]
    assert caps == sorted(caps, reverse=True)
    assert page["meta"] == {"total": page["meta"]["total"], "offset": 0, "limit": 5}
    assert page["meta"]["total"] >= 448


def test_pages_follow_each_other(public: Session) -> None:
    first, second = (public.get(f"/v1/assets/top?limit=3&offset={offset}")["data"] for offset in (0, 3))
    assert public.get("/v1/assets/top?limit=6")["data"] == first + second


def test_seed_b_path_shows_the_same(public: Session) -> None:
    assert public.get("/api/v1/assets/top?limit=1") == public.get("/v1/assets/top?limit=1")


@pytest.mark.parametrize("query", ["AAPL", "aapl", "apple", "aple"])
def test_search_finds_by_ticker_name_and_nearly(public: Session, query: str) -> None:
    assert public.get(f"/v1/assets?search={query}")["data"][0]["ticker"] == "AAPL"


def test_a_search_for_nothing_known_is_empty(public: Session) -> None:
    assert public.get("/v1/assets?search=zzzzqqqq") == {
        "data": [],
        "meta": {"total": 0, "offset": 0, "limit": 20},
    }


@pytest.mark.parametrize("symbol", ["AAPL", "aapl", "BRK.B"])
def test_an_asset_has_its_facts_and_its_price(public: Session, symbol: str) -> None:
    asset = public.get(f"/v1/assets/{symbol}")
    assert asset["ticker"] == asset["symbol"] == symbol.upper()
    assert asset["name"]
    assert asset["sector"]
    assert Decimal(asset["price"]) > 0
    assert asset["simulated"] is True


@pytest.mark.parametrize("path", ["assets", "quotes", "book", "trades", "history"])
def test_an_unknown_symbol_is_404(public: Session, path: str) -> None:
    reply = public.request("GET", f"/v1/{path}/NOPE1")
    assert (reply.status, reply.json["code"]) == (404, "UNKNOWN_SYMBOL")


def test_quote_book_and_tape_show_what_happened(
    exchange: LocalExchange, maker: Session, demo: Session, limit: Order, symbol: str, price: str
) -> None:
    lower = str(Decimal(price) - Decimal("0.05"))
    placed(maker, limit(quantity="7", price=lower))
    placed(maker, limit(side="SELL", quantity="12"))
    placed(demo, limit(quantity="10"))
    public = exchange.session()
    quote = public.get(f"/v1/quotes/{symbol}")
    assert (Decimal(quote["bid"]), quote["bidSize"]) == (Decimal(lower), "7")
    assert (Decimal(quote["ask"]), quote["askSize"], quote["volume"]) == (Decimal(price), "2", "10")
    assert (Decimal(quote["last"]), quote["change"], quote["changePercent"]) == (
        Decimal(price),
        "0.00",
        "0.00",
    )
    book = public.get(f"/v1/book/{symbol}?depth=5")
    assert [(level["quantity"], level["orders"]) for level in book["bids"] + book["asks"]] == [
        ("7", 1),
        ("2", 1),
    ]
    tape = public.get(f"/v1/trades/{symbol}")["trades"]
    assert [(trade["quantity"], trade["side"]) for trade in tape] == [("10", "BUY")]
    assert quote["seq"] == book["seq"] == tape[0]["seq"]


def test_quotes_come_in_the_order_asked(public: Session) -> None:
    page = public.get("/v1/quotes?symbols=MSFT,aapl,,BRK.B")
    assert [quote["symbol"] for quote in page["data"]] == ["MSFT", "AAPL", "BRK.B"]


@pytest.mark.parametrize("symbols", ["", ",", ",".join(["AAPL"] * 513)])
def test_no_or_too_many_symbols_are_refused(public: Session, symbols: str) -> None:
    reply = public.request("GET", f"/v1/quotes?symbols={symbols}")
    assert (reply.status, reply.json["code"]) == (400, "TOO_MANY_SYMBOLS")


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "1h", "1d", "1w", "1mo"])
def test_candles_are_whole_and_in_order(public: Session, interval: str) -> None:
    page = public.get(f"/v1/history/AAPL?interval={interval}&limit=20")
    assert (page["symbol"], page["interval"], page["simulated"]) == ("AAPL", interval, True)
    assert len(page["candles"]) == 20
    starts = [candle["timestamp"] for candle in page["candles"]]
    assert starts == sorted(starts)
    for candle in page["candles"]:
        low, high = Decimal(candle["low"]), Decimal(candle["high"])
        assert low <= Decimal(candle["open"]) <= high
        assert low <= Decimal(candle["close"]) <= high


def test_a_range_of_dates_is_kept_to(public: Session) -> None:
    candles = public.get("/v1/history/AAPL?interval=1d&from=2026-01-05&to=2026-01-09")["candles"]
    assert all("2026-01-05" <= candle["timestamp"][:10] <= "2026-01-09" for candle in candles)


@pytest.mark.parametrize("query", ["interval=7s", "from=yesterday", "to=x", "limit=0", "limit=2001"])
def test_a_bad_range_is_refused(public: Session, query: str) -> None:
    assert public.request("GET", f"/v1/history/AAPL?{query}").status == 400


def test_the_clock_says_open_and_when_the_day_ends(public: Session) -> None:
    clock = public.get("/v1/clock")
    now = datetime.now(UTC)
    assert (clock["calendar"], clock["phase"], clock["isOpen"]) == ("always", "CONTINUOUS", True)
    assert abs((datetime.fromisoformat(clock["timestamp"]) - now).total_seconds()) < 5
    assert clock["nextChange"]["phase"] == "DAY_ROLL"
    assert clock["nextChange"]["at"].endswith("T00:00:00.000000Z")
    assert clock["nextOpen"] is None


def test_health_tells_of_every_part(public: Session) -> None:
    assert public.get("/healthz") == {"status": "ok"}
    assert public.get("/readyz") == {
        "status": "ready",
        "checks": {"node": "ok", "market": "ok", "ledger": "ok"},
    }
