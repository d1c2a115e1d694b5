"""Kill switches: what is open in a scope is cancelled, what is new is refused, until somebody lifts it."""

from __future__ import annotations

import pytest

from openbell.core import codes
from tests.core import commands
from tests.core.commands import USD
from tests.core.story import HOUSE, Market

SCOPES = (codes.SCOPE_ACCOUNT, codes.SCOPE_FIRM, codes.SCOPE_INSTRUMENT, codes.SCOPE_VENUE)


@pytest.fixture
def market() -> Market:
    """Account 5 belongs to firm 1; it and the house have an order each in both instruments."""
    made = Market()
    made.list("MSFT")
    made.do(commands.set_limits(firm=1))
    made.do(commands.open_account(codes.KIND_DEMO, 1000 * USD, HOUSE, firm=1))
    for account in (5, HOUSE):
        for instrument in (0, 1):
            made.buy(account, 1, at=99_00, instrument=instrument)
    return made


def named(scope: int) -> dict[str, int]:
    return {
        codes.SCOPE_ACCOUNT: {"account": 5},
        codes.SCOPE_FIRM: {"firm": 1},
        codes.SCOPE_INSTRUMENT: {"instrument": 0},
        codes.SCOPE_VENUE: {},
    }[scope]


@pytest.mark.parametrize(
    ("scope", "ended", "name"),
    [
        (codes.SCOPE_ACCOUNT, ["#1", "#2"], "account 5"),
        (codes.SCOPE_FIRM, ["#1", "#2"], "firm 1"),
        (codes.SCOPE_INSTRUMENT, ["#3", "#1"], "instrument 0"),
        (codes.SCOPE_VENUE, ["#3", "#4", "#1", "#2"], "the venue"),
    ],
)
def test_a_kill_cancels_what_is_open_in_its_scope(
    market: Market, scope: int, ended: list[str], name: str
) -> None:
    said = market.do(commands.kill(scope, **named(scope)))
    told = [line for line in said.told if "cancelled:" in line]
    assert told == [f"{order} cancelled: KILL, 1 left" for order in ended]
    assert said.told[-1] == f"{name} killed, {len(ended)} cancelled"
    assert said.answer.count == len(ended)


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_killed_takes_nothing_new_until_it_is_lifted(market: Market, scope: int) -> None:
    market.do(commands.kill(scope, **named(scope)))
    refused = market.buy(5, 1, at=99_00)
    assert (refused.code, refused.answer.limit) == ("KILLED", scope)
    assert market.do(commands.lift(scope, **named(scope))).told[-1].endswith("lifted")
    assert market.buy(5, 1, at=99_00).code == "OK"


def test_a_kill_leaves_the_others_alone(market: Market) -> None:
    market.do(commands.kill(codes.SCOPE_ACCOUNT, account=5))
    market.do(commands.kill(codes.SCOPE_INSTRUMENT, instrument=1))
    assert market.buy(HOUSE, 1, at=99_00).code == "OK"


def test_to_kill_again_is_no_mistake_and_to_lift_what_is_not_set_is(market: Market) -> None:
    market.do(commands.kill(codes.SCOPE_VENUE))
    assert market.do(commands.kill(codes.SCOPE_VENUE)).told == ["the venue killed, 0 cancelled"]
    market.do(commands.lift(codes.SCOPE_VENUE))
    assert market.do(commands.lift(codes.SCOPE_VENUE)).code == "NOT_ALLOWED"


def test_a_kill_of_many_orders_runs_in_slices() -> None:
    market = Market(slice=3)
    for _ in range(8):
        market.buy(HOUSE, 1, at=99_00)
    said = market.do(commands.kill(codes.SCOPE_VENUE))
    levels = [line for line in said.told if line.startswith("level")]
    assert (said.answer.count, len(levels)) == (8, 8)
    first = said.told.index("#1 cancelled: KILL, 1 left")
    assert first == 3  # the first slice's levels came before its ends


def test_a_scope_that_is_not_there_is_refused_by_name(market: Market) -> None:
    assert market.do(commands.kill(codes.SCOPE_FIRM, firm=2)).code == "UNKNOWN_FIRM"
    assert market.do(commands.kill(codes.SCOPE_INSTRUMENT, instrument=2)).code == "UNKNOWN_INSTRUMENT"
    assert market.do(commands.kill(codes.SCOPE_ACCOUNT)).code == "UNKNOWN_ACCOUNT"
    assert market.do(commands.kill(9)).code == "UNSUPPORTED"


def test_what_a_kill_freed_can_be_spent(market: Market) -> None:
    market.do(commands.kill(codes.SCOPE_ACCOUNT, account=5))
    assert market.cash(5) == "1000.00, 0.00 reserved"
    assert market.do(commands.withdraw(5, 1000 * USD)).code == "OK"
