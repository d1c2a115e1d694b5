"""Settlement: what a sale brings may be spent at once, and leaves the exchange a business day later."""

from __future__ import annotations

import pytest

from openbell.core import dates, view
from tests.core import commands
from tests.core.commands import USD
from tests.core.oracle.state import business_day_after
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    """It is Wednesday; account 5 has sold one share for 100.00."""
    made = Market()
    made.do(commands.day_roll(20231115))
    made.trader(stock=5)
    made.buy(HOUSE, 1, at=100_00)
    made.sell(5, 1, at=100_00)
    return made


def unsettled(market: Market, account: int = 5) -> int:
    found = view.account(market.exchange, account)
    assert found
    return int(found["unsettled"])


def test_proceeds_can_be_spent_and_not_withdrawn(market: Market) -> None:
    market.do(commands.deposit(5, 10 * USD))
    said = market.do(commands.withdraw(5, 11 * USD))
    assert (said.code, said.answer.limit, said.answer.observed) == ("UNSETTLED", 10 * USD, 11 * USD)
    assert market.do(commands.transfer(5, HOUSE, 11 * USD)).code == "UNSETTLED"
    assert market.do(commands.withdraw(5, 10 * USD)).code == "OK"
    assert market.buy(5, 1, at=99_00).code == "OK"


def test_they_settle_with_the_day_that_comes_next(market: Market) -> None:
    market.do(commands.day_roll(20231116))
    assert unsettled(market) == 0
    assert market.do(commands.withdraw(5, 100 * USD)).code == "OK"


def test_a_sale_of_friday_settles_on_monday(market: Market) -> None:
    market.do(commands.day_roll(20231117))
    market.buy(HOUSE, 1, at=100_00)
    market.sell(5, 1, at=100_00)
    for saturday_and_sunday in (20231118, 20231119):
        market.do(commands.day_roll(saturday_and_sunday))
        assert unsettled(market) == 100 * USD
    market.do(commands.day_roll(20231120))
    assert unsettled(market) == 0


def test_a_day_without_a_roll_is_no_business_day(market: Market) -> None:
    """A holiday: the exchange does not open, and nothing settles until it does."""
    assert unsettled(market) == 100 * USD
    market.do(commands.day_roll(20231120))
    assert unsettled(market) == 0


def test_what_is_not_settled_goes_with_a_closed_accounts_cash(market: Market) -> None:
    heir = market.trader()
    market.do(commands.close_account(5, heir))
    assert unsettled(market, heir) == 100 * USD
    assert market.do(commands.withdraw(heir, 1)).code == "UNSETTLED"


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (20231115, 20231116), (20231117, 20231120), (20231118, 20231120), (20231130, 20231201),
        (20231229, 20240101), (20240228, 20240229), (20240229, 20240301), (20230228, 20230301),
        (19000228, 19000301), (20231131, 20231132), (7, 8), (0, 1), (99991231, 99991232),
    ],
)  # fmt: skip
def test_the_business_day_after(day: int, following: int) -> None:
    assert dates.business_day_after(day) == business_day_after(day) == following
