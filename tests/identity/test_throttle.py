"""The demo throttle: one count for all gateways, a minute long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openbell.identity.throttle import Throttle


def test_the_call_over_the_limit_is_told_when_to_come_back(tmp_path: Path) -> None:
    throttle = Throttle(tmp_path / "demo", limit=3)
    waits = [throttle.take("203.0.113.9") for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 1 <= waits[3] <= 60


def test_another_address_is_not_held_back(tmp_path: Path) -> None:
    throttle = Throttle(tmp_path / "demo", limit=1)
    throttle.take("203.0.113.9")
    assert throttle.take("203.0.113.10") == 0


def test_two_gateways_count_together(tmp_path: Path) -> None:
    first, second = Throttle(tmp_path / "demo", limit=1), Throttle(tmp_path / "demo", limit=1)
    first.take("203.0.113.9")
    assert second.take("203.0.113.9") > 0


def test_a_minute_later_it_passes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle(tmp_path / "demo", limit=1)
    throttle.take("203.0.113.9")
    later = time.time() + 60.5
    monkeypatch.setattr(time, "time", lambda: later)
    assert throttle.take("203.0.113.9") == 0


def test_a_clock_that_went_back_does_not_lock_anybody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttle = Throttle(tmp_path / "demo", limit=1)
    throttle.take("203.0.113.9")
    earlier = time.time() - 86_400
    monkeypatch.setattr(time, "time", lambda: earlier)
    assert throttle.take("203.0.113.9") == 0
