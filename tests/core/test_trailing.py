"""TRAILING_STOP: its stop price follows the market to one side, and never goes back."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.story import HOUSE, Market
from tests.core.test_stops import of


def stop_price(market: Market, order: int) -> float:
    found = view.order(market.exchange, order)
    assert found
    return float(found["stop_price"]) / 10_000


@pytest.fixture
def market() -> Market:
    made = Market()
    made.print(100_00)
    return made


def test_it_starts_behind_the_reference(market: Market) -> None:
    said = market.trail(codes.SELL, market.trader(stock=5), 5, by=2_00)
    assert said.told == ["#3 waits: SELL 5 stop 98.00 @ 93.10"]


def test_a_sell_follows_the_highest_trade_up_and_stays(market: Market) -> None:
    order = market.trail(codes.SELL, market.trader(stock=5), 5, by=2_00).order
    seen = []
    for at in (101_00, 100_00, 103_50, 101_51):
        market.print(at)
        seen.append(stop_price(market, order))
    assert seen == [99.0, 99.0, 101.5, 101.5]
    assert of(market.print(101_50), "elected") == ["#3 elected by 101.50: SELL 5 @ 96.43"]


def test_a_buy_follows_the_lowest_trade_down_and_its_cap_too(market: Market) -> None:
    buyer = market.trader(cash=1000)
    order = market.trail(codes.BUY, buyer, 5, by=2_00).order
    assert market.cash(buyer) == "1000.00, 535.50 reserved"  # 102.00 and five percent
    market.print(96_00)
    assert stop_price(market, order) == 98.0
    market.sell(HOUSE, 1, at=98_00)
    said = market.buy(market.other, 1, at=98_00, tif=codes.IOC)
    assert of(said, "elected") == ["#3 elected by 98.00: BUY 5 @ 102.90"]
    assert market.cash(buyer) == "1000.00, 514.50 reserved"


def test_percent_trails_round_away_from_the_market(market: Market) -> None:
    trader = market.trader(cash=1000, stock=5)
    market.print(100_03)
    assert market.trail(codes.SELL, trader, 1, by=150, percent=True).told[0].split(" @")[0].endswith("98.52")
    assert market.trail(codes.BUY, trader, 1, by=150, percent=True).told[0].split(" @")[0].endswith("101.54")


def test_one_trade_moves_the_mark_then_tests(market: Market) -> None:
    """A buy and a sell: the jump up moves the sell's mark and elects the buy."""
    trader = market.trader(cash=1000, stock=5)
    sell = market.trail(codes.SELL, trader, 1, by=1_00).order
    market.trail(codes.BUY, trader, 1, by=1_00)
    said = market.print(104_00)
    assert [told.split()[0] for told in of(said, "elected")] == ["#4"]
    assert stop_price(market, sell) == 103.0


def test_followers_of_one_mark_are_elected_by_trail_then_age(market: Market) -> None:
    seller = market.trader(stock=10)
    for by in (3_00, 1_00, 2_00, 1_00):
        market.trail(codes.SELL, seller, 1, by=by)
    market.print(105_00)
    said = market.print(103_00)
    assert [told.split()[0] for told in of(said, "elected")] == ["#4", "#6", "#5"]


def test_percentages_that_round_to_one_stop_price_are_elected_by_age(market: Market) -> None:
    """Three basis points of 100.00 are 0.03, two are 0.02, and one is 0.01; of 10.00 all are one tick."""
    small = Market({"reference_price": 10_00_00})
    small.print(10_00)
    seller = small.trader(stock=10)
    for by in (9, 5, 7):
        small.trail(codes.SELL, seller, 1, by=by, percent=True)
    said = small.print(9_99)
    assert [told.split()[0] for told in of(said, "elected")] == ["#3", "#4", "#5"]


def test_a_cancelled_leader_leaves_the_next_in_its_place(market: Market) -> None:
    seller = market.trader(stock=10)
    first = market.trail(codes.SELL, seller, 1, by=1_00).order
    market.trail(codes.SELL, seller, 1, by=2_00)
    market.print(105_00)
    market.cancel(seller, first)
    assert of(market.print(103_50), "elected") == []
    assert [told.split()[0] for told in of(market.print(103_00), "elected")] == ["#4"]


def test_a_stop_price_never_falls_below_a_tick() -> None:
    market = Market({"reference_price": 10_00})
    order = market.trail(codes.SELL, HOUSE, 1, by=5_00).order
    assert stop_price(market, order) == 0.01


@pytest.mark.parametrize(("by", "percent"), [(0, False), (-1, False), (0, True), (10_000, True)])
def test_a_trail_out_of_range_is_refused(by: int, percent: bool) -> None:
    assert Market().trail(codes.SELL, HOUSE, 1, by=by, percent=percent).code == "BAD_TRAIL"


def test_an_amount_lies_on_the_tick() -> None:
    said = Market().sell(HOUSE, 1, order_type=codes.TRAILING_STOP, stop_price=101)
    assert said.code == "TICK_SIZE"


def test_marks_outlive_the_day(market: Market) -> None:
    order = market.trail(codes.SELL, market.trader(stock=5), 5, by=2_00, tif=codes.GTC).order
    market.print(105_00)
    market.do(commands.day_roll(20260105))
    assert stop_price(market, order) == 103.0
    assert of(market.print(102_00), "elected") == ["#3 elected by 102.00: SELL 5 @ 96.90"]
