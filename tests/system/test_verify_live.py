"""`openbell verify` beside an exchange at work: nothing differs, and orders do not wait for it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bench.venue import Venue
from tests.system.conftest import MakeVenue
from tests.system.paced import PacedLoad
from tests.system.test_kill import open_traders

RATE = 8.0  # requests a second of each trader
GAP_SECONDS_MAX = 2.0  # without an answer to a trader who asks all the time
PARTS = ("ledgerPosition", "candlesPosition", "ticksPosition")


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_finds_no_difference_twice_in_a_row_under_load(venue: MakeVenue) -> None:
    one = venue("--rate", "100", OPENBELL_TICKS_FLUSH_S="1")
    one.start()
    with PacedLoad(open_traders(one, 7), RATE) as load:
        time.sleep(5)
        first = verified(one)
        second = verified(one)
    print(f"{first}\n{second}\n{load.answers} answers, none further apart than {load.gap_s():.2f} s")
    assert not load.failed, load.failed
    assert load.gap_s() < GAP_SECONDS_MAX
    assert all(0 < first[name] < second[name] for name in PARTS), (first, second)
    one.stop()
    last = verified(one)
    assert all(last[name] >= second[name] for name in PARTS), (second, last)


def verified(one: Venue) -> dict[str, Any]:
    """What verify prints; nothing differs."""
    done = one.verify()
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["differences"] == []
    return found
