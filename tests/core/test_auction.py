"""The auction: its price by the four rules, who trades, and what is left over. Cases worked out by hand."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.commands import SECOND
from tests.core.story import HOUSE, Market

CALL = 300 * SECOND


@pytest.fixture
def market() -> Market:
    """Before the opening; the reference is 100.00."""
    made = Market(listing={"flags": codes.AUCTIONS, "limit_collar": 10**8, "last_lot": 100 * 10**8})
    made.phase("PRE_OPEN")
    return made


def gather(market: Market, text: str) -> None:
    """Orders such as "buy 3 @ 100.10, sell 2 market"."""
    for order in text.split(", "):
        side, size, *at = order.split()
        enter = market.buy if side == "buy" else market.sell
        if at == ["market"]:
            enter(HOUSE, int(size), order_type=codes.MARKET)
        else:
            enter(HOUSE, int(size), at=round(float(at[1]) * 100))


# The book, and the auction's price, paired size and surplus.
PRICES = {
    # 1: the most volume
    "buy 5 @ 100.20, buy 5 @ 100.10, sell 4 @ 100.00, sell 8 @ 100.10": "10 @ 100.10, 2 more to SELL",
    "buy 5 @ 100.20, buy 9 @ 99.90, sell 4 @ 99.90, sell 6 @ 100.20": "5 @ 100.20, 5 more to SELL",
    # 2: of these the smallest surplus
    "buy 5 @ 100.10, buy 2 @ 100.00, sell 5 @ 99.90": "5 @ 100.01",
    "buy 5 @ 100.10, sell 5 @ 100.00, sell 3 @ 100.05": "5 @ 100.00",
    # 3: all tied have a surplus of buyers: the highest; of sellers: the lowest
    "buy 5 @ 100.30, sell 3 @ 99.70": "3 @ 100.30, 2 more to BUY",
    "buy 3 @ 100.30, sell 5 @ 99.70": "3 @ 99.70, 2 more to SELL",
    # 4: else the reference clamped into the tied range
    "buy 5 @ 100.30, sell 5 @ 99.70": "5 @ 100.00",
    "buy 5 @ 100.30, sell 5 @ 100.20": "5 @ 100.20",
    "buy 5 @ 99.80, sell 5 @ 99.70": "5 @ 99.80",
    "buy 5 @ 100.01, buy 5 @ 100.00, sell 5 @ 100.00, sell 5 @ 100.01": "5 @ 100.00, 5 more to BUY",
    # market orders count at every price that their caps allow
    "buy 5 market, sell 3 @ 99.70, sell 9 @ 100.40": "5 @ 100.40, 7 more to SELL",
    "sell 5 market, buy 3 @ 100.30": "3 @ 100.30, 2 more to SELL",
    "buy 5 market, sell 5 @ 106.00": "0 @ 0.00",
    # only market orders, or no limit that lets anything trade: the reference
    "buy 5 market, sell 3 market": "3 @ 100.00, 2 more to BUY",
    "buy 5 market, sell 5 market, buy 1 @ 50.00": "5 @ 100.00",
    # nothing crosses
    "buy 5 @ 99.99, sell 5 @ 100.00": "0 @ 0.00",
    "buy 5 market": "0 @ 0.00",
}


@pytest.mark.parametrize(("book", "expected"), PRICES.items())
def test_the_price_is_found_by_the_four_rules(market: Market, book: str, expected: str) -> None:
    gather(market, book)
    assert market.tick().told == [f"auction: {expected}"]


def test_the_uncross_does_what_was_announced(market: Market) -> None:
    gather(market, "buy 5 @ 100.20, buy 5 @ 100.10, sell 4 @ 100.00, sell 8 @ 100.10")
    assert market.phase("CONTINUOUS").told == [
        "auction: 10 @ 100.10, 2 more to SELL",
        "trade: #1 takes 4 of #3 @ 100.10",
        "level: SELL 100.00 has 0 in 0",
        "trade: #1 takes 1 of #4 @ 100.10",
        "level: BUY 100.20 has 0 in 0",
        "trade: #2 takes 5 of #4 @ 100.10",
        "level: BUY 100.10 has 0 in 0",
        "level: SELL 100.10 has 2 in 1",
        "phase: CONTINUOUS after PRE_OPEN",
        "#1 filled 4 @ 100.10, 1 left",
        "#3 filled 4 @ 100.10, 0 left",
        "#1 filled 1 @ 100.10, 0 left",
        "#4 filled 1 @ 100.10, 7 left",
        "#2 filled 5 @ 100.10, 0 left",
        "#4 filled 5 @ 100.10, 2 left",
    ]


def fills(told: list[str]) -> list[str]:
    return [line.split(" @")[0] for line in told if " filled " in line and line.startswith("#")]


def test_market_orders_trade_first_then_price_then_time(market: Market) -> None:
    gather(market, "buy 2 @ 100.00, buy 2 @ 100.00, buy 2 @ 100.10, buy 2 market, sell 7 @ 100.00")
    bought = [line for line in fills(market.phase("CONTINUOUS").told) if not line.startswith("#5")]
    assert bought == ["#4 filled 2", "#3 filled 2", "#1 filled 2", "#2 filled 1"]


def test_what_a_market_order_did_not_get_ends_and_limits_stay(market: Market) -> None:
    gather(market, "buy 9 market, sell 2 @ 100.00, sell 2 @ 108.00, buy 1 @ 99.00")
    market.buy(HOUSE, 4, at=98_00, tif=codes.OPG)
    told = market.phase("CONTINUOUS").told
    assert told[-2:] == [
        "#1 cancelled: AUCTION_UNFILLED, 7 left",
        "#5 cancelled: AUCTION_UNFILLED, 4 left",
    ]
    assert told[3:5] == ["level: BUY 98.00 has 0 in 0", "phase: CONTINUOUS after PRE_OPEN"]


def test_every_trade_of_an_auction_is_eligible(market: Market) -> None:
    gather(market, "buy 1 @ 101.00, sell 1 @ 101.00")
    market.phase("CONTINUOUS")
    assert market.oracle.state.instruments[0].last == 1_010_000


def test_a_better_price_releases_what_was_reserved(market: Market) -> None:
    alice = market.trader(cash=1000)
    market.buy(alice, 2, at=109_00)
    market.sell(HOUSE, 2, at=100_00)
    market.sell(HOUSE, 2, at=100_00)
    market.phase("CONTINUOUS")
    assert market.cash(alice) == "800.00, 0.00 reserved"


def test_one_account_may_trade_with_itself_in_an_auction(market: Market) -> None:
    alice = market.trader(cash=1000, stock=5)
    market.buy(alice, 5, at=100_00)
    market.sell(alice, 5, at=100_00)
    assert fills(market.phase("CONTINUOUS").told) == ["#1 filled 5", "#2 filled 5"]


def test_a_price_far_from_the_reference_extends_the_call_once(market: Market) -> None:
    gather(market, "buy 5 @ 120.00, sell 5 @ 115.00")
    assert market.phase("CONTINUOUS").told == ["phase: PRE_OPEN goes on"]
    market.sell(HOUSE, 2, at=109_00)
    assert market.tick(after=CALL).told[:2] == [
        "auction: 2 @ 110.00, 3 more to BUY",
        "trade: #1 takes 2 of #3 @ 110.00",
    ]


def test_a_collared_auction_leaves_no_crossed_book(market: Market) -> None:
    gather(market, "buy 5 @ 120.00, sell 5 @ 115.00")
    market.phase("CONTINUOUS")
    assert market.tick(after=CALL).told == [
        "auction: 0 @ 110.00, 5 more to BUY",
        "level: BUY 120.00 has 0 in 0",
        "phase: CONTINUOUS after PRE_OPEN",
        "#1 cancelled: AUCTION_UNFILLED, 5 left",
    ]


def test_without_protections_the_price_is_what_the_book_says() -> None:
    market = Market(listing={"flags": codes.AUCTIONS | codes.PROTECTIONS_OFF})
    market.phase("PRE_OPEN")
    gather(market, "buy 5 @ 190.00, sell 5 @ 180.00")
    assert market.phase("CONTINUOUS").told[0] == "auction: 5 @ 180.00"


def test_the_closing_auction_ends_the_day(market: Market) -> None:
    market.phase("CONTINUOUS")
    market.sell(HOUSE, 5, tif=codes.CLS, order_type=codes.MARKET)
    market.phase("CLOSING_AUCTION")
    market.buy(HOUSE, 3, at=99_50)
    told = market.phase("CLOSED").told
    assert told[0] == "auction: 3 @ 99.50, 2 more to SELL"
    assert told[-1] == "#1 cancelled: AUCTION_UNFILLED, 2 left"
    assert market.do(commands.day_roll(20260102)).told[0] == "close 20260102: 99.50, 3 traded"


def test_a_book_that_gathered_while_closed_uncrosses_when_trading_begins() -> None:
    market = Market()
    market.phase("CLOSED")
    gather(market, "buy 5 @ 101.00, sell 5 @ 99.00, buy 1 market")
    assert market.phase("CONTINUOUS").told[:2] == [
        "auction: 5 @ 101.00, 1 more to BUY",
        "trade: #3 takes 1 of #2 @ 101.00",
    ]


def test_an_uncrossed_market_goes_on_as_a_continuous_one(market: Market) -> None:
    gather(market, "buy 5 @ 100.00, sell 9 @ 100.00")
    market.phase("CONTINUOUS")
    assert market.buy(market.trader(cash=500), 1, at=100_00).told[1] == "trade: #3 takes 1 of #2 @ 100.00"
