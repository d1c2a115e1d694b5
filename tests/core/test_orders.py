"""Time in force and type: what a FOK, an IOC and a market order do with what is there."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core.story import Market


@pytest.fixture
def market() -> Market:
    """Five shares offered at 100.00 and five at 101.00."""
    made = Market()
    seller = made.trader(stock=100)
    made.sell(seller, 5, at=100_00)
    made.sell(seller, 5, at=101_00)
    return made


def test_an_ioc_takes_what_is_there_and_ends(market: Market) -> None:
    buyer = market.trader(cash=5000)
    said = market.buy(buyer, 8, at=100_00, tif=codes.IOC)
    assert said.told[-1] == "#3 cancelled: IOC, 3 left"
    assert (said.status, said.reason, said.answer.filled) == ("CANCELLED", "IOC", 5 * 10**8)
    assert market.cash(buyer) == "4500.00, 0.00 reserved"


def test_a_fok_fills_whole(market: Market) -> None:
    said = market.buy(market.trader(cash=5000), 8, at=101_00, tif=codes.FOK)
    assert (said.status, said.answer.notional) == ("FILLED", 803 * 10**4)


def test_a_fok_that_cannot_fill_whole_touches_nothing(market: Market) -> None:
    buyer = market.trader(cash=5000)
    assert market.buy(buyer, 8, at=100_99, tif=codes.FOK).told == [
        "#3 accepted: BUY 8 @ 100.99",
        "#3 cancelled: FOK, 8 left",
    ]
    assert market.cash(buyer) == "5000.00, 0.00 reserved"


def test_a_fok_finds_what_many_orders_hold_together(market: Market) -> None:
    assert market.buy(market.trader(cash=5000), 10, at=101_00, tif=codes.FOK).status == "FILLED"


def test_a_market_order_sweeps_prices(market: Market) -> None:
    said = market.buy(market.trader(cash=5000), 7, order_type=codes.MARKET)
    assert (said.status, said.answer.notional) == ("FILLED", 702 * 10**4)


@pytest.mark.parametrize("tif", [codes.DAY, codes.GTC, codes.IOC])
def test_a_market_order_never_rests(market: Market, tif: int) -> None:
    said = market.buy(market.trader(cash=5000), 12, order_type=codes.MARKET, tif=tif)
    assert said.told[-1] == "#3 cancelled: NO_LIQUIDITY, 2 left"


def test_a_market_fok_fills_whole_or_not_at_all(market: Market) -> None:
    said = market.buy(market.trader(cash=5000), 11, order_type=codes.MARKET, tif=codes.FOK)
    assert (said.status, said.reason, said.answer.filled) == ("CANCELLED", "FOK", 0)


def test_a_market_order_stops_at_the_collar(market: Market) -> None:
    """Five percent above the reference, which is the lone best offer."""
    seller = market.trader(stock=100)
    market.sell(seller, 5, at=105_01)
    said = market.buy(market.trader(cash=5000), 15, order_type=codes.MARKET)
    assert said.told[0] == "#4 accepted: BUY 15 @ 105.00"
    assert said.told[-1] == "#4 cancelled: COLLAR, 5 left"


def test_a_market_order_reserves_at_the_collar(market: Market) -> None:
    said = market.buy(market.trader(cash=1049), 10, order_type=codes.MARKET)
    assert (said.code, said.answer.limit, said.answer.observed) == (
        "INSUFFICIENT_FUNDS",
        1049 * 10**4,
        1050 * 10**4,
    )


def test_the_collar_is_at_least_ten_ticks() -> None:
    market = Market({"reference_price": 100, "market_collar": 500})
    market.sell(4, 1, at=11)
    said = market.buy(market.trader(cash=10), 1, order_type=codes.MARKET)
    assert said.told[0] == "#2 accepted: BUY 1 @ 0.21"  # the offer, clamped to 0.11, and ten ticks


@pytest.mark.parametrize(
    ("at", "code"), [(110_00, "OK"), (110_01, "PRICE_COLLAR"), (109_99, "OK"), (1_00, "OK")]
)
def test_a_limit_far_through_the_reference_is_refused(at: int, code: str) -> None:
    market = Market()
    assert market.buy(4, 1, at=at).code == code


def test_a_sell_limit_far_below_the_reference_is_refused() -> None:
    market = Market()
    assert market.sell(4, 1, at=90_00).code == "OK"
    market = Market()
    said = market.sell(4, 1, at=89_99)
    assert (said.code, said.answer.limit, said.answer.observed) == ("PRICE_COLLAR", 900_000, 899_900)
    assert said.told == ["#1 rejected: PRICE_COLLAR"]


def test_protections_off_lets_any_price_in() -> None:
    market = Market({"flags": codes.PROTECTIONS_OFF, "min_notional": 10**10})
    assert market.buy(4, 1, at=500_00).code == "OK"


def test_a_rejected_order_is_kept_with_its_reason() -> None:
    market = Market()
    said = market.buy(market.trader(cash=10), 1, at=100_00)
    assert said.told == ["#1 rejected: INSUFFICIENT_FUNDS"]
    kept = market.oracle.state.orders[said.order]
    assert (kept.status, kept.code) == (codes.ST_REJECTED, codes.E_INSUFFICIENT_FUNDS)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"order_type": 5}, "BAD_TYPE"),
        ({"tif": codes.GTD}, "BAD_EXPIRY"),
        ({"tif": 7}, "BAD_TIME_IN_FORCE"),
        ({"display": 0, "tif": codes.IOC}, "UNSUPPORTED"),
        ({"min_quantity": 1}, "BAD_MIN_QUANTITY"),
        ({"stop_price": 1}, "UNSUPPORTED"),
        ({"notional": 1}, "UNSUPPORTED"),
        ({"notional": 1, "order_type": codes.MARKET, "at": 0}, "BAD_QUANTITY"),
        ({"expire_ts": 1}, "BAD_EXPIRY"),
        ({"stp": 4}, "BAD_MODE"),
        ({"flags": 1, "tif": codes.IOC}, "UNSUPPORTED"),
        ({"flags": 8}, "UNSUPPORTED"),
        ({"order_type": codes.MARKET}, "BAD_PRICE"),
    ],
)
def test_what_these_rules_do_not_offer_is_refused(fields: dict[str, int], code: str) -> None:
    assert Market().buy(4, 1, **({"at": 100_00} | fields)).code == code


def test_the_sale_of_a_whole_position_may_be_small() -> None:
    market = Market({"min_notional": 200 * 10**4})
    small, smaller = market.trader(stock=1), market.trader(stock=2)
    assert market.sell(smaller, 1, at=100_00).code == "MIN_NOTIONAL"
    assert market.sell(small, 1, at=100_00).code == "OK"
    assert market.sell(market.trader(stock=0), 1, at=100_00).code == "MIN_NOTIONAL"
    assert market.buy(market.trader(cash=500), 1, at=100_00).code == "MIN_NOTIONAL"


def test_more_than_the_whole_position_is_no_sale_of_it() -> None:
    market = Market({"min_notional": 300 * 10**4})
    assert market.sell(market.trader(stock=1), 2, at=100_00).code == "MIN_NOTIONAL"
