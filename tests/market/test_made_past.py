"""The past that `openbell bench history` makes up: what is stored of it is read back as its proof counts it,
and the proof finds what is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from openbell.cli.bench import load
from openbell.gateway.market_body import HistoryBody, candle_body
from openbell.market.calendar import DAY, HOUR, MINUTE, SECOND, Always
from openbell.market.history import History, Listed
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore

GENESIS = b"genesis"
BEGAN = 1_795_305_600 * 10**9 + 17 * HOUR + 23 * MINUTE + 11 * SECOND
NOW = BEGAN + 3 * DAY
STOCKS = [3, 4]
REFERENCE = 1_000_000
# Changes of a candle, and in which range.
WRONG = (
    ("middle", {"open": "1.00"}),
    ("middle", {"close": "1.00"}),
    ("middle", {"volume": "0.1"}),
    ("middle", {"source": "filled"}),
    ("middle", {"timestamp": "2026-01-01T00:00:00.000000Z"}),
    ("first start", {"source": "traded"}),
    ("first start", {"low": "100000.00"}),
)

bench = load("history")
past = bench.span(BEGAN, NOW)


@pytest.fixture
async def history(database: str) -> AsyncIterator[History]:
    migrate(database)
    await bench.store(database, GENESIS, past, STOCKS, bench.trades(past, 7), 7)
    made = History(database, 7, Always(), BEGAN, now=lambda: NOW)
    yield made
    await made.close()


async def answer(history: History, asked: Any, turn: int = 0) -> bytes:
    """What the exchange answers to a read of the bench."""
    stock = asked.stocks[turn % len(asked.stocks)]
    listed = Listed(STOCKS[stock], f"BENCH{stock}", REFERENCE, 100)
    found = await history.candles(listed, asked.interval, None, asked.ends or None, bench.LIMIT)
    rows = [candle_body(candle) for candle in found]
    body = HistoryBody(symbol=listed.symbol, interval=asked.interval, candles=rows, simulated=True)
    return msgspec.json.encode(body)


def proof() -> Any:
    return bench.Proof(past, bench.trades(past, 7))


async def test_every_range_is_what_the_trades_come_to(history: History) -> None:
    counting = proof()
    sizes: dict[str, int] = {}
    for asked in bench.plan(past, len(STOCKS)):
        ends = asked.ends or NOW + 1
        body = await answer(history, asked)
        counting.answer(body, asked.interval, (ends, ends), traded=asked.stocks == [0])
        sizes[asked.interval] = max(sizes.get(asked.interval, 0), len(json.loads(body)["candles"]))
    assert all(count > 100 for count in counting.compared.values()), counting.compared
    assert set(sizes) == set(bench.INTERVALS)
    assert all(sizes[name] == bench.LIMIT for name in sizes if name not in ("30s", "1w", "1mo")), sizes


async def test_the_worker_goes_on_where_it_was(history: History, database: str) -> None:
    store = await CandleStore.connect(database)
    assert await store.adopt(GENESIS) == 0
    await store.close()


async def test_what_is_wrong_is_found(history: History) -> None:
    plan = {one.where: one for one in bench.plan(past, len(STOCKS)) if one.interval == "1m"}
    for where, change in WRONG:
        asked = plan[where]
        told = json.loads(await answer(history, asked))
        row = next(row for row in told["candles"] if row["source"] != "filled")
        row.update(change)
        with pytest.raises(AssertionError):
            proof().answer(json.dumps(told).encode(), "1m", (asked.ends, asked.ends))
    for gone in (0, 500, -1):
        told = json.loads(await answer(history, plan["middle"]))
        del told["candles"][gone]
        with pytest.raises(AssertionError):
            proof().answer(json.dumps(told).encode(), "1m", (plan["middle"].ends,) * 2)
