"""Core and oracle say the same to every command of seeded flows, and what must hold holds after each."""

from __future__ import annotations

from functools import cache

import pytest

from openbell.core import codes
from tests.core import commands, edges, flows
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.profiles import PROFILES
from tests.core.scale import much
from tests.core.seen import Seen
from tests.core.views import assert_views_same

STEPS = 400
VIEWS_EVERY = 40
SEEDS = range(much(compiled=12, interpreted=4))
FLOWS = [(name, seed) for name in PROFILES for seed in SEEDS]


@cache
def run(name: str, seed: int) -> Seen:
    """Drive both through one flow; returns what was seen on the way."""
    genesis = commands.genesis(**PROFILES[name].limits)
    core, oracle = Core(genesis), Oracle(genesis)
    invariants = Invariants(core.exchange)
    seen = Seen()
    for number, record in enumerate(flows.seeded(name, seed, STEPS)):
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        invariants.check(said[1])
        if number % VIEWS_EVERY == 0:
            assert_views_same(core.exchange, oracle)
        seen.note(said)
    assert_views_same(core.exchange, oracle)
    return seen


@pytest.mark.parametrize(("name", "seed"), FLOWS)
def test_core_and_oracle_say_the_same(name: str, seed: int) -> None:
    assert run(name, seed).commands > STEPS


@cache
def run_overflow() -> Seen:
    return drive(edges.overflowing())


def drive(made: list[bytes]) -> Seen:
    core, oracle = Core(commands.genesis()), Oracle(commands.genesis())
    seen = Seen()
    for record in made:
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        seen.note(said)
    return seen


def test_no_more_cash_or_shares_than_a_sum_can_hold() -> None:
    assert run_overflow().codes[codes.E_OVERFLOW] == 2


def test_no_more_firms_and_restrictions_than_there_is_room_for() -> None:
    seen = run_overflow()
    assert (seen.codes[codes.E_FIRMS_FULL], seen.codes[codes.E_RESTRICTIONS_FULL]) == (1, 1)


def test_the_flows_reach_everything_the_core_can_say() -> None:
    seen = run_overflow() + drive(edges.rare())
    for name, seed in FLOWS:
        seen = seen + run(name, seed)
    assert seen.missing() == []
