"""Hypothesis looks for flows on which core and oracle differ, and shrinks what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tests.core import commands
from tests.core.differences import assert_same
from tests.core.draw import Step, T
from tests.core.driver import Core
from tests.core.flows import assemble
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.profiles import PROFILES, Profile, opening
from tests.core.scale import examples
from tests.core.steps import Steps
from tests.core.views import assert_views_same

PARTS = 8  # lists are short by themselves, and shrink best
STEPS_MAX = 12


class Drawn:
    """Choices that Hypothesis makes, and makes simpler."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, options: Sequence[T]) -> T:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))


@st.composite
def steps(draw: st.DrawFn, made: Profile) -> Step:
    return Steps(made, Drawn(draw)).step()


def flow_of(name: str) -> st.SearchStrategy[tuple[str, list[Step]]]:
    part = st.lists(steps(PROFILES[name]), max_size=STEPS_MAX)
    return st.tuples(
        st.just(name), st.tuples(*[part] * PARTS).map(lambda parts: list(chain.from_iterable(parts)))
    )


@examples(compiled=100, interpreted=15)
@given(st.sampled_from(sorted(PROFILES)).flatmap(flow_of))
def test_no_flow_makes_them_differ(flow: tuple[str, list[Step]]) -> None:
    made = PROFILES[flow[0]]
    genesis = commands.genesis(**made.limits)
    core, oracle = Core(genesis), Oracle(genesis)
    invariants = Invariants(core.exchange)
    for number, record in enumerate(assemble(made, flow[1])):
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        if number >= len(opening(made)):
            invariants.check(said[1])
    assert_views_same(core.exchange, oracle)
