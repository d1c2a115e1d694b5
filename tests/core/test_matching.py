"""Price, then time: who trades with whom, at what price, and what both then hold."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.story import Market


@pytest.fixture
def market() -> Market:
    return Market()


def test_an_order_that_meets_nothing_rests(market: Market) -> None:
    alice = market.trader(cash=1000)
    assert market.buy(alice, 5, at=99_00).told == [
        "#1 accepted: BUY 5 @ 99.00",
        "level: BUY 99.00 has 5 in 1",
    ]
    assert market.cash(alice) == "1000.00, 495.00 reserved"


def test_a_trade_prints_at_the_resting_orders_price(market: Market) -> None:
    alice, bob = market.trader(stock=10), market.trader(cash=2000)
    market.sell(alice, 10, at=100_00)
    assert market.buy(bob, 4, at=101_00).told == [
        "#2 accepted: BUY 4 @ 101.00",
        "trade: #2 takes 4 of #1 @ 100.00",
        "level: SELL 100.00 has 6 in 1",
        "#2 filled 4 @ 100.00, 0 left",
        "#1 filled 4 @ 100.00, 6 left",
    ]
    assert market.cash(bob) == "1600.00, 0.00 reserved"
    assert market.cash(alice) == "400.00, 0.00 reserved"
    assert market.stock(alice) == "6, 6 reserved"


def test_the_better_price_trades_first_whoever_came_first(market: Market) -> None:
    seller, buyer = market.trader(stock=20), market.trader(cash=5000)
    market.sell(seller, 5, at=100_02)
    market.sell(seller, 5, at=100_01)
    assert market.buy(buyer, 7, at=100_02).told == [
        "#3 accepted: BUY 7 @ 100.02",
        "trade: #3 takes 5 of #2 @ 100.01",
        "level: SELL 100.01 has 0 in 0",
        "trade: #3 takes 2 of #1 @ 100.02",
        "level: SELL 100.02 has 3 in 1",
        "#3 filled 5 @ 100.01, 2 left",
        "#2 filled 5 @ 100.01, 0 left",
        "#3 filled 2 @ 100.02, 0 left",
        "#1 filled 2 @ 100.02, 3 left",
    ]


def test_at_one_price_the_older_order_trades_first(market: Market) -> None:
    first, second, seller = market.trader(cash=1000), market.trader(cash=1000), market.trader(stock=9)
    market.buy(first, 5, at=100_00)
    market.buy(second, 5, at=100_00)
    assert market.sell(seller, 6, at=99_00).told == [
        "#3 accepted: SELL 6 @ 99.00",
        "trade: #3 takes 5 of #1 @ 100.00",
        "trade: #3 takes 1 of #2 @ 100.00",
        "level: BUY 100.00 has 4 in 1",
        "#3 filled 5 @ 100.00, 1 left",
        "#1 filled 5 @ 100.00, 0 left",
        "#3 filled 1 @ 100.00, 0 left",
        "#2 filled 1 @ 100.00, 4 left",
    ]


def test_what_a_limit_order_does_not_fill_rests_at_its_price(market: Market) -> None:
    seller, buyer = market.trader(stock=5), market.trader(cash=2000)
    market.sell(seller, 3, at=100_00)
    said = market.buy(buyer, 10, at=100_50)
    assert said.told[-4:-2] == ["level: SELL 100.00 has 0 in 0", "level: BUY 100.50 has 7 in 1"]
    assert (said.status, said.answer.filled, said.answer.leaves) == ("PARTIALLY_FILLED", 3 * 10**8, 7 * 10**8)
    assert market.cash(buyer) == "1700.00, 703.50 reserved"


def test_a_better_price_releases_what_it_left_reserved(market: Market) -> None:
    seller, buyer = market.trader(stock=5), market.trader(cash=1000)
    market.sell(seller, 5, at=95_00)
    market.buy(buyer, 9, at=100_00)
    assert market.cash(buyer) == "525.00, 400.00 reserved"


def test_an_account_may_trade_with_itself_where_protections_are_off() -> None:
    market = Market({"flags": codes.PROTECTIONS_OFF})
    alice = market.trader(cash=1000, stock=5)
    market.sell(alice, 5, at=100_00)
    assert market.buy(alice, 5, at=100_00).status == "FILLED"
    assert market.cash(alice) == "1000.00, 0.00 reserved"
    assert market.stock(alice) == "5, 0 reserved"


def test_a_trade_below_the_last_lot_counts_in_volume_alone(market: Market) -> None:
    number = market.list("BRK.B", last_lot=2 * 10**8)
    seller, buyer = market.trader(), market.trader(cash=1000)
    market.do(commands.issue(seller, number, 10 * commands.SHARE))
    market.sell(seller, 3, at=100_00, instrument=number)
    market.buy(buyer, 1, at=100_00, instrument=number)
    instrument = market.oracle.state.instruments[number]
    assert (instrument.last, instrument.day_volume) == (0, 10**8)
    market.buy(buyer, 2, at=100_00, instrument=number)
    assert (instrument.last, instrument.day_volume) == (100 * 10**4, 3 * 10**8)
