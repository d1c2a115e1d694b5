"""What queries see: orders newest first, narrowed and paged; accounts that were quiet; orders by key."""

from __future__ import annotations

import pytest

from openbell.core import codes, view
from tests.core import commands
from tests.core.story import HOUSE, Market


@pytest.fixture
def market() -> Market:
    """Orders 1 and 4 work, 2 was cancelled, 3 was rejected; 4 is on another instrument."""
    made = Market()
    made.list("MSFT")
    made.buy(HOUSE, 1, at=99_00)
    made.cancel(HOUSE, made.buy(HOUSE, 2, at=98_00).order)
    made.buy(HOUSE, 3, at=150_00)
    made.do(commands.order(HOUSE, 1, codes.BUY, 10**6, 10**8, blob=b"mine", header={"key_low": 7}))
    return made


def names(
    market: Market, status: str, instrument: int | None = None, before: int = 0, limit: int = 9
) -> list[str]:
    found = view.orders(market.exchange, HOUSE, status, instrument, before, limit)
    return [market.name(order["order"]) for order in found]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("all", ["#4", "#3", "#2", "#1"]), ("working", ["#4", "#1"]), ("ended", ["#3", "#2"])],
)
def test_orders_come_newest_first(market: Market, status: str, expected: list[str]) -> None:
    assert names(market, status) == expected


def test_orders_are_narrowed_by_instrument(market: Market) -> None:
    assert names(market, "all", instrument=1) == ["#4"]


def test_pages_join(market: Market) -> None:
    first = view.orders(market.exchange, HOUSE, "all", None, 0, 2)
    assert names(market, "all", before=first[-1]["order"], limit=2) == ["#2", "#1"]


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
@pytest.mark.parametrize("before", [0, 3, 5])
def test_the_newest_are_found_whatever_order_they_ended_in(limit: int, before: int) -> None:
    market = Market()
    made = [market.buy(HOUSE, 1, at=99_00).order for _ in range(6)]
    for number in (5, 0, 3, 1, 4):
        market.cancel(HOUSE, made[number])
    bound = made[before] if before else 0
    expected = sorted((made[n] for n in (5, 0, 3, 1, 4) if not bound or made[n] < bound), reverse=True)
    found = view.orders(market.exchange, HOUSE, "ended", None, bound, limit)
    assert [order["order"] for order in found] == expected[:limit]


def test_an_unknown_status_is_refused_by_name(market: Market) -> None:
    with pytest.raises(ValueError, match="'open'"):
        view.orders(market.exchange, HOUSE, "open", None, 0, 1)


@pytest.mark.parametrize("account", [-1, 0, 5, 10**6])
def test_an_account_that_is_not_has_nothing(market: Market, account: int) -> None:
    assert view.account(market.exchange, account) is None
    assert view.orders(market.exchange, account, "all", None, 0, 10) == []


def test_an_order_is_found_by_its_key(market: Market) -> None:
    found = view.order_by_key(market.exchange, HOUSE, 7, 0)
    assert found
    assert (market.name(found["order"]), found["client_id"]) == ("#4", "mine")
    assert view.order(market.exchange, found["order"]) == found
    assert view.order_by_key(market.exchange, HOUSE, 8, 0) is None
    assert view.order_by_key(market.exchange, 1, 7, 0) is None
    assert view.order(market.exchange, 12345) is None


def test_a_key_of_another_command_names_no_order(market: Market) -> None:
    market.do(commands.deposit(HOUSE, 1, key_low=9))
    assert view.order_by_key(market.exchange, HOUSE, 9, 0) is None


def test_idle_accounts_are_those_that_asked_for_no_order_since(market: Market) -> None:
    quiet, busy = market.trader(cash=500), market.trader(cash=500)
    then = market.ts + 1
    market.buy(busy, 1, at=99_00)
    assert view.idle_accounts(market.exchange, codes.KIND_DEMO, then, 10) == [quiet]
    assert view.idle_accounts(market.exchange, codes.KIND_DEMO, market.ts + 1, 1) == [quiet]
    assert view.idle_accounts(market.exchange, codes.KIND_DEMO, market.ts + 1, 10) == [quiet, busy]
    market.do(commands.close_account(quiet, HOUSE))
    assert view.idle_accounts(market.exchange, codes.KIND_DEMO, market.ts + 1, 10) == [busy]


def test_depth_shows_the_best_levels_first(market: Market) -> None:
    market.buy(HOUSE, 5, at=99_00)
    market.buy(HOUSE, 1, at=97_00)
    market.buy(HOUSE, 1, at=96_00)
    market.sell(HOUSE, 1, at=101_00)
    assert view.depth(market.exchange, 0, 2) == {
        "bids": [[990_000, 6 * 10**8, 2], [970_000, 10**8, 1]],
        "asks": [[1_010_000, 10**8, 1]],
    }


def test_an_instrument_that_is_not_is_none(market: Market) -> None:
    assert view.instrument(market.exchange, 2) is None
    assert view.instrument(market.exchange, -1) is None
