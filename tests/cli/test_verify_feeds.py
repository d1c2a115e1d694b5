"""`openbell verify` of a data folder with a feed."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from openbell.cli.verify import verify
from openbell.market.feeds.recorder import FedRecorder
from openbell.market.migrate import migrate
from openbell.ops.settings import Settings
from tests.compliance.made import Log
from tests.market.feeds.made import intake
from tests.market.ticks.made import START, batch, trade


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A log, and a feed with two trades of GOLD."""
    Log(tmp_path, 1).close()
    made = Settings.load({}, data_dir=tmp_path, database_url=database)
    one = intake(made.feeds_dir, venue_fed=("GOLD",))
    number = one.number("GOLD")
    assert number is not None
    one.open("tests")
    one.take("tests", batch(trade(number, 500), trade(number, 600, time=START + 1)))
    one.flush()
    one.close()
    migrate(database)
    FedRecorder(made.feeds_dir, database).record()
    return made


def test_candles_of_feeds_are_compared_and_a_changed_one_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(settings, as_json=False) == 0
    assert "compared: candles of the feeds lab to 2\n" in capsys.readouterr().out
    with psycopg.connect(settings.database, autocommit=True) as connection:
        assert connection.execute("UPDATE market.fed_minutes SET close = 601").rowcount == 1
    assert verify(settings, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["feeds"] == {"lab": 2}
    assert said["differences"] == [
        f"the minute of GOLD (feed lab) that begins at {START} has close 601, the feed's ticks give 600"
    ]
