"""Prices from elsewhere, end to end: over TCP into a feed, out of every gateway, and no market for them."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import aiohttp
import pyarrow.parquet as pq
import pytest

from bench.venue import Session
from openbell.cli.feed_sender import Sender
from openbell.market.feeds.source import Chunk, Row
from openbell.market.feeds.symbols import LOOK_EVERY_S, declare
from openbell.market.intervals import INTERVALS
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE
from tests.gateway.exchange import GATEWAYS, LocalExchange
from tests.gateway.test_stream import Client, Clients

SHARE = 10**8
PATIENCE_S = 15.0


class Lab:
    """A feed under way; each test has a symbol of its own."""

    def __init__(self, exchange: LocalExchange) -> None:
        self.exchange = exchange
        self._sender: Sender | None = None

    def declare(self, *symbols: str) -> None:
        declare(self.exchange.settings.feeds_dir / "lab", symbols)
        time.sleep(LOOK_EVERY_S)

    def send(self, *rows: tuple[str, int, int, int]) -> None:
        """Ticks of now: symbol, kind, price in 1/10,000 USD, shares; all must be taken."""
        if self._sender is None:
            self._sender = Sender("127.0.0.1", self.exchange.ports[-1])
        before = self._sender.taken
        self._sender.send(Chunk([self._row(self._sender, *row) for row in rows], []))
        assert self._sender.taken == before + len(rows)

    def _row(self, sender: Sender, symbol: str, kind: int, price: int, shares: int) -> Row:
        flags = ELIGIBLE if kind == TRADE else 0
        return kind, flags, sender.number(symbol), time.time_ns(), price, shares * SHARE, 0, 0

    def hang_up(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None


@pytest.fixture(scope="module")
def lab(exchange: LocalExchange) -> Iterator[Lab]:
    exchange.start("feed")
    made = Lab(exchange)
    yield made
    made.hang_up()
    exchange.end("feed")


@pytest.fixture
async def clients(exchange: LocalExchange) -> AsyncIterator[Clients]:
    async with aiohttp.ClientSession() as http:
        yield Clients(exchange, http)


def soon(ask: Callable[[], Any]) -> Any:
    """What `ask` gives, once it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def shown(exchange: LocalExchange, symbol: str, last: str, gateway: int = 0) -> dict[str, Any]:
    """The quote of `symbol`, once its last price is `last`."""
    session = exchange.session(gateway=gateway)

    def look() -> dict[str, Any] | None:
        reply = session.request("GET", f"/v1/quotes/{symbol}")
        return reply.json if reply.status == 200 and reply.json["last"] == last else None

    found: dict[str, Any] = soon(look)
    return found


def test_every_gateway_shows_its_quote_asset_book_and_trades(lab: Lab, exchange: LocalExchange) -> None:
    lab.declare("GOLD")
    began = time.monotonic()
    rows = [("GOLD", BID, 20_340_000, 5), ("GOLD", ASK, 20_350_000, 7), ("GOLD", TRADE, 20_345_000, 2)]
    lab.send(*rows, ("GOLD", TRADE, 20_346_000, 3))
    for gateway in range(GATEWAYS):
        quote = shown(exchange, "gold", "2034.60", gateway)
        assert (quote["status"], quote["simulated"], quote["seq"]) == ("PRICES_ONLY", False, 4)
        assert (quote["bid"], quote["bidSize"], quote["ask"], quote["askSize"]) == (
            "2034.00",
            "5",
            "2035.00",
            "7",
        )
        assert (quote["open"], quote["high"], quote["volume"]) == ("2034.50", "2034.60", "5")
        session = exchange.session(gateway=gateway)
        asset = session.get("/v1/assets/GOLD")
        assert (asset["price"], asset["feed"], asset["status"]) == ("2034.60", "lab", "PRICES_ONLY")
        assert asset["change"] == "0.10"  # against its first price: there is no day before
        book = session.get("/v1/book/GOLD")
        assert [level["price"] for level in (*book["bids"], *book["asks"])] == ["2034.00", "2035.00"]
        trades = session.get("/v1/trades/GOLD")
        assert [(one["price"], one["side"]) for one in trades["trades"]] == [
            ("2034.60", None),
            ("2034.50", None),
        ]
        assert trades["seq"] == 4
    assert time.monotonic() - began < PATIENCE_S
    assert exchange.session().get("/v1/assets/AAPL")["feed"] is None


def test_lists_and_search_have_it(lab: Lab, exchange: LocalExchange) -> None:
    lab.declare("PLATINUM")
    lab.send(("PLATINUM", TRADE, 9_000_000, 1))
    shown(exchange, "PLATINUM", "900.00")
    session = exchange.session()
    found = session.get("/v1/assets?search=platin")["data"]
    assert found[0]["symbol"] == "PLATINUM"
    total = session.get("/v1/assets/top?limit=1")["meta"]["total"]
    last = session.get(f"/v1/assets/top?limit=10&offset={total - 3}")["data"]
    assert "PLATINUM" in [one["symbol"] for one in last] and last[-1]["status"] == "PRICES_ONLY"
    quotes = session.get("/v1/quotes?symbols=PLATINUM,AAPL")["data"]
    assert [one["symbol"] for one in quotes] == ["PLATINUM", "AAPL"]


