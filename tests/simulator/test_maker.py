"""A maker's messages: only what must change, in an order in which it never meets itself."""

from __future__ import annotations

from random import Random

from openbell.simulator.maker import CANCEL, CHANGE, NEW, plan
from openbell.simulator.quoting import LEVELS, Means, ladder
from tests.simulator.desk import AAPL, Desk

RICH = Means(1_000_000, 1_000_000, 10**12)


def quoted(fair: float = 30_935.0, seed: int = 1) -> Desk:
    desk = Desk({"AAPL": 1_000_000})
    desk.send(plan(AAPL, ladder(AAPL, fair, RICH, Random(seed)), desk.blotter, Random(seed)))
    return desk


def test_an_empty_ladder_is_filled_on_both_sides() -> None:
    sent = quoted().sent
    assert [intent.kind for intent in sent] == [NEW] * 2 * LEVELS
    assert {(intent.side, intent.level) for intent in sent} == {
        (side, level) for side in ("BUY", "SELL") for level in range(LEVELS)
    }


def test_a_rise_moves_the_asks_first() -> None:
    desk = quoted()
    intents = plan(AAPL, ladder(AAPL, 31_500.0, RICH, Random(2)), desk.blotter, Random(2))
    assert [intent.side for intent in intents] == ["SELL"] * LEVELS + ["BUY"] * LEVELS
    assert {intent.kind for intent in intents} == {CHANGE}


def test_a_fall_moves_the_bids_first() -> None:
    desk = quoted()
    intents = plan(AAPL, ladder(AAPL, 30_500.0, RICH, Random(2)), desk.blotter, Random(2))
    assert [intent.side for intent in intents] == ["BUY"] * LEVELS + ["SELL"] * LEVELS


def test_no_message_on_the_way_lets_the_ladder_cross() -> None:
    desk, random = quoted(), Random(3)
    fair = 30_935.0
    for _ in range(300):
        fair *= random.lognormvariate(0.0, 0.0005)
        for intent in plan(AAPL, ladder(AAPL, fair, RICH, random), desk.blotter, random):
            desk.send([intent])
            bid, ask = desk.blotter.best("AAPL", "BUY"), desk.blotter.best("AAPL", "SELL")
            assert bid is not None
            assert ask is not None
            assert bid < ask


def test_a_small_move_leaves_the_prices_alone() -> None:
    desk = quoted()
    intents = plan(AAPL, ladder(AAPL, 30_935.1, RICH, Random(2)), desk.blotter, Random(2))
    assert all(
        intent.kind == CANCEL or intent.price == intent.order.price for intent in intents if intent.order
    )


def test_a_filled_level_is_quoted_again() -> None:
    desk = quoted()
    order = desk.blotter.at("AAPL", "BUY", 0)
    assert order is not None
    desk.blotter.update(order.id, order.quantity, True)
    intents = plan(AAPL, ladder(AAPL, 30_935.0, RICH, Random(2)), desk.blotter, Random(2))
    assert [(i.kind, i.side, i.level) for i in intents] == [(NEW, "BUY", 0)]


def test_a_mostly_filled_order_is_topped_up_when_it_moves() -> None:
    desk = quoted()
    order = desk.blotter.at("AAPL", "BUY", 0)
    assert order is not None
    desk.blotter.update(order.id, order.quantity - 1, False)
    intents = plan(AAPL, ladder(AAPL, 31_500.0, RICH, Random(2)), desk.blotter, Random(2))
    change = next(i for i in intents if i.side == "BUY" and i.level == 0)
    assert change.quantity > order.filled + 1


def test_the_best_level_is_never_withdrawn_without_need() -> None:
    desk, random = quoted(), Random(4)
    for _ in range(200):
        intents = plan(AAPL, ladder(AAPL, 30_935.0, RICH, random), desk.blotter, random)
        assert not [i for i in intents if i.kind == CANCEL and i.level == 0]
        desk.send(intents)
