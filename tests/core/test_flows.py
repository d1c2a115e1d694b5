"""Core and oracle say the same to every command of seeded flows, and what must hold holds after each."""

from __future__ import annotations

from functools import cache

import pytest

from openbell.core import codes, records
from tests.core import commands, flows
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


def overflowing() -> list[bytes]:
    """The most shares that an instrument can have, the most cash that can be, and one more of each."""
    made = [commands.listing("MANY"), commands.open_account(codes.KIND_HOUSE)]
    issues = records.CASH_MAX // records.QUANTITY_MAX
    made += [commands.issue(4, 0, records.QUANTITY_MAX)] * issues + [commands.issue(4, 0, 1)]
    deposits = records.CASH_MAX // records.NOTIONAL_MAX
    made += [commands.deposit(4, records.NOTIONAL_MAX)] * deposits + [commands.deposit(4, 1)]
    return [commands.sequenced(command, seq, commands.START) for seq, command in enumerate(made, 2)]


@cache
def run_overflow() -> Seen:
    core, oracle = Core(commands.genesis()), Oracle(commands.genesis())
    seen = Seen()
    for record in overflowing():
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        seen.note(said)
    return seen


def test_no_more_cash_or_shares_than_a_sum_can_hold() -> None:
    assert run_overflow().codes[codes.E_OVERFLOW] == 2


def test_the_flows_reach_everything_the_core_can_say() -> None:
    seen = run_overflow()
    for name, seed in FLOWS:
        seen = seen + run(name, seed)
    assert seen.missing() == []
