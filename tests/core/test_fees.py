"""Fees: stamped at entry, a function of all that an order traded, charged by the increase."""

from __future__ import annotations

import pytest

from openbell.core import codes, records, view
from tests.core import commands
from tests.core.commands import USD
from tests.core.story import HOUSE, Market

PERCENT = 10_000  # millionths


@pytest.fixture
def market() -> Market:
    return Market()


def fees(market: Market, account: int) -> int:
    found = view.account(market.exchange, account)
    assert found
    return int(found["fees"])


def cash(market: Market, account: int) -> int:
    return int(market.exchange.memory["accounts"][account].cash)


def test_maker_and_taker_pay_their_rates_to_the_fee_account(market: Market) -> None:
    market.do(commands.set_fees(maker=PERCENT // 10, taker=PERCENT // 5))
    alice = market.trader(cash=1000)
    market.sell(HOUSE, 1, at=100_00)
    market.buy(alice, 1, at=100_00)
    assert (fees(market, HOUSE), fees(market, alice)) == (USD // 10, USD // 5)
    assert cash(market, records.FEE_ACCOUNT) == USD // 10 + USD // 5
    assert cash(market, alice) == 1000 * USD - 100 * USD - USD // 5


def test_a_buy_reserves_its_dearest_fee_and_releases_what_it_did_not_need(market: Market) -> None:
    market.do(commands.set_fees(maker=PERCENT, taker=2 * PERCENT))
    alice = market.trader(cash=102)
    order = market.buy(alice, 1, at=100_00).order
    assert market.cash(alice) == "102.00, 102.00 reserved"
    assert market.modify(alice, order, at=100_01).code == "INSUFFICIENT_FUNDS"
    market.sell(HOUSE, 1, at=100_00)
    assert market.cash(alice) == "1.00, 0.00 reserved"


def test_a_fee_is_the_same_however_the_trade_is_sliced(market: Market) -> None:
    market.do(commands.set_fees(taker=7))
    alice, bob = market.trader(cash=2000), market.trader(cash=2000)
    market.sell(HOUSE, 9, at=100_00)
    market.buy(alice, 9, at=100_00)
    for _ in range(9):
        market.sell(HOUSE, 1, at=100_00)
    market.buy(bob, 9, at=100_00)
    assert fees(market, alice) == fees(market, bob) == 63


def test_per_share_per_order_and_least(market: Market) -> None:
    market.do(commands.set_fees(per_share=30, per_order=100, least=200))
    alice = market.trader(cash=5000)
    market.sell(HOUSE, 9, at=100_00)
    market.buy(alice, 1, at=100_00)
    assert fees(market, alice) == 200  # 130 is less than the least
    market.buy(alice, 8, at=100_00)
    assert fees(market, alice) == 200 + 340


def test_an_order_that_never_trades_pays_nothing(market: Market) -> None:
    market.do(commands.set_fees(per_order=USD, least=USD))
    alice = market.trader(cash=200)
    market.cancel(alice, market.buy(alice, 1, at=99_00).order)
    assert market.cash(alice) == "200.00, 0.00 reserved"


def test_a_sale_never_pays_more_than_it_brought_and_the_rest_with_the_next_fill(market: Market) -> None:
    market.do(commands.set_fees(per_order=150 * USD))
    alice = market.trader(stock=2)
    market.sell(alice, 2, at=100_00)
    market.buy(HOUSE, 1, at=100_00)
    assert (cash(market, alice), fees(market, alice)) == (0, 100 * USD)
    market.buy(HOUSE, 1, at=100_00)
    assert (cash(market, alice), fees(market, alice)) == (50 * USD, 150 * USD)


def test_a_schedule_is_stamped_at_entry_and_a_later_one_is_for_later_orders(market: Market) -> None:
    market.do(commands.set_fees(maker=PERCENT))
    alice = market.trader(stock=2)
    market.sell(alice, 1, at=100_00)
    market.do(commands.set_fees(maker=0))
    market.sell(alice, 1, at=100_00)
    market.buy(HOUSE, 2, at=100_00)
    assert fees(market, alice) == USD


def test_an_instruments_schedule_comes_before_the_tiers_general_one(market: Market) -> None:
    market.do(commands.set_fees(taker=PERCENT))
    market.do(commands.set_fees(0, taker=0))
    alice = market.trader(cash=200)
    market.sell(HOUSE, 1, at=100_00)
    market.buy(alice, 1, at=100_00)
    assert fees(market, alice) == 0


def test_tiers_have_schedules_of_their_own_and_a_tier_without_one_pays_nothing(market: Market) -> None:
    market.do(commands.set_fees(tier=3, taker=PERCENT))
    alice = market.trader(cash=500)
    market.sell(HOUSE, 2, at=100_00)
    market.buy(alice, 1, at=100_00)
    assert fees(market, alice) == 0
    market.do(commands.set_limits(alice, tier=3))
    market.buy(alice, 1, at=100_00)
    assert fees(market, alice) == USD


def test_fees_are_outside_cost_and_profit(market: Market) -> None:
    market.do(commands.set_fees(taker=PERCENT))
    alice = market.trader(cash=500)
    market.sell(HOUSE, 1, at=100_00)
    market.buy(alice, 1, at=100_00)
    market.buy(HOUSE, 1, at=100_00)
    market.sell(alice, 1, at=100_00)
    found = view.account(market.exchange, alice)
    assert found and (found["realised"], found["fees"]) == (0, 2 * USD)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"taker": 100_001}, "BAD_AMOUNT"),
        ({"per_share": -1}, "BAD_AMOUNT"),
        ({"tier": 256}, "UNSUPPORTED"),
        ({"instrument": 1}, "UNKNOWN_INSTRUMENT"),
        ({"blob": b""}, "BAD_RECORD"),
    ],
)
def test_what_makes_no_sense_is_refused(market: Market, fields: dict[str, int], code: str) -> None:
    assert market.do(commands.set_fees(**fields)).code == code  # type: ignore[arg-type]


def test_shares_of_fees_add_up_over_many_fills(market: Market) -> None:
    market.do(commands.set_fees(maker=13, taker=17, per_share=3))
    alice = market.trader(cash=5000, stock=20)
    for at in (99_37, 99_38, 99_39):
        market.buy(alice, 3, at=at)
    market.sell(HOUSE, 8, at=99_37)
    total = sum(fees(market, account) for account in (alice, HOUSE))
    assert cash(market, records.FEE_ACCOUNT) == total


def test_an_order_that_self_trade_prevention_lowers_reserves_the_fee_of_what_is_left(market: Market) -> None:
    market.do(commands.set_fees(maker=PERCENT, taker=PERCENT))
    alice = market.trader(cash=400, stock=5)
    market.buy(alice, 3, at=100_00)
    assert market.cash(alice) == "400.00, 303.00 reserved"
    market.sell(alice, 2, at=100_00, stp=codes.DECREMENT)
    assert market.cash(alice) == "400.00, 101.00 reserved"


def test_a_fee_is_a_loss_of_the_day(market: Market) -> None:
    """The day's profit is cash and shares now, less those at the roll, less what was paid in."""
    market.do(commands.set_fees(taker=PERCENT))
    alice = market.trader(cash=200)
    market.sell(HOUSE, 1, at=100_00)
    market.buy(alice, 1, at=100_00)
    found = view.account(market.exchange, alice)
    assert found
    assert found["cash"] + 100 * USD - found["start_cash"] - found["net_deposits"] == -USD
