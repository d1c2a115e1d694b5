"""Candles of all intervals over HTTP, from now to before the first start: `openbell bench history`, small."""

from __future__ import annotations

import argparse

import pytest

from openbell.cli.bench import load
from openbell.market.intervals import INTERVALS


@pytest.mark.timeout(400)
def test_every_answer_is_what_the_trades_come_to() -> None:
    bench = load("history")
    parser = argparse.ArgumentParser()
    bench.arguments(parser)
    found = bench.run(parser.parse_args(["--days", "3", "--stocks", "2", "--reads", "1"]))
    assert set(found["intervals"]) == set(INTERVALS)
    assert found["proof"]["answers"] == found["reads"] == 4 * 3 + 7 * 4
    assert min(found["proof"]["candles_equal"].values()) > 300
