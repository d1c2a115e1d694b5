"""Icebergs and hidden orders: what is not shown trades all the same, in its turn, and is reserved."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.commands import SHARE
from tests.core.story import HOUSE, Market


def trades(told: list[str]) -> list[str]:
    return [line.removeprefix("trade: ") for line in told if line.startswith("trade")]


def hidden(minimum: int = 0) -> dict[str, int]:
    return {"display": 0, "min_quantity": minimum * SHARE}


def seller(market: Market) -> int:
    return market.trader(stock=100)


def test_an_iceberg_reserves_all_of_it() -> None:
    market = Market()
    account = seller(market)
    market.sell(account, 10, at=100_00, display=SHARE)
    assert market.stock(account) == "100, 10 reserved"


def test_one_aggressor_meets_slice_after_slice() -> None:
    market = Market()
    market.sell(seller(market), 10, at=100_00, display=3 * SHARE)
    said = market.buy(HOUSE, 10, at=100_00)
    assert trades(said.told) == [f"#2 takes {size} of #1 @ 100.00" for size in (3, 3, 3, 1)]


def test_slices_of_two_icebergs_take_turns() -> None:
    market = Market()
    for _ in range(2):
        market.sell(seller(market), 4, at=100_00, display=2 * SHARE)
    said = market.buy(HOUSE, 7, at=100_00)
    assert trades(said.told) == [
        f"#3 takes {size} of #{order} @ 100.00" for size, order in ((2, 1), (2, 2), (2, 1), (1, 2))
    ]


def test_depth_shows_slices_and_no_hidden_price() -> None:
    market = Market()
    market.sell(seller(market), 10, at=100_00, display=2 * SHARE)
    market.sell(seller(market), 10, at=99_00, **hidden())
    assert view.depth(market.exchange, 0, 5) == {"bids": [], "asks": [[100_0000, 2 * SHARE, 1]]}
    found = view.instrument(market.exchange, 0)
    assert found and (found["ask"], found["reference"]) == (100_0000, 100_0000)


def test_a_price_of_hidden_orders_alone_takes_a_level() -> None:
    market = Market(levels=2)
    account = seller(market)
    for at in (100_00, 101_00):
        market.sell(account, 1, at=at, **hidden())
    assert market.sell(account, 1, at=102_00).code == "BOOK_FULL"
    assert market.sell(account, 1, at=101_00).code == "OK"


def test_slices_that_wait_are_bounded() -> None:
    market = Market(orders=20)
    account = seller(market)
    assert market.sell(account, 10, at=100_00, display=SHARE).code == "OK"
    said = market.sell(account, 2, at=100_00, display=SHARE)
    assert (said.code, said.answer.limit, said.answer.observed) == ("BOOK_FULL", 10, 11)
    market.buy(HOUSE, 3, at=100_00)
    assert market.sell(account, 2, at=100_00, display=SHARE).code == "OK"


def test_an_iceberg_has_at_most_a_thousand_slices() -> None:
    market = Market(orders=4000)
    account = market.trader(stock=2000)
    said = market.sell(account, 1001, at=100_00, display=SHARE)
    assert (said.code, said.answer.limit) == ("BAD_DISPLAY", 100_100_000)
    assert market.sell(account, 1000, at=100_00, display=SHARE).code == "OK"


def test_decrement_takes_what_is_not_shown_first() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 10, at=100_00, display=2 * SHARE)
    said = market.buy(trader, 9, at=100_00, stp=codes.DECREMENT)
    assert said.told[1:] == [
        "level: SELL 100.00 has 1 in 1",
        "#1 modified: 1 @ 100.00, place kept",
        "#2 cancelled: SELF_TRADE, 9 left",
    ]


def test_an_own_iceberg_ends_whole() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 10, at=100_00, display=2 * SHARE)
    said = market.buy(trader, 1, at=100_00, stp=codes.CANCEL_OLDEST)
    assert "#1 cancelled: SELF_TRADE, 10 left" in said.told


def test_a_passed_over_own_order_is_no_self_trade() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(trader, 10, at=100_00, **hidden(5))
    assert market.buy(trader, 2, at=100_00).status == "OPEN"
    assert market.buy(trader, 5, at=100_00).reason == "SELF_TRADE"


@pytest.mark.parametrize(
    ("size", "status"), [(4, "CANCELLED"), (5, "FILLED"), (10, "FILLED"), (11, "CANCELLED")]
)
def test_a_fok_counts_hidden_size_that_it_is_large_enough_for(size: int, status: str) -> None:
    market = Market()
    market.sell(seller(market), 10, at=100_00, **hidden(5))
    assert market.buy(HOUSE, size, at=100_00, tif=codes.FOK).status == status


def test_a_fok_is_passed_over_by_what_it_has_become_too_small_for() -> None:
    market = Market()
    market.sell(seller(market), 3, at=100_00)
    market.sell(seller(market), 10, at=100_00, **hidden(5))
    assert market.buy(HOUSE, 7, at=100_00, tif=codes.FOK).status == "CANCELLED"
    assert market.buy(HOUSE, 8, at=100_00, tif=codes.FOK).status == "FILLED"


def test_a_fok_meets_its_own_behind_a_slice_before_the_next_slice() -> None:
    market = Market()
    trader = market.trader(cash=5000, stock=10)
    market.sell(HOUSE, 4, at=100_00, display=2 * SHARE)
    market.sell(trader, 1, at=100_00)
    assert market.buy(trader, 3, at=100_00, tif=codes.FOK).reason == "FOK"
    assert market.buy(trader, 2, at=100_00, tif=codes.FOK).status == "FILLED"


def test_hidden_only_beyond_the_collar_is_no_liquidity() -> None:
    market = Market()
    market.sell(seller(market), 1, at=107_00, **hidden())
    assert market.buy(HOUSE, 1, order_type=codes.MARKET).reason == "NO_LIQUIDITY"


def test_a_hidden_order_becomes_shown_and_trades_with_what_it_crosses() -> None:
    market = Market()
    bidder = market.trader(cash=5000)
    market.buy(bidder, 5, at=100_00, **hidden(5))
    order = market.sell(HOUSE, 3, at=100_00).order  # passed the bid over
    said = market.modify(HOUSE, order, quantity=5)
    assert trades(said.told) == ["#2 takes 5 of #1 @ 100.00"]


def test_an_order_with_a_minimum_stays_hidden() -> None:
    market = Market()
    account = seller(market)
    order = market.sell(account, 5, at=100_00, **hidden(2)).order
    assert market.modify(account, order, display=2).code == "BAD_MIN_QUANTITY"


def test_a_locked_account_may_not_change_its_display() -> None:
    market = Market()
    account = seller(market)
    order = market.sell(account, 5, at=100_00).order
    market.do(commands.plain(codes.C_LOCK_ACCOUNT, account=account))
    assert market.modify(account, order, display=2).code == "ACCOUNT_LOCKED"
    assert market.modify(account, order, display=-1).code == "OK"
