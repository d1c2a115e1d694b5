"""Stops outside continuous trading: stored in every phase but a suspension, armed by continuous trading."""

from __future__ import annotations

import pytest

from openbell.core import codes
from openbell.core.records import ANY_INSTRUMENT
from tests.core import commands
from tests.core.commands import SECOND
from tests.core.story import HOUSE, Market, Said

CALL = 300 * SECOND


def elected(said: Said) -> list[str]:
    return [told for told in said.told if "elected" in told]


def cross(market: Market, at: int, quantity: int = 5, instrument: int = 0) -> None:
    """Orders that the next auction trades at this price."""
    market.buy(HOUSE, quantity, at=at, instrument=instrument)
    market.sell(market.trader(stock=quantity, instrument=instrument), quantity, at=at, instrument=instrument)


@pytest.fixture
def market() -> Market:
    return Market(listing={"flags": codes.AUCTIONS})


def test_the_print_of_an_opening_elects_after_the_phase_has_begun(market: Market) -> None:
    market.phase("PRE_OPEN")
    market.sell(market.trader(stock=10), 10, stop=99_00)
    cross(market, 98_00)
    told = market.phase("CONTINUOUS").told
    assert told.index("phase: CONTINUOUS after PRE_OPEN") < told.index("level: SELL 93.10 has 10 in 1")
    assert "#1 elected by 98.00: SELL 10 @ 93.10" in told


def test_what_the_auction_leaves_over_is_traded_by_those_it_elected(market: Market) -> None:
    market.phase("PRE_OPEN")
    market.buy(HOUSE, 3, at=97_00)
    market.sell(market.trader(stock=10), 10, stop=99_00)
    cross(market, 98_00)
    assert "trade: #2 takes 3 of #1 @ 97.00" in market.phase("CONTINUOUS").told


def test_an_opening_without_a_trade_elects_nobody(market: Market) -> None:
    """A condition that held in a call is not looked at before the next trade."""
    market.print(100_00)
    market.phase("AUCTION_CALL")
    said = market.buy(market.trader(cash=2000), 5, stop=100_00)
    assert (said.status, elected(said)) == ("PENDING", [])
    assert elected(market.phase("CONTINUOUS")) == []
    assert market.status(said.order) == "PENDING"
    assert elected(market.print(100_00)) == ["#3 elected by 100.00: BUY 5 @ 105.00"]


def test_a_modify_in_a_call_elects_nobody(market: Market) -> None:
    market.print(100_00)
    buyer = market.trader(cash=2000)
    order = market.buy(buyer, 5, stop=103_00).order
    market.phase("AUCTION_CALL")
    assert elected(market.modify(buyer, order, stop=99_00)) == []
    market.phase("CONTINUOUS")
    assert elected(market.modify(buyer, order, stop=98_00)) == ["#3 elected by 100.00: BUY 5 @ 102.90"]


def test_the_print_of_a_closing_auction_moves_marks_and_elects_nobody(market: Market) -> None:
    follower = market.trail(codes.SELL, market.trader(stock=5), 5, by=2_00).order
    loss = market.sell(market.trader(stock=5), 5, stop=104_00, tif=codes.GTC).order
    market.phase("CLOSING_AUCTION")
    cross(market, 104_00)
    assert elected(market.phase("CLOSED")) == []
    assert (market.status(follower), market.status(loss)) == ("PENDING", "PENDING")
    assert market.exchange.floor.lookup(follower)[:2] == (102_00_00, 104_00_00)


def test_the_next_opening_elects_what_the_close_did_not(market: Market) -> None:
    market.sell(market.trader(stock=5), 5, stop=99_00, tif=codes.GTC)
    market.phase("CLOSING_AUCTION")
    cross(market, 98_00)
    market.phase("CLOSED")
    market.do(commands.day_roll(20260105))
    market.phase("PRE_OPEN")
    cross(market, 98_50)
    assert elected(market.phase("CONTINUOUS")) == ["#1 elected by 98.50: SELL 5 @ 93.58"]


def test_a_call_of_the_exchanges_own_elects_when_its_time_comes(market: Market) -> None:
    """The events of the cascade belong to the command whose time made the call end."""
    market.sell(market.trader(stock=5), 5, stop=99_00)
    market.do(commands.plain(codes.C_SUSPEND))
    market.do(commands.plain(codes.C_RESUME))
    cross(market, 98_00)
    said = market.tick(CALL)
    assert elected(said) == ["#1 elected by 98.00: SELL 5 @ 93.10"]
    assert said.answer.events == len(said.told)


def test_calls_that_end_at_once_run_one_cascade_after_the_other(market: Market) -> None:
    """What the first instrument elected has its turns before the second one's auction."""
    market.list("MSFT", flags=codes.AUCTIONS)
    market.do(commands.issue(HOUSE, 1, 10**6 * 10**8, 80 * 10**4))
    for instrument in (0, 1):
        market.sell(market.trader(stock=5, instrument=instrument), 5, stop=99_00, instrument=instrument)
    market.phase("AUCTION_CALL", instrument=ANY_INSTRUMENT)
    for instrument in (0, 1):
        cross(market, 98_00, instrument=instrument)
    told = market.phase("CONTINUOUS", instrument=ANY_INSTRUMENT).told
    phases = [i for i, line in enumerate(told) if line.startswith("phase: CONTINUOUS")]
    assert phases[0] < told.index("level: SELL 93.10 has 5 in 1") < phases[1]
    assert [line.split()[0] for line in told if "elected" in line] == ["#1", "#2"]


def test_a_suspended_instrument_takes_no_stop_and_lets_them_be_cancelled(market: Market) -> None:
    seller = market.trader(stock=5)
    order = market.sell(seller, 5, stop=99_00).order
    market.do(commands.plain(codes.C_SUSPEND))
    assert market.sell(HOUSE, 5, stop=99_00).code == "SUSPENDED"
    assert market.modify(seller, order, stop=98_00).code == "SUSPENDED"
    assert market.cancel(seller, order).told == ["#1 cancelled: USER, 5 left"]


@pytest.mark.parametrize("tif", [codes.OPG, codes.CLS])
def test_a_stop_is_for_no_auction(market: Market, tif: int) -> None:
    assert market.sell(HOUSE, 5, stop=99_00, tif=tif).code == "UNSUPPORTED"
