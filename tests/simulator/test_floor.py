"""The floor: every stock quoted, the largest most, the same seed the same messages."""

from __future__ import annotations

from collections import Counter

from openbell.simulator.floor import GATHERED_MAX, Floor
from openbell.simulator.stock import Stock
from tests.simulator.desk import Desk

STOCKS = [
    Stock(f"S{i}", f"Sector {i % 11}", int(5e12 / (i + 1) ** 1.3), 10_000 + 37 * i, 10_000 + 37 * i)
    for i in range(120)
]
HELD = {stock.symbol: 1_000_000 for stock in STOCKS}


def market(seed: int = 7) -> tuple[Floor, list[Desk], list[Desk]]:
    makers = [Desk(dict(HELD)) for _ in range(4)]
    traders = [Desk(dict(HELD)) for _ in range(3)]
    floor = Floor(STOCKS, makers, traders, seed)
    for stock in floor.one_sided():
        floor.quote(stock, 0.0)
    return floor, makers, traders


def test_the_opening_leaves_no_stock_one_sided() -> None:
    floor, _, _ = market()
    assert floor.one_sided() == []


def test_each_stock_belongs_to_one_maker_and_all_makers_work() -> None:
    _, makers, _ = market()
    quoted = [{intent.symbol for intent in maker.sent} for maker in makers]
    assert sum(len(symbols) for symbols in quoted) == len(STOCKS)
    assert all(len(symbols) == 30 for symbols in quoted)


def test_a_stock_is_made_by_who_holds_it() -> None:
    makers = [Desk({}), Desk({STOCKS[0].symbol: 500})]
    floor = Floor(STOCKS[:1], makers, [Desk({})], 7)
    floor.quote(STOCKS[0], 0.0)
    assert not makers[0].sent
    assert makers[1].sent


def test_the_same_seed_sends_the_same_messages() -> None:
    first, second = market(7), market(7)
    for k in range(500):
        assert first[0].turn(k / 200) == second[0].turn(k / 200)
    for one, other in zip(first[1] + first[2], second[1] + second[2], strict=True):
        assert one.sent == other.sent


def test_a_hundred_stocks_see_a_trader_within_a_minute_of_messages() -> None:
    floor, _, traders = market()
    sent = 0
    while sent < 60 * 200:
        sent += floor.turn(sent / 200)
    counts = Counter(intent.symbol for trader in traders for intent in trader.sent)
    assert len(counts) >= 100
    assert counts[STOCKS[0].symbol] > counts[STOCKS[-1].symbol]
    share = sum(counts.values()) / sent
    assert 0.08 < share < 0.25


def test_messages_are_new_orders_changes_and_cancels() -> None:
    floor, makers, _ = market()
    sent = 0
    while sent < 4_000:
        sent += floor.turn(sent / 200)
    kinds = Counter(intent.kind for maker in makers for intent in maker.sent)
    assert kinds["NEW"] > 0
    assert kinds["CHANGE"] > 0
    assert kinds["CANCEL"] > 0


def test_a_filled_quote_is_the_next_to_be_renewed() -> None:
    floor, makers, _ = market()
    symbol = STOCKS[-1].symbol
    maker = next(maker for maker in makers if maker.blotter.at(symbol, "SELL", 0))
    order = maker.blotter.at(symbol, "SELL", 0)
    assert order is not None
    maker.blotter.update(order.id, order.quantity, True)
    floor.gap(symbol)
    before = len(maker.sent)
    assert floor.turn(1.0) > 0
    assert {intent.symbol for intent in maker.sent[before:]} == {symbol}


def test_nobody_acts_who_cannot_send() -> None:
    floor, makers, traders = market()
    for desk in makers + traders:
        desk.open = False
    assert floor.turn(1.0) == 0


def test_the_opening_can_begin_with_the_best_level_alone() -> None:
    makers = [Desk(dict(HELD))]
    floor = Floor(STOCKS, makers, [Desk({})], 7)
    for stock in floor.one_sided():
        assert floor.quote(stock, 0.0, 1) == 2
    assert floor.one_sided() == []
    assert len(floor.thin()) == len(STOCKS)
    for stock in floor.thin():
        floor.quote(stock, 0.0)
    assert floor.thin() == []


def test_in_a_closed_market_makers_quote_and_traders_wait() -> None:
    floor, makers, traders = market()
    floor.phase = "CLOSED"
    before = sum(len(maker.sent) for maker in makers)
    for k in range(400):
        floor.turn(k / 200)
    assert sum(len(maker.sent) for maker in makers) > before
    assert not any(trader.sent for trader in traders)


def test_while_orders_gather_traders_send_a_few_that_stand() -> None:
    floor, _, traders = market()
    floor.phase = "PRE_OPEN"
    for k in range(2_000):
        floor.turn(k / 200)
    for trader in traders:
        assert {intent.time_in_force for intent in trader.sent} == {"DAY"}
        assert len(trader.sent) == len(trader.blotter.orders) == GATHERED_MAX
        trader.sent.clear()
    floor.phase = "CONTINUOUS"
    for k in range(400):
        floor.turn(10 + k / 200)
    assert {intent.time_in_force for trader in traders for intent in trader.sent} == {"IOC"}