async def test_the_stream_tells_every_channel_without_a_gap(
    lab: Lab, exchange: LocalExchange, clients: Clients
) -> None:
    lab.declare("COPPER")
    lab.send(("COPPER", TRADE, 40_000, 1), ("COPPER", BID, 39_000, 1))
    shown(exchange, "COPPER", "4.00", 1)
    client: Client = await clients.open(1)
    await client.say(
        action="subscribe", symbols=["COPPER"], channels=["ticks", "quotes", "trades", "book"], interval=0
    )
    first = {name: await client.next(name) for name in ("SUBSCRIBED", "TICK", "QUOTE", "BOOK_SNAPSHOT")}
    assert first["QUOTE"]["status"] == "PRICES_ONLY" and first["TICK"]["price"] == "4.00"
    seq = first["QUOTE"]["seq"]
    assert first["TICK"]["seq"] == first["BOOK_SNAPSHOT"]["seq"] == seq
    for price in (41_000, 42_000):
        lab.send(("COPPER", BID, price - 500, 2), ("COPPER", TRADE, price, 1))
        said = dict.fromkeys(("TICK", "QUOTE", "TRADE", "BOOK_DELTA"))
        while None in said.values():
            message = await client.next(*said)
            said[message["type"]] = message
        assert {message["prevSeq"] for message in said.values()} == {seq}  # type: ignore[index]
        assert said["TRADE"]["price"] == said["TICK"]["price"] == f"{price / 10_000:.2f}"  # type: ignore[index]
        assert said["TRADE"]["side"] is None  # type: ignore[index]
        deltas = {level["price"]: level["quantity"] for level in said["BOOK_DELTA"]["bids"]}  # type: ignore[index]
        assert deltas[f"{(price - 500) / 10_000:.2f}"] == "2" and "0" in deltas.values()
        seq = said["QUOTE"]["seq"]  # type: ignore[index]


def test_candles_of_every_interval_are_gap_free(lab: Lab, exchange: LocalExchange) -> None:
    lab.declare("ZINC")
    for price in (10_000, 30_000, 20_000):
        lab.send(("ZINC", TRADE, price, 1))
        time.sleep(1.1)
    lab.send(("ZINC", TRADE, 25_000, 1))
    session = exchange.session()

    def candles(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = session.get(f"/v1/history/ZINC?interval={name}")["candles"]
        return found

    soon(lambda: sum(Decimal(one["volume"]) for one in candles("1s")) == 4)
    for name in INTERVALS:
        found = candles(name)
        assert sum(Decimal(one["volume"]) for one in found) == 4
        assert (found[0]["open"], found[-1]["close"]) == ("1.00", "2.50")
        assert max(Decimal(one["high"]) for one in found) == 3
        assert {one["source"] for one in found} <= {"traded", "filled"}
        assert all(one["timestamp"] < two["timestamp"] for one, two in pairwise(found))
    assert len(candles("1s")) >= 4
    assert session.get("/v1/history/ZINC")["simulated"] is False


def test_no_order_is_taken_and_no_account_changes(lab: Lab, exchange: LocalExchange, demo: Session) -> None:
    lab.declare("NICKEL")
    before = demo.get("/v1/portfolio")
    lab.send(("NICKEL", BID, 10_000, 5), ("NICKEL", ASK, 11_000, 5), ("NICKEL", TRADE, 10_500, 1))
    shown(exchange, "NICKEL", "1.05")
    order = {"symbol": "NICKEL", "side": "BUY", "type": "MARKET", "quantity": "1", "timeInForce": "IOC"}
    reply = demo.request("POST", "/v1/orders", order)
    assert (reply.status, reply.json["code"]) == (422, "PRICES_ONLY")
    assert "the feed lab" in reply.json["detail"]
    reply = demo.request("DELETE", "/v1/orders?symbol=NICKEL")
    assert (reply.status, reply.json["code"]) == (422, "PRICES_ONLY")
    lab.send(("NICKEL", TRADE, 90_000, 1))
    shown(exchange, "NICKEL", "9.00")
    after = demo.get("/v1/portfolio")
    assert {**after, "timestamp": "", "seq": 0} == {**before, "timestamp": "", "seq": 0}


def test_prices_outlive_the_feed_and_the_gateway(lab: Lab, exchange: LocalExchange) -> None:
    lab.declare("TIN")
    lab.send(("TIN", TRADE, 50_000, 1), ("TIN", BID, 49_000, 1))
    quote = shown(exchange, "TIN", "5.00")
    session = exchange.session()
    path = "/v1/history/TIN?interval=1m"
    soon(lambda: session.get(path)["candles"])
    lab.hang_up()
    exchange.end("feed", kill=True)
    exchange.start("gateway", 3)
    assert shown(exchange, "TIN", "5.00", gateway=2) == quote
    assert exchange.session(gateway=2).get(path)["candles"] == session.get(path)["candles"]
    exchange.start("feed")
    lab.send(("TIN", TRADE, 55_000, 2))
    for gateway in (0, 2):
        later = shown(exchange, "TIN", "5.50", gateway)
        assert (later["volume"], later["bid"], later["seq"]) == ("3", "4.90", quote["seq"] + 1)
    soon(lambda: sum(Decimal(one["volume"]) for one in session.get(path)["candles"]) == 3)
    exchange.end("gateway-3")


def test_its_ticks_can_be_downloaded(lab: Lab, exchange: LocalExchange, demo: Session) -> None:
    lab.declare("LEAD")
    lab.send(("LEAD", BID, 20_000, 1), ("LEAD", TRADE, 21_000, 3))
    shown(exchange, "LEAD", "2.10")

    def rows() -> list[dict[str, Any]]:
        reply = demo.request("GET", "/v1/ticks/LEAD")
        assert reply.status == 200
        found: list[dict[str, Any]] = pq.read_table(io.BytesIO(reply.body)).to_pylist()
        return found

    found = soon(rows)
    assert [(row["symbol"], row["kind"], row["price"]) for row in found] == [
        ("LEAD", 2, 20_000),
        ("LEAD", 1, 21_000),
    ]
