"""STOP and STOP_LIMIT: they wait for a trade, are elected in order, and then are limit orders."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.story import HOUSE, Market, Said


def of(said: Said, *words: str) -> list[str]:
    """What was told that has one of these words in it."""
    return [told for told in said.told if any(word in told for word in words)]


@pytest.fixture
def market() -> Market:
    """Trades at 100.00; a hundred shares wanted at 99.00 and offered at 101.00."""
    made = Market()
    made.print(100_00)
    made.buy(HOUSE, 100, at=99_00)
    made.sell(HOUSE, 100, at=101_00)
    return made


def test_a_stop_waits_beside_the_book(market: Market) -> None:
    said = market.sell(market.trader(stock=10), 10, stop=95_00)
    assert said.told == ["#5 waits: SELL 10 stop 95.00 @ 90.25"]
    assert said.status == "PENDING"
    assert view.depth(market.exchange, 0, 9)["asks"] == [[101_00_00, 100 * 10**8, 1]]


def test_a_buy_stop_reserves_its_cap_and_a_sell_stop_its_shares(market: Market) -> None:
    """The cap is the market collar, 5 %, above the stop price."""
    buyer, seller = market.trader(cash=2000), market.trader(stock=10)
    market.buy(buyer, 10, stop=102_00)
    market.sell(seller, 10, stop=98_00)
    assert market.cash(buyer) == "2000.00, 1071.00 reserved"
    assert market.stock(seller) == "10, 10 reserved"


def test_a_trade_at_the_stop_price_elects(market: Market) -> None:
    seller = market.trader(stock=10)
    market.sell(seller, 10, stop=98_00)
    assert of(market.print(98_01), "elected") == []
    market.sell(market.other, 100, at=99_00, tif=codes.IOC)  # takes the bid away
    said = market.print(98_00)
    assert of(said, "elected") == ["#5 elected by 98.00: SELL 10 @ 93.10"]
    assert market.stock(seller) == "10, 10 reserved"


def test_an_elected_stop_trades_as_a_limit_and_rests_where_it_could_not(market: Market) -> None:
    """A stop-loss does not vanish in a gap: it rests five percent below the trade that elected it."""
    seller = market.trader(stock=120)
    market.sell(seller, 120, stop=99_00)
    said = market.sell(market.other, 1, at=99_00, tif=codes.IOC)
    assert of(said, "elected", "takes", "level") == [
        "trade: #6 takes 1 of #3 @ 99.00",
        "level: BUY 99.00 has 99 in 1",
        "trade: #5 takes 99 of #3 @ 99.00",
        "level: BUY 99.00 has 0 in 0",
        "level: SELL 94.05 has 21 in 1",
        "#5 elected by 99.00: SELL 120 @ 94.05",
    ]


def test_a_stop_limit_keeps_the_limit_it_came_with(market: Market) -> None:
    market.sell(market.trader(stock=10), 10, at=99_50, stop=99_00)
    said = market.sell(market.other, 1, at=99_00, tif=codes.IOC)
    assert of(said, "elected", "SELL 99.50") == [
        "level: SELL 99.50 has 10 in 1",
        "#5 elected by 99.00: SELL 10 @ 99.50",
    ]


def test_the_limit_of_a_stop_limit_is_collared_around_its_own_stop_price(market: Market) -> None:
    buyer = market.trader(cash=10_000)
    assert market.buy(buyer, 1, at=165_00, stop=150_00).code == "OK"
    said = market.buy(buyer, 1, at=165_01, stop=150_00)
    assert (said.code, said.answer.limit) == ("PRICE_COLLAR", 165_00_00)
    assert market.buy(buyer, 1, at=50_00, stop=150_00).code == "OK"


def test_a_stop_whose_condition_holds_is_elected_at_once(market: Market) -> None:
    said = market.buy(market.trader(cash=2000), 5, stop=100_00)
    assert of(said, "waits", "elected", "takes") == [
        "#5 waits: BUY 5 stop 100.00 @ 105.00",
        "trade: #5 takes 5 of #4 @ 101.00",
        "#5 elected by 100.00: BUY 5 @ 105.00",
    ]
    assert said.status == "FILLED"


def test_yesterdays_trades_elect_nobody(market: Market) -> None:
    market.do(commands.day_roll(20260105))
    said = market.buy(market.trader(cash=2000), 5, stop=100_00)
    assert said.status == "PENDING"


def test_quotes_and_small_trades_elect_nobody() -> None:
    market = Market({"last_lot": 5 * 10**8})
    market.sell(market.trader(stock=10), 10, stop=99_00)
    assert of(market.print(98_00, quantity=4), "elected") == []
    assert of(market.print(98_00, quantity=5), "elected") == ["#1 elected by 98.00: SELL 10 @ 93.10"]


def test_stops_are_elected_by_price_then_age(market: Market) -> None:
    """Buys lowest first, sells highest first, the oldest of one price first."""
    trader = market.trader(cash=10_000, stock=10)
    for stop in (103_00, 102_00, 102_00, 103_50):
        market.buy(trader, 1, stop=stop)
    said = market.print(103_00, quantity=100)  # the offers at 101.00 first
    market.sell(HOUSE, 1, at=103_00)
    said = market.buy(market.other, 2, at=103_00, tif=codes.IOC)
    assert [told.split()[0] for told in of(said, "elected")] == ["#6", "#7", "#5"]


def test_the_incoming_order_finishes_before_those_it_elected(market: Market) -> None:
    """It sweeps two prices; the stop elected by the first trade comes after the second."""
    market.buy(HOUSE, 5, at=98_00)
    market.sell(market.trader(stock=2), 2, stop=99_00)
    said = market.sell(market.other, 102, at=98_00)
    assert of(said, "takes") == [
        "trade: #7 takes 100 of #3 @ 99.00",
        "trade: #7 takes 2 of #5 @ 98.00",
        "trade: #6 takes 2 of #5 @ 98.00",
    ]


def test_an_elected_order_finishes_before_the_next(market: Market) -> None:
    """The first one's trade at 97.00 elects a third, which waits for the second's turn."""
    seller = market.trader(stock=300)
    market.buy(HOUSE, 1, at=97_00)
    market.buy(HOUSE, 50, at=96_00)
    for quantity, stop in ((100, 99_00), (2, 98_90), (3, 97_00)):
        market.sell(seller, quantity, stop=stop)
    said = market.sell(market.other, 1, at=99_00, tif=codes.IOC)
    assert of(said, "takes", "elected") == [
        "trade: #10 takes 1 of #3 @ 99.00",
        "trade: #7 takes 99 of #3 @ 99.00",
        "trade: #7 takes 1 of #5 @ 97.00",
        "trade: #8 takes 2 of #6 @ 96.00",
        "trade: #9 takes 3 of #6 @ 96.00",
        "#7 elected by 99.00: SELL 100 @ 94.05",
        "#8 elected by 97.00: SELL 2 @ 92.15",
        "#9 elected by 97.00: SELL 3 @ 92.15",
    ]


@pytest.mark.parametrize(
    ("tif", "end"), [(codes.IOC, "#5 cancelled: IOC, 20 left"), (codes.FOK, "#5 cancelled: FOK, 120 left")]
)
def test_an_elected_stop_keeps_its_time_in_force(market: Market, tif: int, end: str) -> None:
    market.buy(market.trader(cash=20_000), 120, stop=102_00, tif=tif)
    market.print(101_00, quantity=1)  # not yet
    market.sell(HOUSE, 1, at=102_00)
    market.cancel(HOUSE, market.sell(HOUSE, 1, at=110_00).order)
    said = market.buy(market.other, 101, at=102_00, tif=codes.IOC)
    assert of(said, "#5 cancelled")[0].startswith(end.split(",")[0])


def test_an_elected_stop_that_finds_no_price_level_ends() -> None:
    market = Market(levels=1)
    market.sell(market.trader(stock=10), 10, stop=99_00)
    market.buy(HOUSE, 1, at=99_00)
    market.sell(HOUSE, 1, at=109_00)
    said = market.sell(market.other, 1, at=99_00, tif=codes.IOC)
    assert of(said, "#1 cancelled") == ["#1 cancelled: BOOK_FULL, 10 left"]


def test_a_waiting_stop_is_cancelled_as_any_order(market: Market) -> None:
    seller = market.trader(stock=10)
    order = market.sell(seller, 10, stop=98_00).order
    assert market.cancel(seller, order).told == ["#5 cancelled: USER, 10 left"]
    assert market.stock(seller) == "10, 0 reserved"


def test_a_waiting_day_stop_expires_with_the_day(market: Market) -> None:
    market.sell(market.trader(stock=10), 10, stop=98_00)
    market.sell(market.trader(stock=10), 10, stop=98_00, tif=codes.GTC)
    said = market.do(commands.day_roll(20260105))
    assert of(said, "expired")[-1] == "#5 expired, 10 left"


@pytest.mark.parametrize("stop", [0, -1])
def test_a_stop_price_must_be_positive(stop: int) -> None:
    assert Market().sell(HOUSE, 1, stop=stop).code == "BAD_STOP_PRICE"


def test_a_stop_price_lies_on_the_tick() -> None:
    said = Market().sell(HOUSE, 1, stop_price=99_00_01, order_type=codes.STOP)
    assert (said.code, said.answer.observed) == ("TICK_SIZE", 99_00_01)


def test_a_stop_order_has_no_price_of_its_own() -> None:
    assert Market().sell(HOUSE, 1, at=99_00, stop=99_00, order_type=codes.STOP).code == "BAD_PRICE"


def test_a_cascade_goes_on_slice_by_slice() -> None:
    """Each stop's trade elects the next; accounts learn of it every two orders."""
    market = Market(slice=2)
    seller = market.trader(stock=50)
    for step in range(5):
        market.buy(HOUSE, 1, at=99_00 - 10 * step)
        market.sell(seller, 1, stop=99_00 - 10 * step)
    said = market.sell(market.other, 1, at=99_00, tif=codes.IOC)
    assert len(of(said, "elected")) == 5
    assert [told.split()[0] for told in said.told].count("trade:") == 5
