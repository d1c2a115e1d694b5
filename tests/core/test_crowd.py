"""A market of fifty instruments and a thousand accounts: core and oracle equal, and no hole in the table.

`make proof ARGS="--commands 10000000"` is the long form of this.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from openbell.core import codes
from tests.core import race
from tests.core.audit import Audit, must_meet, pages
from tests.core.builds import described
from tests.core.race import Found
from tests.core.scale import INTERPRETED

COMPILED = "compiled" in described()
STEPS = 50_000 if COMPILED else 2_000 if INTERPRETED else 10_000
SEEDS = range(4 if COMPILED else 1)


@cache
def run(seed: int) -> Found:
    return race.crowded(seed, STEPS, 1_000 if INTERPRETED else race.VERIFY_EVERY)


@pytest.mark.parametrize("seed", SEEDS)
def test_core_and_oracle_say_the_same_to_a_crowd(seed: int) -> None:
    assert run(seed).audit.seen.commands > STEPS


@pytest.mark.skipif(not COMPILED, reason="only the fastest build runs enough for everything to happen")
def test_a_crowd_leaves_no_hole_in_the_table() -> None:
    audit = sum((run(seed).audit + race.others(seed).audit for seed in SEEDS), race.edged())
    assert audit.seen.commands > 200_000
    assert audit.missing() == []
    assert len(audit.never_met()) < len(must_meet()) // 20, "two rules met too seldom for a long run"


def test_one_seed_is_one_flow() -> None:
    assert race.crowded(7, 50).digest.hexdigest() == race.crowded(7, 50).digest.hexdigest()
    assert race.crowded(7, 50).digest.hexdigest() != race.crowded(8, 50).digest.hexdigest()


def test_a_hole_is_named() -> None:
    """What nobody came to: a rule, a refusal, and two rules that never met."""
    missing = Audit().missing()
    assert "refusal KYC" in missing
    assert "rule bust" in missing
    assert "fees with hidden" in Audit().never_met()
    found = Audit()
    found.rules = Counter(pages())
    found.pairs = Counter(must_meet())
    found.seen.codes = Counter(codes.REFUSAL_NAMES)
    assert [hole for hole in found.missing() if hole.startswith(("rule", "refusal"))] == []
    assert found.never_met() == []


def test_counts_are_the_same_when_they_were_kept() -> None:
    audit = race.crowded(3, 200).audit
    assert Audit.loaded(audit.kept()).kept() == audit.kept()
