"""Cancels answer the truth: how the order really ended."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    return Market()


def test_a_cancel_takes_the_order_out_and_releases_its_reserve(market: Market) -> None:
    alice = market.trader(cash=1000)
    order = market.buy(alice, 5, at=99_00).order
    said = market.cancel(alice, order)
    assert said.told == ["level: BUY 99.00 has 0 in 0", "#1 cancelled: USER, 5 left"]
    assert (said.code, said.status, said.reason) == ("OK", "CANCELLED", "USER")
    assert market.cash(alice) == "1000.00, 0.00 reserved"


def test_a_cancel_that_came_after_the_fill_says_filled(market: Market) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    market.sell(market.trader(stock=5), 5, at=99_00)
    said = market.cancel(HOUSE, order)
    assert (said.code, said.status, said.told) == ("OK", "FILLED", [])


def test_a_second_cancel_answers_as_the_first(market: Market) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    first, second = market.cancel(HOUSE, order), market.cancel(HOUSE, order)
    assert (first.status, first.reason) == (second.status, second.reason) == ("CANCELLED", "USER")
    assert second.told == []


def test_a_partly_filled_order_keeps_its_fills(market: Market) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    market.sell(market.trader(stock=2), 2, at=99_00)
    said = market.cancel(HOUSE, order)
    assert (said.status, said.answer.filled, said.answer.leaves) == ("CANCELLED", 2 * 10**8, 0)


def test_a_strangers_order_is_unknown(market: Market) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    stranger = market.trader()
    assert market.cancel(stranger, order).code == "UNKNOWN_ORDER"
    assert market.modify(stranger, order, quantity=1).code == "UNKNOWN_ORDER"


def test_a_suspended_instrument_takes_cancels_only(market: Market) -> None:
    order = market.buy(HOUSE, 5, at=99_00).order
    assert market.do(commands.plain(codes.C_SUSPEND)).told == ["instrument 0: suspended"]
    assert market.buy(HOUSE, 5, at=99_00).code == "SUSPENDED"
    assert market.modify(HOUSE, order, quantity=4).code == "SUSPENDED"
    assert market.cancel(HOUSE, order).status == "CANCELLED"
    assert market.do(commands.plain(codes.C_RESUME)).told == ["instrument 0: resumed"]
    assert market.buy(HOUSE, 5, at=99_00).code == "OK"


def test_a_locked_account_may_cancel(market: Market) -> None:
    alice = market.trader(cash=1000)
    order = market.buy(alice, 5, at=99_00).order
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=alice))
    assert market.buy(alice, 1, at=99_00).code == "ACCOUNT_LOCKED"
    assert market.cancel(alice, order).status == "CANCELLED"


@pytest.mark.parametrize(
    ("instrument", "side", "ended"),
    [
        (0xFFFFFFFF, 255, ["#1", "#2", "#3", "#4"]),
        (0, 255, ["#1", "#2"]),
        (1, codes.BUY, ["#3"]),
        (0xFFFFFFFF, codes.SELL, ["#2", "#4"]),
        (7, 255, []),
    ],
)
def test_cancel_all_is_narrowed_by_instrument_and_side(
    market: Market, instrument: int, side: int, ended: list[str]
) -> None:
    market.list("MSFT")
    market.do(commands.issue(HOUSE, 1, 10 * commands.SHARE))
    for number in (0, 1):
        market.buy(HOUSE, 1, at=99_00, instrument=number)
        market.sell(HOUSE, 1, at=101_00, instrument=number)
    market.buy(market.trader(cash=500), 1, at=98_00)
    said = market.do(commands.cancel_all(HOUSE, instrument, side))
    assert [line.split()[0] for line in said.told if "cancelled" in line] == ended
    assert said.answer.count == len(ended)


def test_cancel_all_of_a_side_that_is_none_is_refused(market: Market) -> None:
    market.buy(HOUSE, 1, at=99_00)
    assert market.do(commands.cancel_all(HOUSE, side=2)).code == "BAD_SIDE"


def test_a_sweep_longer_than_a_slice_ends_every_order() -> None:
    market = Market(slice=3)
    for cents in range(99_00, 99_10):
        market.buy(HOUSE, 1, at=cents)
    said = market.do(commands.cancel_all(HOUSE))
    assert (said.answer.count, market.exchange.memory["scalars"][0].working) == (10, 0)
