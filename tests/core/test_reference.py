"""The reference: the day's last trade inside the quote, else mid, else the lone side, else the close."""

from __future__ import annotations

import pytest

from openbell.core import view
from tests.core import commands
from tests.core.story import Market, price


@pytest.fixture
def market() -> Market:
    return Market()


def reference(market: Market) -> str:
    """As the account machine knows it: what a market order is collared by."""
    found = view.instrument(market.exchange, 0)
    assert found
    return price(found["reference"])


def trade(market: Market, at: int) -> None:
    market.sell(market.trader(stock=1), 1, at=at)
    market.buy(4, 1, at=at)


def test_before_anything_it_is_the_listings_reference_price(market: Market) -> None:
    assert reference(market) == "100.00"


def test_with_both_sides_it_is_the_mid(market: Market) -> None:
    market.buy(4, 1, at=99_00)
    market.sell(4, 1, at=99_51)
    assert reference(market) == "99.255"


def test_a_lone_side_counts_near_the_close(market: Market) -> None:
    market.buy(4, 1, at=95_00)
    assert reference(market) == "95.00"


def test_a_lone_side_far_from_the_close_counts_as_the_band(market: Market) -> None:
    market.buy(4, 1, at=50_00)
    assert reference(market) == "90.00"
    other = Market()
    other.sell(4, 1, at=200_00)
    assert reference(other) == "110.00"


def test_the_last_trade_of_the_day_comes_before_the_quote(market: Market) -> None:
    trade(market, 101_00)
    market.buy(4, 1, at=98_00)
    market.sell(4, 1, at=102_00)
    assert reference(market) == "101.00"


def test_the_quote_pulls_the_last_trade_along(market: Market) -> None:
    trade(market, 101_00)
    market.sell(4, 1, at=99_00)
    assert reference(market) == "99.00"
    market.buy(4, 1, at=98_00)
    assert reference(market) == "99.00"
    market.do(commands.cancel_all(4))
    market.buy(4, 1, at=103_00)
    assert reference(market) == "103.00"


def test_a_new_day_begins_at_the_official_close(market: Market) -> None:
    trade(market, 101_00)
    trade(market, 103_00)
    market.do(commands.day_roll(20260102))
    assert reference(market) == "103.00"
    market.do(commands.day_roll(20260103))
    assert reference(market) == "103.00"
