"""A blotter counts every fill once, whichever way and however often it is told."""

from __future__ import annotations

from openbell.simulator.blotter import Blotter, Order


def order(level: int = 0) -> Order:
    return Order("0000000000001", "AAPL", "BUY", 30_000, 10, level)


def blotter() -> Blotter:
    made = Blotter()
    made.reset([], {"AAPL": 100}, 1_000_000)
    return made


def test_a_fill_moves_shares_and_cash() -> None:
    made = blotter()
    made.add(order())
    made.update("0000000000001", 4, False)
    assert made.shares["AAPL"] == 104
    assert made.cash == 1_000_000 - 4 * 30_000


def test_a_fill_told_twice_counts_once() -> None:
    made = blotter()
    made.add(order())
    made.update("0000000000001", 4, False)
    made.update("0000000000001", 4, False)
    made.update("0000000000001", 3, False)
    assert made.shares["AAPL"] == 104


def test_a_fill_told_before_the_answer_counts_when_the_answer_comes() -> None:
    made = blotter()
    made.update("0000000000001", 4, False)
    assert made.shares["AAPL"] == 100
    made.add(order())
    assert made.shares["AAPL"] == 104
    assert made.orders["0000000000001"].leaves == 6


def test_an_end_told_before_the_answer_leaves_no_order() -> None:
    made = blotter()
    made.update("0000000000001", 10, True)
    made.add(order())
    assert made.orders == {}
    assert made.at("AAPL", "BUY", 0) is None
    assert made.shares["AAPL"] == 110


def test_a_filled_order_leaves_its_place() -> None:
    made = blotter()
    made.add(order())
    assert made.best("AAPL", "BUY") == 30_000
    made.update("0000000000001", 10, True)
    assert made.best("AAPL", "BUY") is None


def test_a_new_order_in_the_same_place_survives_the_end_of_the_old() -> None:
    made = blotter()
    made.add(order())
    newer = Order("0000000000002", "AAPL", "BUY", 30_010, 10, 0)
    made.add(newer)
    made.update("0000000000001", 0, True)
    assert made.at("AAPL", "BUY", 0) is newer


def test_fills_of_unknown_orders_do_not_grow_without_bound() -> None:
    made = blotter()
    for number in range(5_000):
        made.update(f"{number:013d}", 1, True)
    assert len(made._early) <= 1_000
