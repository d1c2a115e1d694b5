"""Self-trade prevention: one owner's orders never trade with each other, and the money stays right."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.commands import USD
from tests.core.story import HOUSE, Market

MODES = sorted(codes.STP_NAMES)


def trades(told: list[str]) -> list[str]:
    return [line for line in told if line.startswith("trade")]


@pytest.mark.parametrize("mode", MODES)
def test_one_owners_orders_never_trade(mode: int) -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 5, at=100_00)
    assert trades(market.buy(trader, 3, at=100_00, stp=mode).told) == []


@pytest.mark.parametrize("mode", MODES)
def test_accounts_of_one_group_are_one_owner(mode: int) -> None:
    market = Market()
    pair = []
    for _ in range(2):
        opened = market.do(commands.open_account(codes.KIND_DEMO, 5000 * USD, HOUSE, group=77))
        pair.append(int(opened.answer.account))
    market.buy(pair[0], 5, at=100_00)
    market.do(commands.transfer(HOUSE, pair[1], 0, 0, 10**9))
    assert trades(market.sell(pair[1], 3, at=100_00, stp=mode).told) == []


def test_a_group_beyond_32_bits_is_refused() -> None:
    said = Market().do(commands.open_account(codes.KIND_DEMO, group=1 << 32))
    assert (said.code, said.answer.limit, said.answer.observed) == ("NOT_ALLOWED", (1 << 32) - 1, 1 << 32)


@pytest.mark.parametrize("mode", MODES)
def test_it_is_off_without_protections(mode: int) -> None:
    market = Market({"flags": codes.PROTECTIONS_OFF})
    market.sell(HOUSE, 5, at=100_00)
    assert market.buy(HOUSE, 5, at=100_00, stp=mode).status == "FILLED"


def test_a_market_order_stops_before_its_own() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(HOUSE, 2, at=100_00)
    market.sell(trader, 5, at=100_00)
    said = market.buy(trader, 4, order_type=codes.MARKET)
    assert (said.status, said.reason, said.answer.filled) == ("CANCELLED", "SELF_TRADE", 2 * 10**8)
    assert market.cash(trader) == "4800.00, 0.00 reserved"


def test_a_modified_order_decides_by_the_mode_it_was_entered_with() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 5, at=101_00)
    bid = market.buy(trader, 3, at=100_00, stp=codes.CANCEL_OLDEST).order
    said = market.modify(trader, bid, at=101_00)
    assert said.told[-2:] == ["#2 modified: 3 @ 101.00, goes behind", "#1 cancelled: SELF_TRADE, 5 left"]
    assert market.cash(trader) == "5000.00, 303.00 reserved"


def test_a_modified_order_may_end_by_it() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 5, at=101_00)
    bid = market.buy(trader, 3, at=100_00).order
    said = market.modify(trader, bid, at=101_00)
    assert (said.status, said.reason) == ("CANCELLED", "SELF_TRADE")
    assert market.cash(trader) == "5000.00, 0.00 reserved"


def test_what_decrement_left_keeps_its_place_and_its_reserve() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 5, at=100_00)
    market.sell(HOUSE, 5, at=100_00)
    said = market.buy(trader, 2, at=100_00, stp=codes.DECREMENT)
    assert (said.status, said.reason, said.answer.quantity) == ("CANCELLED", "SELF_TRADE", 2 * 10**8)
    assert market.stock(trader) == "10, 3 reserved"
    assert trades(market.buy(HOUSE, 1, at=100_00).told) == ["trade: #4 takes 1 of #1 @ 100.00"]


def test_an_elected_order_that_lost_a_part_rests_before_those_elected_after_it() -> None:
    """The part it loses in its turn costs it no place: it comes to the end of its queue only then."""
    market = Market()
    market.print(100_00)
    loser, next_one = market.trader(cash=5000, stock=10), market.trader(cash=5000)
    market.sell(loser, 2, at=105_00)
    first = market.buy(loser, 5, at=105_00, stop=101_00, stp=codes.DECREMENT).order
    second = market.buy(next_one, 5, at=105_00, stop=101_00).order
    said = market.print(101_00)
    assert [told for told in said.told if "modified" in told] == ["#4 modified: 3 @ 105.00, goes behind"]
    market.sell(HOUSE, 4, at=105_00, tif=codes.IOC)
    assert (market.status(first), market.status(second)) == ("FILLED", "PARTIALLY_FILLED")


def test_an_order_that_lost_a_part_rests_before_those_that_its_trades_elected() -> None:
    market = Market()
    loser, next_one = market.trader(cash=5000, stock=10), market.trader(cash=5000)
    market.sell(HOUSE, 1, at=101_00)
    market.sell(loser, 2, at=102_00)
    second = market.buy(next_one, 5, at=102_00, stop=101_00).order
    first = market.buy(loser, 6, at=102_00, stp=codes.DECREMENT).order
    market.sell(HOUSE, 4, at=102_00, tif=codes.IOC)
    assert (market.status(first), market.status(second)) == ("FILLED", "PARTIALLY_FILLED")
