"""Stories that changes of the core once lived without: what each needs is rare in flows."""

from __future__ import annotations

from openbell.core import codes, records, view
from tests.core import commands
from tests.core.commands import SHARE, USD
from tests.core.story import HOUSE, Market


def test_a_client_id_is_kept_to_its_last_character() -> None:
    market = Market()
    text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
    order = market.buy(HOUSE, 1, at=90_00, blob=text.encode()).order
    found = view.order(market.exchange, order)
    assert found and found["client_id"] == text


def test_what_an_order_before_asked_for_is_forgotten_with_it() -> None:
    """A ticket is used again: its next order, hidden by a modify, has no minimum."""
    market = Market(request_ttl_ns=1000)
    first = market.buy(HOUSE, 9, at=90_00, display=0, min_quantity=7 * SHARE).order
    market.cancel(HOUSE, first)
    market.tick()
    second = market.buy(HOUSE, 9, at=90_00).order
    assert market.exchange.lookup_order(second) == 0, "the first order's ticket"
    market.modify(HOUSE, second, display=0)
    found = view.order(market.exchange, second)
    assert found and (found["display"], found["min_quantity"]) == (0, 0)
    assert market.sell(market.other, 1, at=90_00, tif=codes.IOC).answer.filled == SHARE


def test_a_modify_is_limited_by_what_is_open_of_it() -> None:
    market = Market()
    trader = market.trader(cash=5000)
    market.do(commands.set_limits(trader, order_quantity_max=5 * SHARE))
    order = market.buy(trader, 5, at=100_00).order
    market.sell(HOUSE, 3, at=100_00)
    assert market.modify(trader, order, 8).code == "OK"
    assert market.modify(trader, order, 9).code == "ORDER_QUANTITY"


def test_the_venues_exposure_holds_for_who_comes_later() -> None:
    market = Market()
    market.do(commands.set_limits(exposure_max=100 * USD))
    trader = market.trader(cash=5000)
    assert market.buy(trader, 1, at=100_00).code == "OK"
    assert market.buy(trader, 1, at=95_00).code == "EXPOSURE"


def test_shares_that_are_promised_are_not_there_for_a_bust() -> None:
    """The buyer offers what it bought: the error account gives in its place."""
    market = Market()
    buyer, seller = market.trader(cash=500), market.trader(stock=5)
    market.sell(seller, 2, at=100_00)
    market.buy(buyer, 2, at=100_00)
    market.sell(buyer, 1, at=105_00)
    said = market.do(commands.bust(1))
    assert said.code == "OK"
    assert market.stock(buyer) == "1, 1 reserved"
    assert market.shares_of(seller) == 5 * SHARE
    assert market.shares_of(records.ERROR_ACCOUNT) == -SHARE


def test_an_issue_without_room_for_its_holding_says_how_much_there_is() -> None:
    market = Market(positions=1)
    second = market.list("MORE")
    said = market.do(commands.issue(HOUSE, second, SHARE, USD))
    assert (said.code, said.answer.limit, said.answer.observed) == ("POSITIONS_FULL", 1, 2)
