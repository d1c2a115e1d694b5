"""A data folder under a small cap at 20 times the default rate, for 100 s: `openbell bench retention`."""

from __future__ import annotations

import argparse

import pytest

from openbell.cli.bench import load

SECONDS = 100
CAP_MIB = 448


@pytest.mark.timeout(400)
def test_at_20_times_the_default_rate_the_folder_stays_below_its_cap() -> None:
    bench = load("retention")
    parser = argparse.ArgumentParser()
    bench.arguments(parser)
    words = ["--seconds", str(SECONDS), "--cap-mib", str(CAP_MIB), "--turns", "event files", "ledger parts"]
    found = bench.run(parser.parse_args(words))
    assert found["value"] <= 100
    assert found["times_default"] > 19
