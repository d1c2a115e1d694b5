"""Modify: the order keeps its id; it keeps its place only where it asks for less at the same price."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.story import Market


class Queue(Market):
    """Alice, then Bob, each bidding 100.00 for five shares."""

    def __init__(self) -> None:
        super().__init__()
        self.alice, self.bob = self.trader(cash=2000), self.trader(cash=2000)
        self.first = self.buy(self.alice, 5, at=100_00).order
        self.second = self.buy(self.bob, 5, at=100_00).order

    def next(self) -> str:
        """Who sells one share's counterpart next."""
        return self.sell(4, 1, at=100_00).told[1]


@pytest.fixture
def market() -> Queue:
    return Queue()


def test_less_at_the_same_price_keeps_the_place(market: Queue) -> None:
    said = market.modify(market.alice, market.first, quantity=2)
    assert said.told == ["level: BUY 100.00 has 7 in 2", "#1 modified: 2 @ 100.00, place kept"]
    assert said.answer.flags == codes.PRIORITY_KEPT
    assert market.cash(market.alice) == "2000.00, 200.00 reserved"
    assert market.next() == "trade: #3 takes 1 of #1 @ 100.00"


def test_more_at_the_same_price_goes_behind(market: Queue) -> None:
    said = market.modify(market.alice, market.first, quantity=6)
    assert said.told == [
        "level: BUY 100.00 has 5 in 1",
        "level: BUY 100.00 has 11 in 2",
        "#1 modified: 6 @ 100.00, goes behind",
    ]
    assert said.answer.flags == 0
    assert market.next() == "trade: #3 takes 1 of #2 @ 100.00"


def test_another_price_moves_the_order(market: Queue) -> None:
    said = market.modify(market.bob, market.second, at=100_01)
    assert said.told == [
        "level: BUY 100.00 has 5 in 1",
        "level: BUY 100.01 has 5 in 1",
        "#2 modified: 5 @ 100.01, goes behind",
    ]
    assert market.cash(market.bob) == "2000.00, 500.05 reserved"


def test_changing_nothing_changes_nothing(market: Queue) -> None:
    said = market.modify(market.alice, market.first, quantity=5, at=100_00)
    assert (said.told, said.answer.flags) == ([], codes.PRIORITY_KEPT | codes.UNCHANGED)
    assert market.next() == "trade: #3 takes 1 of #1 @ 100.00"


def test_another_price_may_trade_at_once(market: Queue) -> None:
    market.sell(4, 3, at=101_00)
    said = market.modify(market.alice, market.first, at=101_00)
    assert said.told == [
        "level: BUY 100.00 has 5 in 1",
        "trade: #1 takes 3 of #3 @ 101.00",
        "level: SELL 101.00 has 0 in 0",
        "level: BUY 101.00 has 2 in 1",
        "#1 modified: 5 @ 101.00, goes behind",
        "#1 filled 3 @ 101.00, 2 left",
        "#3 filled 3 @ 101.00, 0 left",
    ]
    assert (said.status, said.answer.leaves) == ("PARTIALLY_FILLED", 2 * 10**8)


def test_the_total_counts_what_was_filled(market: Queue) -> None:
    market.sell(4, 2, at=100_00)
    said = market.modify(market.alice, market.first, quantity=4)
    assert said.told[-1] == "#1 modified: 2 @ 100.00, place kept"


@pytest.mark.parametrize("quantity", [2, 1, 0])
def test_a_total_at_or_below_the_filled_part_cancels_the_rest(market: Queue, quantity: int) -> None:
    market.sell(4, 2, at=100_00)
    said = market.modify(market.alice, market.first, quantity=quantity)
    assert said.told == ["level: BUY 100.00 has 5 in 1", "#1 cancelled: USER, 3 left"]
    assert (said.status, said.answer.filled) == ("CANCELLED", 2 * 10**8)


def test_if_filled_refuses_when_fills_happened_since(market: Queue) -> None:
    market.sell(4, 2, at=100_00)
    said = market.modify(market.alice, market.first, quantity=4, if_filled=0)
    assert (said.code, said.told) == ("FILLED_SINCE", ["refused: FILLED_SINCE"])
    assert market.modify(market.alice, market.first, quantity=4, if_filled=2).code == "OK"


def test_a_refused_modify_leaves_the_old_order_standing(market: Queue) -> None:
    assert market.modify(market.alice, market.first, at=120_00).code == "PRICE_COLLAR"
    assert market.cash(market.alice) == "2000.00, 500.00 reserved"
    assert market.next() == "trade: #3 takes 1 of #1 @ 100.00"


def test_a_dearer_modify_needs_the_cash(market: Queue) -> None:
    said = market.modify(market.alice, market.first, quantity=21)
    assert (said.code, said.answer.limit, said.answer.observed) == (
        "INSUFFICIENT_FUNDS",
        1500 * 10**4,
        1600 * 10**4,
    )
    assert market.modify(market.alice, market.first, quantity=20).code == "OK"


def test_a_larger_sell_needs_the_shares() -> None:
    market = Market()
    seller = market.trader(stock=5)
    order = market.sell(seller, 3, at=100_00).order
    assert market.modify(seller, order, quantity=6).code == "INSUFFICIENT_SHARES"
    assert market.modify(seller, order, quantity=5).code == "OK"
    assert market.stock(seller) == "5, 5 reserved"


def test_a_full_side_has_room_for_an_order_that_leaves_its_own_price() -> None:
    market = Market(levels=2)
    order = market.buy(4, 1, at=99_00).order
    market.buy(4, 1, at=98_00)
    assert market.buy(4, 1, at=97_00).code == "BOOK_FULL"
    assert market.modify(4, order, at=97_00).code == "OK"
    market.buy(4, 1, at=97_00)
    assert market.modify(4, order, at=96_00).code == "BOOK_FULL"


def test_a_locked_account_may_only_ask_for_less(market: Queue) -> None:
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=market.alice))
    assert market.modify(market.alice, market.first, at=99_00).code == "ACCOUNT_LOCKED"
    assert market.modify(market.alice, market.first, quantity=6).code == "ACCOUNT_LOCKED"
    assert market.modify(market.alice, market.first, quantity=3).code == "OK"


def test_an_ended_order_cannot_be_modified(market: Queue) -> None:
    market.cancel(market.alice, market.first)
    said = market.modify(market.alice, market.first, quantity=3)
    assert (said.code, said.status) == ("ORDER_ENDED", "CANCELLED")
