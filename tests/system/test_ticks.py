"""Ticks of a living market whose worker is killed again and again: the store holds what the log says."""

from __future__ import annotations

import random
import time

import pytest

from openbell.cli.rerun import Rerun
from openbell.market.calendar import calendar_of
from openbell.market.candles import Batch
from openbell.market.intervals import INTERVALS
from openbell.market.ticks.batch import COLUMNS
from openbell.market.ticks.checkpoint import Checkpoint, load
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import CHECKPOINT
from openbell.market.ticks.tape import Tape
from openbell.ops.settings import Settings
from tests.market.ticks.aggregation import candles_sql
from tests.market.ticks.made import rows_of
from tests.system.conftest import MakeVenue

KILLS = 4


def checkpoint(settings: Settings) -> Checkpoint:
    found = load(settings.ticks_dir / CHECKPOINT)
    assert found is not None
    return found


def wait_for_more(settings: Settings) -> None:
    """Wait until the store has gone on from where it is now."""
    reached, until = checkpoint(settings).position, time.monotonic() + 60
    while checkpoint(settings).position <= reached:
        assert time.monotonic() < until, f"the store stays at {reached}"
        time.sleep(0.05)


@pytest.fixture
def recorded(venue: MakeVenue, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The folder of an exchange that ran under load while its worker was killed."""
    monkeypatch.setenv("OPENBELL_TICKS_FLUSH_S", "0.3")
    one = venue("--rate", "400")
    one.start()
    dice = random.Random(11)
    settings = Settings.load({}, data_dir=str(one.folder))
    for _ in range(KILLS):
        time.sleep(dice.uniform(1.0, 2.5))
        one.role("worker").kill()
        wait_for_more(settings)
    one.stop()
    return settings


def test_the_store_equals_the_log_and_the_candles_equal_its_aggregation(recorded: Settings) -> None:
    position = checkpoint(recorded).position
    tape, rows = Tape(), []
    rerun = Rerun(recorded.journal_dir)
    candles = Batch(calendar_of(rerun.genesis))
    for units in rerun.units({position}):
        tape.add_all(units)
        candles.add_all(units)
        rows += rows_of(tape.take())
        if tape.position >= position:
            break
    rerun.close()
    assert tape.position == position
    names = ", ".join(name for name in COLUMNS if name != "instrument")
    query = TickQuery(recorded.ticks_dir)
    numbers = {symbol: number for number, symbol in enumerate(tape.symbols)}
    found = [
        (row[1], row[2], numbers[row[0]], *row[3:])
        for row in query.rows(f"SELECT symbol, {names} FROM ticks")
    ]
    assert sorted(found) == sorted(rows)
    assert sum(row[0] == 1 for row in rows) > 100
    assert sum(row[0] != 1 for row in rows) > 1_000
    for tallies, kept in ((candles.seconds, "1s"), (candles.minutes, "1m"), (candles.days, "1d")):
        sql = candles_sql(INTERVALS[kept])
        made = {(numbers[row[0]], row[1]): row[2:] for row in query.rows(sql)}
        assert made == {key: tally.values() for key, tally in tallies.items()}
    query.close()
