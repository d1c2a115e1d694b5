"""`openbell replay`: the recorded hour fits the exchange, and the node gives what the core gives."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openbell.cli.replay import companion, symbol_of

DATA = Path(__file__).parents[3] / "shared" / "data" / "lobster"
HOUR = DATA / "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"
HITS_PERCENT = 99.3
BEST_EQUAL_PERCENT = 99.8


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openbell.cli", "replay", "lobster", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def replayed(*arguments: str) -> dict[str, Any]:
    done = run("--json", *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def recording(folder: Path) -> Path:
    """A few messages, half a second apart, with their companion."""
    path = folder / "TEST_2020-01-02_1_2_message_1.csv"
    path.write_text(
        "34200.0,1,10,100,1000000,1\n34200.5,1,11,100,1010000,-1\n34201.0,4,10,40,1000000,1\n34201.5,3,11,100,1010000,-1\n"
    )
    beside = folder / "TEST_2020-01-02_1_2_orderbook_1.csv"
    beside.write_text(
        "9999999999,0,1000000,100\n1010000,100,1000000,100\n1010000,100,1000000,60\n9999999999,0,1000000,60\n"
    )
    return path


def test_a_recording_goes_through_core_node_and_journal(tmp_path: Path) -> None:
    found = replayed(str(recording(tmp_path)))
    assert found["book"] == "TEST_2020-01-02_1_2_orderbook_1.csv"
    assert (found["hits"], found["checkable"], found["hits_percent"]) == (1, 1, 100.0)
    assert found["best_prices_and_sizes_equal_percent"] == 100.0
    assert found["core_messages_per_second"] > 0
    assert found["node_messages_per_second"] > 0


def test_speed_is_a_multiple_of_the_recorded_one(tmp_path: Path) -> None:
    found = replayed(str(recording(tmp_path)), "--speed", "2")
    assert 3 < found["node_messages_per_second"] < 7  # four messages in 0.75 s


def test_a_person_gets_a_line_a_figure(tmp_path: Path) -> None:
    done = run(str(recording(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert "hits percent                         100.0" in done.stdout


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("hello\n")
    done = run(str(path))
    assert done.returncode == 1
    assert "line 1" in done.stderr
    assert run(str(tmp_path / "none.csv")).returncode == 1


def test_the_companion_beside_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    path = recording(tmp_path)
    assert companion(path) == tmp_path / "TEST_2020-01-02_1_2_orderbook_1.csv"
    assert companion(tmp_path / "other.csv") is None
    assert symbol_of(path) == "TEST"


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not here")
def test_the_recorded_hour_fits_the_exchange(tmp_path: Path) -> None:
    found = replayed(str(HOUR))
    assert found["checkable"] == 4_055
    assert found["hits_percent"] >= HITS_PERCENT
    assert found["best_prices_equal_percent"] >= BEST_EQUAL_PERCENT
    assert found["refused"] == 0


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not here")
def test_a_companion_with_all_levels_can_be_given(tmp_path: Path) -> None:
    head = tmp_path / "AAPL_message_50.csv"
    with gzip.open(HOUR) as hour:
        head.write_bytes(b"".join(hour.readlines()[:672]))
    book = DATA / "AAPL_2012-06-21_34200000_37800000_orderbook_50.first672.csv.gz"
    found = replayed(str(head), "--book", str(book))
    assert found["book_rows"] == 672
