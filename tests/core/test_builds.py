"""Interpreted, compiled and checked are one core: the same flows give the same bytes and the same state.

The expected digests are those of the interpreted core: `pytest tests/core --core=interpreted --write-golden`
writes them, after a change of what the core says or keeps.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
from pathlib import Path

import pytest

from openbell.core import snapshot
from openbell.core.exchange import Exchange
from tests.core import builds, commands, flows
from tests.core.driver import assert_none_unraised
from tests.core.profiles import PROFILES
from tests.core.scale import INTERPRETED
from tests.core.story import HOUSE, Market

GOLDEN = Path(__file__).parent / "golden" / "flows.json"
SEEDS = (1001, 1002)
STEPS = 1000
FLOWS = [f"{name} {seed}" for name in PROFILES for seed in SEEDS]


def run(records: list[bytes], genesis: bytes, batch: int) -> tuple[Exchange, bytes, bytes]:
    """The exchange after a flow applied `batch` commands at a time, and all its answers and events."""
    exchange = Exchange(genesis)
    answers, events = bytearray(), bytearray()
    for first in range(0, len(records), batch):
        data = b"".join(records[first : first + batch])
        at = 0
        while at < len(data):
            at = exchange.run(data, at, len(data))
            answers += exchange.answers(0, exchange.answer_count)
            events += exchange.events(0, exchange.event_count)
            exchange.clear()
    assert_none_unraised()
    return exchange, bytes(answers), bytes(events)


def digests(flow: str, batch: int) -> dict[str, str]:
    name, seed = flow.split()
    records = flows.seeded(name, int(seed), STEPS)
    exchange, answers, events = run(records, commands.genesis(**PROFILES[name].limits), batch)
    return {
        "commands": hashlib.sha256(b"".join(records)).hexdigest(),
        "answers": hashlib.sha256(answers).hexdigest(),
        "events": hashlib.sha256(events).hexdigest(),
        "state": snapshot.state_hash(exchange),
    }


@pytest.fixture(scope="module")
def golden(pytestconfig: pytest.Config) -> dict[str, dict[str, str]]:
    if pytestconfig.getoption("--write-golden", False):
        assert INTERPRETED, "only the interpreted core is the model"
        GOLDEN.parent.mkdir(exist_ok=True)
        made = {flow: digests(flow, 64) for flow in FLOWS}
        GOLDEN.write_text(json.dumps(made, indent=2) + "\n")
    loaded: dict[str, dict[str, str]] = json.loads(GOLDEN.read_text())
    return loaded


@pytest.mark.parametrize("flow", FLOWS)
def test_every_build_says_the_same_and_ends_the_same(flow: str, golden: dict[str, dict[str, str]]) -> None:
    found = digests(flow, 64)
    assert found["commands"] == golden[flow]["commands"], "the flow itself is another: --write-golden"
    assert found == golden[flow]


@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_batches_make_no_difference(batch: int, golden: dict[str, dict[str, str]]) -> None:
    assert digests(FLOWS[0], batch) == golden[FLOWS[0]]


def declared(module: str) -> list[str]:
    """The attributes that a module's .pxd declares; none where it has no .pxd."""
    if module not in builds.compiled_names():
        return []
    text = (builds.SOURCE / f"{module}.pxd").read_text()
    return re.findall(r"^    cdef (?:public |readonly )?[\w\[\]: ]+? (\w+)$", text, re.MULTILINE)


@pytest.mark.skipif(not INTERPRETED, reason="compiled, attributes are there from the start")
def test_every_declared_attribute_is_there_from_the_start() -> None:
    """Else the interpreted core fails where the compiled one reads a zero."""
    exchange = Exchange(commands.genesis())
    parts = [exchange, *(part for part in vars(exchange).values() if not isinstance(part, ctypes.Array))]
    missing = [
        f"{type(part).__name__}.{name}"
        for part in parts
        if type(part).__module__.startswith(builds.PACKAGE)
        for name in declared(type(part).__module__.removeprefix(builds.PACKAGE))
        if name != "source" and not hasattr(part, name)
    ]
    assert missing == []


@pytest.mark.skipif("compiled" in builds.described(), reason="compiled, nothing looks at an index")
def test_an_index_past_an_arrays_end_fails_the_test_that_met_it() -> None:
    market = Market()
    order = market.sell(HOUSE, 1, at=101_00).order
    row = market.exchange.memory["tickets"][market.exchange.lookup_order(order)]
    row.holding = 10**6
    with pytest.raises((IndexError, AssertionError), match=r"(?i)index"):
        market.cancel(HOUSE, order)


def test_the_run_tests_the_build_that_was_asked_for(pytestconfig: pytest.Config) -> None:
    form = pytestconfig.getoption("--core", None)
    if form is None:
        form = "compiled" if builds.is_compiled() else "interpreted"
    assert builds.described().startswith(f"openbell.core runs {form}")
