"""Stops meet what every order meets: self-trade prevention, ends, limits, kill switches, changed listings."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.core import codes, snapshot
from tests.core import commands
from tests.core.commands import SECOND, SHARE
from tests.core.story import HOUSE, Market, Said


def of(said: Said, *words: str) -> list[str]:
    return [told for told in said.told if any(word in told for word in words)]


@pytest.mark.parametrize(
    ("mode", "ends"),
    [
        (codes.CANCEL_NEWEST, ["#3 cancelled: SELF_TRADE, 10 left"]),
        (codes.CANCEL_OLDEST, ["#2 cancelled: SELF_TRADE, 4 left"]),
        (codes.CANCEL_BOTH, ["#2 cancelled: SELF_TRADE, 4 left", "#3 cancelled: SELF_TRADE, 10 left"]),
        (codes.DECREMENT, ["#2 cancelled: SELF_TRADE, 4 left", "#3 modified: 6 @ 94.05, goes behind"]),
    ],
)
def test_an_elected_stop_meets_its_owners_order_in_the_mode_it_came_with(mode: int, ends: list[str]) -> None:
    market = Market()
    owner = market.trader(cash=1000, stock=10)
    market.buy(HOUSE, 1, at=99_00)
    market.buy(owner, 4, at=98_00)
    market.sell(owner, 10, stop=99_00, stp=mode)
    said = market.sell(market.other, 1, at=99_00)
    assert of(said, "SELF_TRADE", "modified") == ends


def test_an_elected_fok_does_nothing_where_its_owners_order_is_in_the_way() -> None:
    market = Market()
    owner = market.trader(cash=1000, stock=5)
    market.buy(HOUSE, 1, at=99_00)
    market.buy(owner, 1, at=98_00)
    market.buy(HOUSE, 9, at=97_00)
    market.sell(owner, 5, stop=99_00, tif=codes.FOK)
    said = market.sell(market.other, 1, at=99_00)
    assert of(said, "cancelled", "trade: #4") == ["#4 cancelled: FOK, 5 left"]


def test_a_waiting_stop_ends_at_its_time() -> None:
    market = Market()
    seller = market.trader(stock=10)
    market.sell(seller, 10, stop=98_00, tif=codes.GTD, expire_ts=market.ts + 1000 + SECOND)
    assert market.tick(SECOND).told == ["#1 expired, 10 left"]
    assert market.stock(seller) == "10, 0 reserved"


def test_an_elected_stop_ends_at_its_time_too() -> None:
    market = Market()
    market.print(98_00)
    market.sell(market.trader(stock=10), 10, stop=98_00, tif=codes.GTD, expire_ts=market.ts + 1000 + SECOND)
    assert of(market.tick(SECOND), "expired") == ["#3 expired, 10 left"]


@pytest.mark.parametrize("closed", [False, True])
def test_a_restart_forgets_no_end_of_an_order_that_waits(tmp_path: Path, closed: bool) -> None:
    """A stop, or an order that came while the market was closed."""
    market = Market()
    ends = {"tif": codes.GTD, "expire_ts": market.ts + 10 * SECOND}
    if closed:
        market.phase("CLOSED")
        market.buy(HOUSE, 1, at=99_00, **ends)
    else:
        market.sell(HOUSE, 1, stop=98_00, **ends)
    snapshot.save(market.exchange, tmp_path / "snapshot", {})
    restarted, _ = snapshot.load(tmp_path / "snapshot")
    assert restarted.timers.count == 1
    record = commands.sequenced(commands.plain(codes.C_TICK), restarted.position + 1, market.ts + 10 * SECOND)
    for exchange in (restarted, market.exchange):
        exchange.run(record, 0, len(record))
    assert snapshot.state_hash(restarted) == snapshot.state_hash(market.exchange)


def test_a_kill_switch_cancels_waiting_stops_and_refuses_new_ones() -> None:
    market = Market()
    seller = market.trader(stock=10)
    market.sell(seller, 10, stop=98_00)
    said = market.do(commands.switch(codes.C_KILL, codes.SCOPE_ACCOUNT, account=seller))
    assert said.told[0] == "#1 cancelled: KILL, 10 left"
    assert market.sell(seller, 10, stop=98_00).code == "KILLED"


def test_cancel_all_takes_waiting_stops_of_the_side() -> None:
    market = Market()
    trader = market.trader(cash=1000, stock=10)
    market.buy(trader, 1, stop=102_00)
    market.sell(trader, 1, stop=98_00)
    market.buy(trader, 1, at=99_00)
    said = market.do(commands.cancel_all(trader, side=codes.BUY))
    assert of(said, "cancelled") == ["#1 cancelled: USER, 1 left", "#3 cancelled: USER, 1 left"]


def test_two_stops_at_different_prices_are_no_duplicates() -> None:
    market = Market()
    market.do(commands.set_limits(duplicate_ns=SECOND))
    app = {"flags": codes.FROM_APP}
    assert market.sell(HOUSE, 1, stop=98_00, **app).code == "OK"
    assert market.sell(HOUSE, 1, stop=97_00, **app).code == "OK"
    assert market.sell(HOUSE, 1, stop=97_00, **app).code == "DUPLICATE"


def test_a_buy_stop_keeps_the_cap_it_reserved_when_the_collar_changes() -> None:
    market = Market()
    market.buy(market.trader(cash=2000), 10, stop=102_00)
    market.trail(codes.BUY, market.trader(cash=2000), 10, by=2_00)
    market.do(commands.set_listing(0, market_collar=2000))
    assert sorted(of(market.print(102_00), "elected")) == [
        "#1 elected by 102.00: BUY 10 @ 107.10",
        "#2 elected by 102.00: BUY 10 @ 107.10",
    ]


def test_the_tick_does_not_change_while_a_stop_waits() -> None:
    market = Market()
    order = market.sell(HOUSE, 1, stop=98_00).order
    assert market.do(commands.set_listing(0, tick_size=500)).code == "OPEN_ORDERS"
    market.cancel(HOUSE, order)
    assert market.do(commands.set_listing(0, tick_size=500)).code == "OK"


@pytest.mark.parametrize("kind", [codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP])
def test_a_stop_is_never_post_only(kind: int) -> None:
    at = 99_00 if kind == codes.STOP_LIMIT else 0
    said = Market().sell(HOUSE, 1, at=at, order_type=kind, stop_price=100_00, flags=codes.POST_ONLY)
    assert said.code == "UNSUPPORTED"


@pytest.mark.parametrize("kind", [codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP])
@pytest.mark.parametrize(("quantity", "code"), [(1, "UNSUPPORTED"), (0, "BAD_QUANTITY")])
def test_a_stop_is_never_for_so_much_money(kind: int, quantity: int, code: str) -> None:
    at = 99_00 if kind == codes.STOP_LIMIT else 0
    asked = {"order_type": kind, "stop_price": 100_00, "notional": 100_00_00}
    assert Market().sell(HOUSE, quantity, at=at, **asked).code == code


def test_a_market_order_for_so_much_money_elects_stops() -> None:
    market = Market()
    market.sell(HOUSE, 2, at=100_00)
    market.sell(HOUSE, 5, at=101_00)
    market.buy(market.trader(cash=1000), 1, stop=101_00)
    said = market.buy(market.other, 0, order_type=codes.MARKET, notional=450_00_00)
    assert of(said, "takes", "elected") == [
        "trade: #4 takes 2 of #1 @ 100.00",
        "trade: #4 takes 2 of #2 @ 101.00",
        "trade: #3 takes 1 of #2 @ 101.00",
        "#3 elected by 101.00: BUY 1 @ 106.05",
    ]


def test_a_group_of_owners_is_one_owner_for_elected_stops() -> None:
    market = Market()
    owner = int(market.do(commands.open_account(codes.KIND_DEMO, 0, HOUSE, group=HOUSE)).answer.account)
    market.do(commands.transfer(HOUSE, owner, 0, 0, 5 * SHARE))
    market.buy(market.other, 1, at=99_00)
    market.buy(HOUSE, 5, at=98_00)
    market.sell(owner, 5, stop=99_00)
    said = market.sell(market.trader(stock=1), 1, at=99_00)
    assert of(said, "SELF_TRADE") == ["#3 cancelled: SELF_TRADE, 5 left"]
