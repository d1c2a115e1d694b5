"""`openbell verify` of a log whose beginning is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.cli.verify import compare, verify
from openbell.ops.settings import Settings
from tests.compliance.made import Log


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A data folder whose log begins after a snapshot that it has, and goes on to a later one."""
    log = Log(tmp_path, 20)
    log.snapshot()
    log.add(20)
    log.snapshot()
    log.add(5)
    log.journal.drop(1_002)
    log.close()
    return Settings.load({}, data_dir=tmp_path, database_url=database)


def test_it_begins_at_the_oldest_snapshot_and_says_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare(settings, lambda _at, _of: None)
    assert (found["from"], found["commands"], found["differences"]) == (1_002, 1_250, [])
    assert verify(settings, as_json=False) == 0
    said = capsys.readouterr().out
    assert "the log's beginning is gone: replayed from the snapshot at 1,002; of the ledger" in said


def test_a_later_snapshot_that_differs_is_still_found(settings: Settings) -> None:
    early, late = sorted(settings.snapshot_dir.glob("*.snapshot"))
    data = early.read_bytes().replace(b'"position": 1002', b'"position": 2002')
    assert data != early.read_bytes()
    late.write_bytes(data)
    (difference,) = compare(settings, lambda _at, _of: None)["differences"]
    assert str(late) in difference
