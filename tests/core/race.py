"""Drives core and oracle side by side through one flow, and counts what the flow came to."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.core import commands, crowd, edges, flows
from tests.core.audit import Audit
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.profiles import PROFILES
from tests.core.views import assert_views_same

VERIFY_EVERY = 10_000
OTHER_STEPS = 1000
OTHER_VERIFY_EVERY = 50


@dataclass
class Found:
    """What one flow came to; `digest` is of all commands and of all that was said."""

    audit: Audit = field(default_factory=Audit)
    digest: Any = field(default_factory=hashlib.sha256)


def race(genesis: bytes, records: Iterable[bytes], verify_every: int) -> Found:
    """Both say the same to every record; what must hold holds every so often and in the end.

    Raises:
        AssertionError: they differ, or something does not hold; the message names the command.
    """
    core, oracle = Core(genesis), Oracle(genesis)
    invariants = Invariants(core.exchange)
    found = Found()
    for number, record in enumerate(records, 1):
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        invariants.note(said[1])
        found.audit.note(record, said)
        found.digest.update(record + repr(said).encode())
        if number % verify_every == 0:
            verify(invariants, number)
    verify(invariants, number)
    assert_views_same(core.exchange, oracle)
    return found


def verify(invariants: Invariants, number: int) -> None:
    try:
        invariants.verify()
    except AssertionError as error:
        raise AssertionError(f"after {number} commands: {error}") from error


def crowded(seed: int, steps: int, verify_every: int = VERIFY_EVERY) -> Found:
    """One seed's flow of the crowd."""
    return race(commands.genesis(**crowd.CROWD.limits), crowd.flow(seed, steps), verify_every)


def others(seed: int, steps: int = OTHER_STEPS) -> Found:
    """One seed's flows of all other profiles."""
    found = Found()
    for name, made in PROFILES.items():
        flow = flows.seeded(name, seed, steps)
        one = race(commands.genesis(**made.limits), flow, OTHER_VERIFY_EVERY)
        found.audit += one.audit
        found.digest.update(one.digest.digest())
    return found


def edged() -> Audit:
    """The flows of edges."""
    audit = Audit()
    for flow in (edges.overflowing(), edges.rare()):
        audit += race(commands.genesis(), flow, len(flow)).audit
    return audit


def run_seed(seed: int, steps: int) -> dict[str, Any]:
    """Everything of one seed, as what a file can keep."""
    started = time.perf_counter()
    one, more = crowded(seed, steps), others(seed)
    seconds = time.perf_counter() - started
    return {
        "seed": seed,
        "commands": one.audit.seen.commands,
        "others": more.audit.seen.commands,
        "seconds": round(seconds, 1),
        "digest": hashlib.sha256(one.digest.digest() + more.digest.digest()).hexdigest(),
        "audit": (one.audit + more.audit).kept(),
    }
