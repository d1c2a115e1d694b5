"""The day roll: official closes, DAY orders expire, the day's figures begin anew."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    return Market()


def test_day_orders_expire_and_gtc_orders_stay(market: Market) -> None:
    market.buy(HOUSE, 1, at=99_00)
    market.buy(HOUSE, 2, at=99_00, tif=codes.GTC)
    market.sell(HOUSE, 3, at=101_00)
    assert market.do(commands.day_roll(20260102)).told == [
        "close 20260102: 100.00, 0 traded",
        "level: BUY 99.00 has 2 in 1",
        "level: SELL 101.00 has 0 in 0",
        "#1 expired, 1 left",
        "#3 expired, 3 left",
        "DAY 20260102",
    ]


def test_an_expired_order_says_so(market: Market) -> None:
    order = market.buy(HOUSE, 1, at=99_00).order
    market.do(commands.day_roll(20260102))
    said = market.cancel(HOUSE, order)
    assert (said.status, said.reason) == ("EXPIRED", "DAY_END")


def test_the_close_is_the_last_eligible_trade_or_the_close_before(market: Market) -> None:
    market.sell(market.trader(stock=3), 3, at=102_00)
    market.buy(HOUSE, 3, at=102_00)
    assert market.do(commands.day_roll(20260102)).told[0] == "close 20260102: 102.00, 3 traded"
    assert market.do(commands.day_roll(20260103)).told[0] == "close 20260103: 102.00, 0 traded"


@pytest.mark.parametrize("date", [20260102, 20260101, 0])
def test_a_day_comes_once_and_in_order(market: Market, date: int) -> None:
    market.do(commands.day_roll(20260102))
    said = market.do(commands.day_roll(date))
    assert (said.code, said.answer.limit) == ("DAY_ORDER", 20260102)


def test_the_days_figures_begin_at_the_roll(market: Market) -> None:
    alice = market.trader(cash=1000)
    market.sell(HOUSE, 5, at=100_00)
    market.buy(alice, 2, at=100_00)
    market.do(commands.day_roll(20260102))
    market.do(commands.transfer(HOUSE, alice, 50 * 10**4, 0, 10**8))
    found = view.account(market.exchange, alice)
    assert found
    assert (found["start_cash"], found["net_deposits"]) == (800 * 10**4, 50 * 10**4)
    position = found["positions"][0]
    assert (position["start_quantity"], position["net_transfers"]) == (2 * 10**8, 10**8)


def test_a_quiet_account_starts_its_day_where_it_stands(market: Market) -> None:
    alice = market.trader(cash=1000, stock=3)
    for date in (20260102, 20260103):
        market.do(commands.day_roll(date))
    found = view.account(market.exchange, alice)
    assert found
    assert (found["start_cash"], found["net_deposits"]) == (1000 * 10**4, 0)
    assert found["positions"][0]["start_quantity"] == 3 * 10**8


def test_high_and_low_begin_anew(market: Market) -> None:
    for cents in (101_00, 99_00, 100_00):
        market.sell(market.trader(stock=1), 1, at=cents)
        market.buy(HOUSE, 1, at=cents)
    instrument = market.oracle.state.instruments[0]
    assert (instrument.day_open, instrument.day_high, instrument.day_low) == (1_010_000, 1_010_000, 990_000)
    market.do(commands.day_roll(20260102))
    found = view.instrument(market.exchange, 0)
    assert found
    assert (found["day_open"], found["day_high"], found["day_low"], found["last"]) == (0, 0, 0, 1_000_000)
