"""A trader's orders: takers only, within what the account has."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from openbell.simulator.trader import CLIPS_MAX, decide
from tests.simulator.desk import AAPL

RICH = 10**12


def orders(fair: float, shares: int = 10_000, cash: int = RICH, count: int = 400):  # type: ignore[no-untyped-def]
    random = Random(1)
    return [decide(AAPL, fair, 30_930, 30_940, shares, cash, random) for _ in range(count)]


def test_limits_reach_through_the_best_price_and_markets_have_none() -> None:
    for order in orders(30_935.0):
        if order.type == "MARKET":
            assert order.price == 0
        elif order.side == "BUY":
            assert 30_940 <= order.price <= 30_942
        else:
            assert 30_928 <= order.price <= 30_930


def test_both_kinds_are_sent_and_none_of_them_rests() -> None:
    sent = orders(30_935.0)
    assert {order.type for order in sent} == {"MARKET", "LIMIT"}
    assert {order.time_in_force for order in sent} == {"IOC"}


def test_while_orders_gather_they_stand_for_the_day() -> None:
    gathered = decide(AAPL, 30_935.0, 30_930, 30_940, 10_000, RICH, Random(1), "DAY")
    assert gathered == replace(orders(30_935.0, count=1)[0], time_in_force="DAY")


def test_what_looks_cheap_is_bought_more_often() -> None:
    bought = sum(order.side == "BUY" for order in orders(31_200.0))
    assert bought > 240


def test_who_has_no_shares_buys() -> None:
    assert {order.side for order in orders(30_000.0, shares=0)} == {"BUY"}


def test_who_has_little_cash_sells_what_there_is() -> None:
    sent = orders(31_200.0, shares=3, cash=100)
    assert {order.side for order in sent} == {"SELL"}
    assert max(order.quantity for order in sent) <= 3


def test_who_has_nothing_sends_nothing() -> None:
    assert set(orders(30_935.0, shares=0, cash=0)) == {None}


def test_no_order_is_much_larger_than_usual() -> None:
    assert max(order.quantity for order in orders(30_935.0)) <= CLIPS_MAX * AAPL.clip / 30_940
