"""Accounts: opened with a grant, locked, closed; cash and shares in, out and between."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.commands import SHARE, USD
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    return Market()


def test_a_grant_comes_out_of_the_sources_cash(market: Market) -> None:
    said = market.do(commands.open_account(codes.KIND_DEMO, 100 * USD, HOUSE))
    assert said.told == [
        "account 5: open",
        "account 4: -100.00 cash, now 999999900.00",
        "account 5: 100.00 cash, now 100.00",
    ]
    assert said.answer.account == 5


def test_a_grant_that_the_source_cannot_pay_opens_nothing(market: Market) -> None:
    poor = market.trader(cash=10)
    said = market.do(commands.open_account(codes.KIND_DEMO, 11 * USD, poor))
    assert (said.code, said.told) == ("INSUFFICIENT_FUNDS", ["refused: INSUFFICIENT_FUNDS"])
    assert market.do(commands.open_account()).answer.account == poor + 1


def test_reserved_cash_cannot_leave(market: Market) -> None:
    alice = market.trader(cash=100)
    market.buy(alice, 1, at=60_00)
    assert market.do(commands.withdraw(alice, 41 * USD)).code == "INSUFFICIENT_FUNDS"
    assert market.do(commands.transfer(alice, HOUSE, 41 * USD)).code == "INSUFFICIENT_FUNDS"
    assert market.do(commands.withdraw(alice, 40 * USD)).told == ["account 5: -40.00 cash, now 60.00"]


def test_reserved_shares_cannot_leave(market: Market) -> None:
    alice = market.trader(stock=5)
    market.sell(alice, 3, at=100_00)
    assert market.do(commands.transfer(alice, HOUSE, quantity=3 * SHARE)).code == "INSUFFICIENT_SHARES"
    assert market.do(commands.transfer(alice, HOUSE, quantity=2 * SHARE)).code == "OK"


def test_shares_carry_their_part_of_the_cost(market: Market) -> None:
    alice = market.trader()
    said = market.do(commands.transfer(HOUSE, alice, quantity=3 * SHARE))
    assert said.told == ["account 4: -3 shares, cost -240.00", "account 5: 3 shares, cost 240.00"]


def test_a_sale_realises_the_difference_to_its_cost(market: Market) -> None:
    alice = market.trader(stock=3)
    market.buy(HOUSE, 1, at=100_00)
    market.sell(alice, 1, at=100_00)
    found = view.account(market.exchange, alice)
    assert found
    assert (found["realised"], found["positions"][0]["cost"]) == (20 * USD, 160 * USD)


def test_a_transfer_is_whole_or_not_at_all(market: Market) -> None:
    alice, bob = market.trader(cash=10, stock=1), market.trader()
    said = market.do(commands.transfer(alice, bob, 5 * USD, 0, 2 * SHARE))
    assert said.told == ["refused: INSUFFICIENT_SHARES"]
    assert market.cash(bob) == "0.00, 0.00 reserved"


def test_a_transfer_needs_another_account_of_the_realm(market: Market) -> None:
    other = market.do(commands.open_account(realm=2)).answer.account
    assert market.do(commands.transfer(HOUSE, HOUSE, 1)).code == "NOT_ALLOWED"
    said = market.do(commands.transfer(HOUSE, other, 1))
    assert (said.code, said.answer.limit, said.answer.observed) == ("WRONG_REALM", 1, 2)


def test_an_account_trades_only_in_its_realm(market: Market) -> None:
    other = market.do(commands.open_account(realm=2)).answer.account
    market.do(commands.deposit(other, 1000 * USD))
    assert market.buy(other, 1, at=99_00).code == "WRONG_REALM"


def test_nothing_enters_or_leaves_clearing_by_hand(market: Market) -> None:
    assert market.do(commands.deposit(1, 1)).code == "NOT_ALLOWED"
    assert market.do(commands.transfer(HOUSE, 1, 1)).code == "NOT_ALLOWED"
    assert market.do(commands.close_account(HOUSE, 1)).code == "NOT_ALLOWED"


def test_closing_cancels_orders_and_returns_cash_and_shares(market: Market) -> None:
    alice = market.trader(cash=1000, stock=5)
    market.buy(alice, 1, at=99_00)
    market.sell(alice, 2, at=101_00)
    assert market.do(commands.close_account(alice, HOUSE)).told == [
        "level: BUY 99.00 has 0 in 0",
        "level: SELL 101.00 has 0 in 0",
        "#1 cancelled: ACCOUNT_CLOSED, 1 left",
        "#2 cancelled: ACCOUNT_CLOSED, 2 left",
        "account 5: -5 shares, cost -400.00",
        "account 4: 5 shares, cost 400.00",
        "account 5: -1000.00 cash, now 0.00",
        "account 4: 1000.00 cash, now 1000000000.00",
        "account 5: closed",
    ]


def test_a_closed_account_stays_closed(market: Market) -> None:
    alice = market.trader(cash=10)
    market.do(commands.close_account(alice, HOUSE))
    assert market.buy(alice, 1, at=1_00).code == "ACCOUNT_CLOSED"
    assert market.do(commands.deposit(alice, 1)).code == "ACCOUNT_CLOSED"
    assert market.do(commands.transfer(HOUSE, alice, 1)).code == "ACCOUNT_CLOSED"
    assert market.do(commands.close_account(alice, HOUSE)).code == "ACCOUNT_CLOSED"
    assert market.do(commands.plain(codes.C_UNLOCK_ACCOUNT, account=alice)).code == "ACCOUNT_CLOSED"


def test_an_account_closes_however_full_the_positions_are() -> None:
    market = Market(positions=2)
    number = market.list("MSFT")
    alice = market.trader()
    market.do(commands.issue(alice, number, 7 * SHARE))
    said = market.do(commands.close_account(alice, HOUSE))
    assert said.told == [
        "account 5: -7 shares, cost 0.00",
        "account 4: 7 shares, cost 0.00",
        "account 5: closed",
    ]


def test_the_exchanges_own_accounts_are_never_locked_or_closed(market: Market) -> None:
    for account in (1, 2, 3):
        assert market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=account)).code == "NOT_ALLOWED"
        assert market.do(commands.close_account(account, HOUSE)).code == "NOT_ALLOWED"


@pytest.mark.parametrize("kind", [codes.KIND_CLEARING, codes.KIND_FEES, codes.KIND_ERROR, 7])
def test_only_kinds_for_people_are_opened(market: Market, kind: int) -> None:
    assert market.do(commands.open_account(kind)).code == "NOT_ALLOWED"


def test_a_symbol_is_text_and_listed_once(market: Market) -> None:
    assert market.do(commands.listing("AAPL")).code == "DUPLICATE_SYMBOL"
    assert market.do(commands.listing("MSFT", symbol_low=0)).code == "BAD_RECORD"
    assert market.do(commands.listing("MSFT", symbol_low=0x80)).code == "BAD_RECORD"
    assert market.do(commands.listing("MSFT", symbol_high=0x41)).code == "BAD_RECORD"
    assert market.do(commands.listing("BRK.B")).code == "OK"


def test_reserved_bytes_must_be_zero(market: Market) -> None:
    command = commands.deposit(HOUSE, 1)
    command[-1] = 1
    assert market.do(command).code == "BAD_RECORD"
