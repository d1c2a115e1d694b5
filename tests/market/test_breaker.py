"""Market-wide breakers before the real core: each level halts once a day, the last one closes the day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from openbell.core import codes, view
from openbell.market.breaker import CLOSES, LEVELS, Breaker, Index, halted_until
from openbell.market.calendar import DAY_ROLL, MINUTE, SECOND, Calendar, Entry, calendar
from openbell.market.calendar_xnys import Xnys
from openbell.market.clock import Clock
from openbell.node.client import NodeClient, NodeUnavailable
from tests.ledger.stream import START
from tests.market.events import SHARE, event, row, trade, unit
from tests.market.test_clock import Node

XNYS = Xnys()
DAY = XNYS.day(START)
OPEN = next(time for time, phase in XNYS.phases(DAY) if phase == "CONTINUOUS")
ENDS = XNYS.next_phase(OPEN).time


class Watched:
    """An exchange with two instruments, and breakers that watch it."""

    def __init__(self, kept: Calendar = XNYS) -> None:
        self.node = Node()
        self.numbers = [self.node.list("AAPL"), self.node.list("MSFT")]
        self.closed: set[int] = set()
        self.breaker = self.another(kept)

    def another(self, kept: Calendar = XNYS) -> Breaker:
        return Breaker(cast(NodeClient, self.node), kept, self.closed)

    @property
    def phases(self) -> list[tuple[str, int]]:
        return [self.node.phase(number) for number in self.numbers]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def index(*closes: int) -> Index:
    return Index(
        row(n, symbol, close=close) for n, (symbol, close) in enumerate(zip("AB", closes, strict=True))
    )


def test_the_index_weighs_by_market_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbell.market.breaker.CAPS", {"A": 3_000, "B": 1_000})
    found = index(1_000_000, 500_000)
    assert found.fall == 0
    found.apply(unit(11, trade(0, 900_000, SHARE)))
    assert found.fall == 750
    found.apply(unit(12, trade(1, 600_000, SHARE)))
    assert found.fall == 250
    found.apply(unit(13, trade(1, 5_000_000, SHARE)))
    assert found.fall == 0
    found.apply(unit(14, event(codes.EV_CLOSE, instrument=0, price=900_000)))
    found.apply(unit(15, trade(1, 500_000, SHARE), trade(0, 720_000, SHARE)))
    assert found.fall == 1_500


def test_a_trade_that_does_not_move_the_price_does_not_move_the_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openbell.market.breaker.CAPS", {"A": 3_000, "B": 1_000})
    found = index(1_000_000, 500_000)
    small = event(codes.EV_TRADE, instrument=0, price=500_000, quantity=1)
    found.apply(unit(11, small, trade(7, 1, SHARE)))
    assert found.fall == 0


def test_an_index_begins_with_the_days_last_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbell.market.breaker.CAPS", {"A": 1_000})
    traded: dict[str, Any] = {"close": 1_000_000, "last": 930_000}
    assert Index([row(0, "A", **traded, day_open=990_000)]).fall == 700
    assert Index([row(0, "A", **traded)]).fall == 0  # yesterday's trade
    assert Index([row(0, "X", **traded, day_open=1)]).fall == 0  # no company of the table
    assert Index().fall == 0


async def test_a_fall_halts_the_whole_market_for_fifteen_minutes(watched: Watched) -> None:
    time = OPEN + MINUTE
    await watched.breaker.look(LEVELS[0] - 1, time)
    assert watched.node.sent == []
    await watched.breaker.look(LEVELS[0], time)
    assert watched.phases == [("AUCTION_CALL", time + 15 * MINUTE)] * 2
    await watched.breaker.look(LEVELS[0], time + 15 * MINUTE - SECOND)
    assert len(watched.node.sent) == 1
    await watched.breaker.look(LEVELS[0], time + 15 * MINUTE)
    assert watched.phases == [("CONTINUOUS", ENDS)] * 2
    await watched.breaker.look(LEVELS[0] + 300, time + 20 * MINUTE)
    assert len(watched.node.sent) == 2, "once a day"


async def test_the_second_level_halts_after_the_first(watched: Watched) -> None:
    await watched.breaker.look(800, OPEN)
    await watched.breaker.look(1_400, OPEN + MINUTE)
    assert len(watched.node.sent) == 1, "nobody halts what is halted"
    await watched.breaker.look(1_400, OPEN + 15 * MINUTE)
    assert watched.phases == [("AUCTION_CALL", OPEN + 30 * MINUTE)] * 2


async def test_near_the_close_only_the_last_level_acts(watched: Watched) -> None:
    late = ENDS - 30 * MINUTE  # 15:25 in New York
    await watched.breaker.look(1_900, late)
    assert watched.node.sent == []
    await watched.breaker.look(CLOSES, late)
    assert [phase for phase, _ in watched.phases] == ["CLOSED"] * 2
    other = Watched()
    await other.breaker.look(1_900, late - 1)
    assert len(other.node.sent) == 1


async def test_nothing_happens_outside_continuous_trading(watched: Watched) -> None:
    await watched.breaker.look(CLOSES, OPEN - 1)
    await watched.breaker.look(CLOSES, ENDS)
    assert watched.node.sent == []


async def test_a_day_that_ended_early_stays_closed_until_the_next_one(watched: Watched) -> None:
    await watched.breaker.look(CLOSES, OPEN + MINUTE)
    assert watched.closed == {DAY.date}
    told: list[str] = []

    def command_for(entry: Entry) -> None:
        told.append(entry.key)

    watched.node.time = XNYS.following(DAY).end - 1
    clock = Clock(watched.node, XNYS, began=OPEN, command_for=command_for, closed=watched.closed)
    await clock.look()
    following = XNYS.following(DAY).date
    assert told == [f"XNYS/{following}/{what}" for what in (
        DAY_ROLL, "PRE_OPEN", "CONTINUOUS", "CLOSING_AUCTION", "CLOSED",
    )]  # fmt: skip


async def test_a_second_clock_halts_nothing_twice_and_ends_what_the_first_began(watched: Watched) -> None:
    await watched.breaker.look(700, OPEN)
    first = watched.phases
    second = watched.another()
    await second.look(700, OPEN + MINUTE)
    assert watched.phases == first
    rows = view.instruments(watched.node.market.exchange)
    assert halted_until(rows) == OPEN + 15 * MINUTE
    assert halted_until([row(0), row(1), rows[0]]) == 0  # its own call
    await watched.breaker.look(700, OPEN + 15 * MINUTE)
    await second.look(700, OPEN + 16 * MINUTE)
    assert [phase for phase, _ in watched.phases] == ["CONTINUOUS"] * 2


async def test_a_market_that_never_closes_opens_with_the_next_day() -> None:
    kept = calendar("always")
    watched = Watched(kept)
    await watched.breaker.look(CLOSES, START)
    await watched.breaker.look(CLOSES, kept.day(START).end - 1)
    assert [phase for phase, _ in watched.phases] == ["CLOSED"] * 2
    await watched.breaker.look(0, kept.day(START).end)
    assert watched.phases == [("CONTINUOUS", 0)] * 2


async def test_it_follows_the_trades_of_the_stream(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbell.market.breaker.CAPS", {"AAPL": 3_000, "MSFT": 1_000})
    asked: list[int] = []

    async def query(name: str) -> dict[str, Any]:
        rows = view.instruments(watched.node.market.exchange)
        return {"seq": 10, "data": rows if name == "instruments" else None}

    async def subscribe(position: int) -> AsyncIterator[list[Any]]:
        asked.append(position)
        yield [unit(11, trade(0, 910_000, SHARE), ts=OPEN + MINUTE)]  # 6.75 %
        assert watched.node.sent == []
        yield [unit(12, trade(0, 905_000, SHARE), ts=OPEN + 2 * MINUTE), unit(13, ts=OPEN + 3 * MINUTE)]
        raise NodeUnavailable("gone")

    monkeypatch.setattr(watched.node, "query", query)
    monkeypatch.setattr(watched.node, "subscribe", subscribe, raising=False)
    running = asyncio.create_task(watched.breaker.run())
    while not watched.node.sent:
        await asyncio.sleep(0)
    running.cancel()
    assert watched.phases == [("AUCTION_CALL", OPEN + 18 * MINUTE)] * 2
    assert asked == [10]
