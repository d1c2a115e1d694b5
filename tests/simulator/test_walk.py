"""Fair values: the same seed gives the same walk, and it comes back to the reference."""

from __future__ import annotations

import itertools
import math
from random import Random

from openbell.simulator.stock import Stock
from openbell.simulator.walk import FairValues, Walk
from tests.simulator.desk import AAPL, TINY


def test_the_same_seed_gives_the_same_values() -> None:
    first, second = FairValues([AAPL, TINY], 7), FairValues([AAPL, TINY], 7)
    for at_s in (0.5, 1.0, 60.0, 3_600.0):
        assert first.value(AAPL, at_s) == second.value(AAPL, at_s)


def test_another_seed_gives_other_values() -> None:
    assert FairValues([AAPL], 7).value(AAPL, 60.0) != FairValues([AAPL], 8).value(AAPL, 60.0)


def test_a_stock_starts_at_its_last_price() -> None:
    stock = Stock("AAPL", "Tech", 10**12, 30_000, 31_000)
    assert math.isclose(FairValues([stock], 1).value(stock, 0.0), 31_000)


def test_a_stock_far_from_its_reference_comes_back() -> None:
    stock = Stock("AAPL", "Tech", 10**12, 30_000, 36_000)
    assert abs(FairValues([stock], 1).value(stock, 86_400.0) / 30_000 - 1) < 0.06


def test_stocks_of_one_sector_move_together() -> None:
    pair = [Stock(name, "Tech", 10**12, 10_000, 10_000) for name in ("A", "B")]
    other = Stock("C", "Energy", 10**12, 10_000, 10_000)
    values = FairValues([*pair, other], 3)
    steps = [[math.log(values.value(s, 600.0 * k)) for s in (*pair, other)] for k in range(2_000)]
    moves = [[b - a for a, b in zip(x, y, strict=True)] for x, y in itertools.pairwise(steps)]
    within = sum(move[0] * move[1] for move in moves)
    across = sum(move[0] * move[2] for move in moves)
    assert within > across > 0


def test_a_walk_looked_at_often_spreads_as_far_as_one_looked_at_once() -> None:
    def spread(looks: int) -> float:
        total = 0.0
        for k in range(400):
            walk = Walk(0.01, 100.0, Random(f"{looks}/{k}"))
            for look in range(looks):
                walk.advance(50.0 * (look + 1) / looks)
            total += walk.value**2
        return math.sqrt(total / 400)

    expected = 0.01 * math.sqrt(1 - math.exp(-1))
    assert abs(spread(1) / expected - 1) < 0.15
    assert abs(spread(20) / expected - 1) < 0.15
