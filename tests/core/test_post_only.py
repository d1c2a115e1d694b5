"""POST_ONLY: an order that is there to be met is refused where it would meet another."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core.story import HOUSE, Market

POST = {"flags": codes.POST_ONLY}


@pytest.mark.parametrize(("at", "code"), [(99_99, "OK"), (100_00, "POST_ONLY"), (101_00, "POST_ONLY")])
def test_a_bid_at_the_best_offer_or_above_is_refused(at: int, code: str) -> None:
    market = Market()
    market.sell(HOUSE, 5, at=100_00)
    assert market.buy(HOUSE, 1, at=at, **POST).code == code


def test_the_refusal_says_what_it_would_have_traded_at() -> None:
    market = Market()
    market.buy(HOUSE, 5, at=100_00)
    said = market.sell(HOUSE, 1, at=98_00, **POST)
    assert (said.answer.limit, said.answer.observed) == (100_0000, 98_0000)


@pytest.mark.parametrize("tif", [codes.IOC, codes.FOK])
def test_what_cannot_rest_cannot_be_post_only(tif: int) -> None:
    assert Market().buy(HOUSE, 1, at=99_00, tif=tif, **POST).code == "UNSUPPORTED"


def test_a_market_order_cannot_be_post_only() -> None:
    assert Market().buy(HOUSE, 1, order_type=codes.MARKET, **POST).code == "UNSUPPORTED"


def test_a_modify_may_not_make_it_take() -> None:
    market = Market()
    seller = market.trader(stock=10)
    market.buy(HOUSE, 5, at=100_00)
    order = market.sell(seller, 5, at=101_00, **POST).order
    assert market.modify(seller, order, at=100_00).code == "POST_ONLY"
    assert market.stock(seller) == "10, 5 reserved"
    assert market.modify(seller, order, at=100_01, quantity=6).code == "OK"


def test_it_is_met_as_any_other() -> None:
    market = Market()
    market.sell(market.trader(stock=10), 5, at=100_00, **POST)
    assert market.buy(HOUSE, 5, at=100_00).status == "FILLED"
