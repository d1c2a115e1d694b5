"""Modify of a stop that waits: its stop price or trail, its limit, its total."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.story import HOUSE, Market
from tests.core.test_stops import of


@pytest.fixture
def market() -> Market:
    made = Market()
    made.print(100_00)
    return made


def test_another_stop_price_moves_the_cap_and_the_reserve(market: Market) -> None:
    buyer = market.trader(cash=2000)
    order = market.buy(buyer, 10, stop=102_00).order
    said = market.modify(buyer, order, stop=110_00)
    assert said.told == ["#3 modified: 10 stop 110.00 @ 115.50, goes behind"]
    assert market.cash(buyer) == "2000.00, 1155.00 reserved"
    assert market.modify(buyer, order, stop=200_00).code == "INSUFFICIENT_FUNDS"
    assert market.cash(buyer) == "2000.00, 1155.00 reserved"


def test_less_of_the_same_stop_keeps_its_place(market: Market) -> None:
    seller = market.trader(stock=20)
    first = market.sell(seller, 10, stop=98_00).order
    market.sell(seller, 10, stop=98_00)
    said = market.modify(seller, first, quantity=4)
    assert said.answer.flags == codes.PRIORITY_KEPT
    assert [told.split()[0] for told in of(market.print(98_00), "elected")] == ["#3", "#4"]


def test_more_of_the_same_stop_goes_behind(market: Market) -> None:
    seller = market.trader(stock=30)
    first = market.sell(seller, 10, stop=98_00).order
    market.sell(seller, 10, stop=98_00)
    assert market.modify(seller, first, quantity=11).answer.flags == 0
    assert [told.split()[0] for told in of(market.print(98_00), "elected")] == ["#4", "#3"]


def test_a_stop_price_moved_past_the_last_trade_elects_at_once(market: Market) -> None:
    seller = market.trader(stock=10)
    order = market.sell(seller, 10, stop=98_00).order
    said = market.modify(seller, order, stop=100_00)
    assert said.told == [
        "level: SELL 95.00 has 10 in 1",
        "#3 modified: 10 stop 100.00 @ 95.00, goes behind",
        "#3 elected by 100.00: SELL 10 @ 95.00",
    ]
    assert said.status == "OPEN"


def test_a_new_trail_keeps_the_mark(market: Market) -> None:
    seller = market.trader(stock=10)
    order = market.trail(codes.SELL, seller, 10, by=2_00).order
    market.print(105_00)
    assert market.modify(seller, order, stop=3_00).told[0].startswith("#3 modified: 10 stop 102.00 @")
    assert of(market.print(102_00), "elected") == ["#3 elected by 102.00: SELL 10 @ 96.90"]


def test_a_waiting_stop_limit_takes_another_limit(market: Market) -> None:
    buyer = market.trader(cash=2000)
    order = market.buy(buyer, 10, at=103_00, stop=102_00).order
    assert market.modify(buyer, order, at=104_00, stop=103_00).code == "OK"
    assert market.cash(buyer) == "2000.00, 1040.00 reserved"


def test_a_lone_price_of_a_waiting_stop_is_its_stop_price(market: Market) -> None:
    order = market.sell(HOUSE, 10, stop=98_00).order
    said = market.modify(HOUSE, order, at=97_00)
    assert said.told == ["#3 modified: 10 stop 97.00 @ 92.15, goes behind"]
    assert market.modify(HOUSE, order, at=97_00, stop=97_00).code == "UNSUPPORTED"


def test_a_waiting_trailing_stop_has_no_price_to_change(market: Market) -> None:
    order = market.trail(codes.SELL, HOUSE, 10, by=2_00).order
    assert market.modify(HOUSE, order, at=97_00).code == "BAD_PRICE"


def test_an_elected_stop_has_no_stop_price_to_change(market: Market) -> None:
    order = market.sell(HOUSE, 10, stop=100_00).order
    assert market.modify(HOUSE, order, stop=97_00).code == "BAD_STOP_PRICE"
    assert market.modify(HOUSE, order, at=97_00).told[-1] == "#3 modified: 10 @ 97.00, goes behind"


def test_a_total_of_nothing_cancels(market: Market) -> None:
    order = market.sell(HOUSE, 10, stop=98_00).order
    assert market.modify(HOUSE, order, quantity=0).told == ["#3 cancelled: USER, 10 left"]


def test_fills_since_refuse_only_where_there_were_some(market: Market) -> None:
    order = market.sell(HOUSE, 10, stop=98_00).order
    assert market.modify(HOUSE, order, quantity=5, if_filled=0).code == "OK"
    assert market.modify(HOUSE, order, quantity=4, if_filled=1).code == "FILLED_SINCE"


def test_a_locked_account_moves_no_stop(market: Market) -> None:
    seller = market.trader(stock=10)
    order = market.sell(seller, 10, at=97_00, stop=98_00).order
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=seller))
    assert market.modify(seller, order, stop=97_50).code == "ACCOUNT_LOCKED"
    assert market.modify(seller, order, quantity=5).code == "OK"


def test_a_limit_order_has_no_stop_price(market: Market) -> None:
    order = market.sell(HOUSE, 10, at=105_00).order
    assert market.modify(HOUSE, order, stop=98_00).code == "UNSUPPORTED"
