"""Rate limits: a second's worth at once, then as fast as time passes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openbell.gateway.limits import BUCKETS_MAX, RateLimiter
from openbell.gateway.role import make_services
from openbell.node.client import NodeClient
from openbell.node.genesis import make_genesis
from openbell.ops.settings import Settings


class Clock:
    """A clock that a test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_seconds_worth_passes_and_then_no_more(clock: Clock) -> None:
    limiter = RateLimiter(3)
    assert [bool(limiter.take(5)) for _ in range(4)] == [False, False, False, True]


def test_what_was_refused_passes_when_it_was_told_to(clock: Clock) -> None:
    limiter = RateLimiter(2)
    limiter.take(5)
    limiter.take(5)
    clock.now += limiter.take(5)
    assert limiter.take(5) == 0


def test_accounts_do_not_share(clock: Clock) -> None:
    limiter = RateLimiter(1)
    limiter.take(5)
    assert limiter.take(6) == 0


def test_another_gateways_messages_count(clock: Clock) -> None:
    limiter = RateLimiter(2)
    limiter.spend(5)
    limiter.spend(5)
    assert limiter.take(5) > 0


def test_what_passed_elsewhere_holds_back_a_second_at_most(clock: Clock) -> None:
    limiter = RateLimiter(2)
    for _ in range(1_000):
        limiter.spend(5)
    clock.now += 1.5
    assert limiter.take(5) == 0


def test_a_session_may_carry_a_higher_limit(clock: Clock) -> None:
    limiter = RateLimiter(1)
    assert [limiter.take(5, 3) for _ in range(3)] == [0, 0, 0]


def test_what_is_left_never_exceeds_a_seconds_worth(clock: Clock) -> None:
    limiter = RateLimiter(2)
    limiter.take(5)
    clock.now += 3600
    assert limiter.left(5) == 2


def test_the_accounts_remembered_are_bounded(clock: Clock) -> None:
    limiter = RateLimiter(1)
    for account in range(BUCKETS_MAX + 10):
        limiter.take(account)
    assert len(limiter._buckets) == BUCKETS_MAX


def test_the_settings_are_the_limits(tmp_path: Path) -> None:
    settings = Settings.load({}, data_dir=tmp_path, order_rate=7, read_rate=8, demo_rate=9)

    class Node(NodeClient):
        genesis = make_genesis(settings, 1)

    made = make_services(settings, Node(tmp_path / "node.sock", "test", "gateway"))
    try:
        limits = (made.limiter.limit, made.readers.limit, made.throttle.limit)
    finally:
        made.throttle.close()
    assert limits == (7, 8, 9)
