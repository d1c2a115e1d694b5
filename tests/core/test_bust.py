"""Busts: postings the other way; what a side has no more comes from the error account."""

from __future__ import annotations

import pytest

from openbell.core import codes, records, view
from tests.core import commands
from tests.core.commands import USD
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    """Account 5 bought two shares of account 6 at 100.00; both paid one percent. It was trade 1."""
    made = Market()
    made.do(commands.set_fees(maker=10_000, taker=10_000))
    made.trader(cash=500)
    made.trader(stock=5)
    made.sell(6, 2, at=100_00)
    made.buy(5, 2, at=100_00)
    return made


def has(market: Market, account: int) -> tuple[int, int]:
    """Cash in dollars, and shares."""
    found = view.account(market.exchange, account)
    assert found
    quantity = sum(row["quantity"] for row in found["positions"])
    return found["cash"] // USD, quantity // commands.SHARE


def test_a_bust_gives_back_cash_shares_and_fees(market: Market) -> None:
    said = market.do(commands.bust(1))
    assert said.told[0] == "trade of 2 @ 100.00 busted"
    assert (has(market, 5), has(market, 6)) == ((500, 0), (0, 5))
    assert has(market, records.FEE_ACCOUNT) == has(market, records.ERROR_ACCOUNT) == (0, 0)


def test_what_a_side_has_no_more_comes_from_the_error_account(market: Market) -> None:
    market.do(commands.transfer(5, HOUSE, quantity=commands.SHARE))
    market.do(commands.day_roll(20231116))
    market.do(commands.transfer(6, HOUSE, 150 * USD))
    assert market.do(commands.bust(1)).code == "OK"
    assert (has(market, 5), has(market, 6)) == ((500, 0), (0, 5))
    assert has(market, records.ERROR_ACCOUNT) == (-150, -1)


def test_what_open_orders_hold_is_not_taken_from_them(market: Market) -> None:
    market.sell(5, 2, at=105_00)
    market.do(commands.bust(1))
    assert market.stock(5) == "2, 2 reserved"
    assert has(market, records.ERROR_ACCOUNT)[1] == -2


def test_orders_stay_as_they_ended(market: Market) -> None:
    market.do(commands.bust(1))
    found = view.orders(market.exchange, 5, "all", None, 0, 1)[0]
    assert (found["status"], found["filled"]) == (codes.ST_FILLED, 2 * commands.SHARE)


def test_a_busted_sale_awaits_nothing(market: Market) -> None:
    market.do(commands.bust(1))
    found = view.account(market.exchange, 6)
    assert found and found["unsettled"] == 0


def test_the_error_account_stands_for_a_closed_one(market: Market) -> None:
    market.do(commands.close_account(5, HOUSE))
    assert market.do(commands.bust(1)).code == "OK"
    assert has(market, records.ERROR_ACCOUNT) == (202, -2)
    assert has(market, 6) == (0, 5)


def test_a_trade_is_taken_back_once(market: Market) -> None:
    market.do(commands.bust(1))
    assert market.do(commands.bust(1)).code == "NOT_ALLOWED"


@pytest.mark.parametrize("trade", [0, 2, 1 << 53 | 1, (1 << 64) - 1])
def test_a_trade_that_is_not_cannot_be_taken_back(market: Market, trade: int) -> None:
    assert market.do(commands.bust(trade)).code == "UNKNOWN_TRADE"


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (3, 3)])
def test_it_takes_two_persons(market: Market, first: int, second: int) -> None:
    assert market.do(commands.bust(1, first, second)).code == "NOT_ALLOWED"
    assert has(market, 5) == (298, 2)


def test_a_bust_is_no_deposit_and_no_transfer(market: Market) -> None:
    """The day's profit counts what it moves, as it counted the trade."""
    before = [view.account(market.exchange, account) for account in (5, 6)]
    market.do(commands.bust(1))
    for was, account in zip(before, (5, 6), strict=True):
        now = view.account(market.exchange, account)
        assert was and now and now["net_deposits"] == was["net_deposits"]
        for old, new in zip(was["positions"], now["positions"], strict=True):
            assert new["net_transfers"] == old["net_transfers"]


def test_fees_given_back_are_no_longer_fees_paid(market: Market) -> None:
    paid = [view.account(market.exchange, account) for account in (5, 6)]
    assert [found["fees"] for found in paid if found] == [2 * USD, 2 * USD]
    market.do(commands.bust(1))
    paid = [view.account(market.exchange, account) for account in (5, 6)]
    assert [found["fees"] for found in paid if found] == [0, 0]
