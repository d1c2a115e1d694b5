"""Good till date: orders end by the log's time, in the order of end and entry, and a restart forgets none."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from tests.core import commands
from tests.core.commands import SECOND
from tests.core.story import HOUSE, Market

DAY = 86_400 * SECOND


def tick(market: Market, after: int) -> list[str]:
    return market.do(commands.plain(codes.C_TICK), after).told


def enter(market: Market, ends: int, at: int = 99_00) -> int:
    """A bid of the house that ends so many nanoseconds from now."""
    order = market.buy(HOUSE, 1, at=at, tif=codes.GTD, expire_ts=market.ts + 1000 + ends).order
    return int(order)


def test_many_orders_end_in_the_order_of_their_time_and_entry() -> None:
    market = Market(slice=4)
    draw = random.Random(7)
    ends: dict[int, tuple[int, int]] = {}
    for _ in range(60):
        due = market.ts + 1000 + draw.randint(1, 6) * SECOND
        order = enter(market, due - market.ts - 1000, at=draw.randint(95_00, 99_00))
        ends[order] = (due, order)
    for order in draw.sample(sorted(ends), 20):
        market.cancel(HOUSE, order)
        del ends[order]
    for order in draw.sample(sorted(ends), 5):  # a modify keeps the end
        market.modify(HOUSE, order, at=90_00)
    told = [line for line in tick(market, 7 * SECOND) if "expired" in line]
    assert told == [f"{market.name(order)} expired, 1 left" for order in sorted(ends, key=ends.__getitem__)]
    assert market.exchange.timers.count == 0


def test_orders_that_are_due_end_before_the_command_that_comes() -> None:
    market = Market()
    enter(market, SECOND)
    said = market.do(commands.order(HOUSE, 0, codes.SELL, 99 * 10**4, 10**8), SECOND)
    assert [line for line in said.told if "level" not in line] == [
        "#1 expired, 1 left",
        "#2 accepted: SELL 1 @ 99.00",
    ]
    assert said.answer.events == len(said.told)


@pytest.mark.parametrize(
    ("ends", "code"), [(1, "OK"), (0, "BAD_EXPIRY"), (366 * DAY, "OK"), (366 * DAY + 1, "BAD_EXPIRY")]
)
def test_an_end_lies_after_now_and_within_366_days(ends: int, code: str) -> None:
    market = Market()
    said = market.buy(HOUSE, 1, at=99_00, tif=codes.GTD, expire_ts=market.ts + 1000 + ends)
    assert said.code == code


def test_a_day_roll_leaves_gtd_orders_alone() -> None:
    market = Market()
    enter(market, DAY)
    assert "#1 expired, 1 left" not in market.do(commands.day_roll(20240102)).told


def test_a_rejected_order_leaves_no_timer() -> None:
    market = Market()
    market.buy(HOUSE, 1, at=99_005, tif=codes.GTD, expire_ts=market.ts + SECOND)
    market.buy(market.trader(), 1, at=99_00, tif=codes.GTD, expire_ts=market.ts + SECOND)
    assert market.exchange.timers.count == 0


def test_a_loaded_exchange_ends_them_at_the_same_time(tmp_path: Path) -> None:
    market = Market()
    for ends in (3, 1, 2):
        enter(market, ends * SECOND)
    snapshot.save(market.exchange, tmp_path / "s", {})
    loaded, _ = snapshot.load(tmp_path / "s")
    assert loaded.timers.count == 3
    record = commands.sequenced(commands.plain(codes.C_TICK), loaded.position + 1, market.ts + 2 * SECOND)
    loaded.run(record, 0, len(record))
    assert loaded.timers.count == 1
    assert loaded.event_count == 4


def test_the_capacity_of_working_orders_is_that_of_timers() -> None:
    market = Market(orders=5, open_orders_per_account=9)
    for _ in range(5):
        enter(market, SECOND)
    assert market.buy(HOUSE, 1, at=99_00, tif=codes.GTD, expire_ts=market.ts + SECOND).code == "ORDERS_FULL"
    tick(market, SECOND)
    enter(market, SECOND)


def test_an_order_that_waits_for_its_phase_ends_at_its_time_in_a_loaded_exchange(tmp_path: Path) -> None:
    market = Market()
    market.phase("CLOSED")
    enter(market, SECOND)
    snapshot.save(market.exchange, tmp_path / "s", {})
    assert snapshot.load(tmp_path / "s")[0].timers.count == 1
