"""The check of feeds' candles: they equal the feed's ticks, and whatever is spoilt in them is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR, MINUTE
from openbell.market.feeds import check as module
from openbell.market.feeds import reading, recorder
from openbell.market.feeds.check import COLUMNS, FeedCheck, told
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.marks import make_id
from openbell.market.feeds.recorder import FedRecorder
from openbell.market.migrate import migrate
from openbell.market.ticks.batch import BUST, TRADE, Ticks
from openbell.market.ticks.files import found_in
from openbell.market.ticks.upkeep import age, merge, note_pruned
from tests.market.feeds.made import intake
from tests.market.ticks.made import SECOND, START, batch, random_ticks, small, trade

SYMBOLS = ("ZINC", "GOLD", "OIL")
NUMBERS = (*SYMBOLS, "AAPL")
TABLES = {
    "second": "fed_seconds",
    "minute": "fed_minutes",
    "quarter": "fed_quarters",
    "hour": "fed_hours",
    "day": "fed_days",
}


def made() -> Ticks:
    """Ticks of three days."""
    return random_ticks(3, 1_500, 4, step=180 * SECOND)


def feed(folder: Path) -> Intake:
    one = intake(folder, venue_fed=SYMBOLS)
    for symbol in NUMBERS:  # so their numbers are as made ticks have them
        assert one.number(symbol) is not None
    return one


def take(folder: Path, *each: Ticks) -> None:
    """Take batches in, each from a source of its own and into files of its own."""
    one = feed(folder)
    for number, ticks in enumerate(each):
        one.open(f"{number}")
        assert one.take(f"{number}", ticks) == len(ticks)
        one.close_source(f"{number}")
        one.flush()
    one.close()


def record(folder: Path, database: str) -> None:
    FedRecorder(folder, database).record()


def checked(folder: Path, database: str, archive_url: str | None = None) -> list[str]:
    """What a check finds."""
    check = FeedCheck(folder, database, archive_url)
    check.run()
    check.close()
    return check.differences


def spoil(database: str, change: str) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(change.encode()).rowcount


def busted(ticks: Ticks) -> list[Ticks]:
    """Busts of some trades of `ticks`, later than all of them."""
    at = np.flatnonzero(ticks.kind == TRADE)[[0, 1, 40, -2, -1]]
    last = int(ticks.time[-1])
    rows = (
        (BUST, 0, int(ticks.instrument[row]), last + n, 1, 1, 0, int(ticks.trade[row]))
        for n, row in enumerate(at.tolist())
    )
    return [batch(row) for row in rows]


@pytest.fixture
def recorded(database: str, tmp_path: Path) -> str:
    """A feed of three days with busts, a second one, and the candles of both."""
    migrate(database)
    ticks = made()
    take(tmp_path, ticks.take(slice(0, 800)), ticks.take(slice(800, 1_500)), *busted(ticks))
    other = intake(tmp_path, "other", SYMBOLS)
    other.number("ZINC")
    other.open("tests")
    other.take("tests", batch(trade(0, 5), small(0, 6, time=START + SECOND)))
    other.flush()
    other.close()
    record(tmp_path, database)
    return database


def test_it_says_how_far_each_feed_was_compared(recorded: str, tmp_path: Path) -> None:
    check = FeedCheck(tmp_path, recorded)
    check.run()
    check.close()
    assert (check.positions, check.differences) == ({"lab": 1_505, "other": 2}, [])
    shutil.rmtree(tmp_path / "other")
    check = FeedCheck(tmp_path, recorded)
    check.run()
    check.close()
    assert (check.positions, check.differences) == ({"lab": 1_505, "other": 0}, [])
    assert list(told(check.positions)) == [
        "compared: candles of the feeds lab to 1,505",
        "not compared: the feed other, which has no candles yet, or no ticks here",
    ]


@pytest.mark.parametrize("what", ["second", "minute", "day"])
def test_a_changed_candle_is_named(recorded: str, tmp_path: Path, what: str) -> None:
    table = f"market.{TABLES[what]}"
    query = f"""
        SELECT number, symbol, start, {", ".join(COLUMNS)} FROM {table} JOIN market.fed ON number = instrument
        WHERE open IS NOT NULL AND feed = 'lab' ORDER BY start DESC, symbol LIMIT 1
    """
    with psycopg.connect(recorded) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    number, symbol, start, *values = row
    where = f"instrument = {number} AND start = {start}"
    for column, value in zip(COLUMNS, values, strict=True):
        assert spoil(recorded, f"UPDATE {table} SET {column} = {column} + 1 WHERE {where}") == 1
        assert checked(tmp_path, recorded) == [
            f"the {what} of {symbol} (feed lab) that begins at {start} has {column} {value + 1},"
            f" the feed's ticks give {value}"
        ]
        assert spoil(recorded, f"UPDATE {table} SET {column} = {column} - 1 WHERE {where}") == 1


@pytest.mark.parametrize("what", ["second", "minute", "hour", "day"])
def test_a_candle_too_many_and_a_missing_one_are_named(recorded: str, tmp_path: Path, what: str) -> None:
    table = f"market.{TABLES[what]}"
    number = "(SELECT number FROM market.fed WHERE feed = 'other')"
    for start in (START // DAY * DAY - DAY, START // DAY * DAY + 40 * DAY):
        assert spoil(recorded, f"INSERT INTO {table} VALUES ({number}, {start}, 1, 1, 1, 1, 1, 1)") == 1
        assert checked(tmp_path, recorded) == [
            f"the {what} of ZINC (feed other) that begins at {start} has open 1, the feed's ticks give None"
        ]
        assert spoil(recorded, f"DELETE FROM {table} WHERE instrument = {number} AND start = {start}") == 1
    if what == "hour":
        return  # there is none
    first = f"(SELECT min(start) FROM {table} WHERE instrument = {number})"
    assert spoil(recorded, f"DELETE FROM {table} WHERE instrument = {number} AND start = {first}") == 1
    (said,) = checked(tmp_path, recorded)
    assert said.startswith(f"the {what} of ZINC (feed other) that begins at ")
    assert said.endswith(" has open None, the feed's ticks give 5")


def test_a_bust_that_did_not_reach_the_candles_is_named(recorded: str, tmp_path: Path) -> None:
    take(tmp_path, batch((BUST, 0, 1, START + 9 * DAY, 1, 1, 0, 1)))
    ticks = made()
    at = next(n for n in np.flatnonzero(ticks.kind == TRADE).tolist() if ticks.instrument[n] == 1 and n > 50)
    take(tmp_path, batch((BUST, 0, 1, START + 9 * DAY, 1, 1, 0, int(ticks.trade[at]))))
    assert spoil(recorded, "UPDATE market.feeds SET position = position + 2 WHERE feed = 'lab'") == 1
    found = checked(tmp_path, recorded)
    assert [one.split(" that ")[0] for one in found] == [
        f"the {what} of GOLD (feed lab)" for what in ("second", "minute", "quarter", "hour", "day")
    ]


def test_what_came_after_the_candles_position_is_left_out(recorded: str, tmp_path: Path) -> None:
    take(tmp_path, batch(trade(1, 999, time=START + 5), trade(0, 999, time=START + 30 * DAY)))
    assert checked(tmp_path, recorded) == []


def test_a_store_that_ends_before_its_candles_is_named(recorded: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "lab")
    take(tmp_path, batch(trade(1, 100)))
    assert checked(tmp_path, recorded) == ["the candles of the feed lab are at 1505, its ticks end at 1"]


def forgotten(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the recorder forget old seconds, and make old minutes hours."""
    monkeypatch.setattr(recorder, "FORGET_EVERY_S", 0)
    one = FedRecorder(folder, database, seconds_keep_ns=5 * HOUR, minutes_keep_ns=20 * HOUR)
    for _ in range(recorder.FORGET_TURNS):
        assert checked(folder, database) == []
        one.record()


def test_what_was_forgotten_or_became_hours_is_no_difference(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (
        spoil(recorded, "SELECT * FROM market.fed_seconds"),
        spoil(recorded, "SELECT * FROM market.fed_minutes"),
    )
    forgotten(tmp_path, recorded, monkeypatch)
    after = (
        spoil(recorded, "SELECT * FROM market.fed_seconds"),
        spoil(recorded, "SELECT * FROM market.fed_minutes"),
    )
    assert 0 < after[0] < before[0] // 2 and 0 < after[1] < before[1] // 2
    assert spoil(recorded, "SELECT * FROM market.fed_hours") > 50
    assert checked(tmp_path, recorded) == []
    for column in COLUMNS:
        one = "(instrument, start) = (SELECT instrument, start FROM market.fed_hours JOIN market.fed ON"
        one += " instrument = number WHERE feed = 'lab' AND open > 0 ORDER BY start DESC, symbol LIMIT 1)"
        assert spoil(recorded, f"UPDATE market.fed_hours SET {column} = {column} + 1 WHERE {one}") == 1
        (said,) = checked(tmp_path, recorded)
        assert said.startswith("the hour of ") and f" has {column} " in said
        assert spoil(recorded, f"UPDATE market.fed_hours SET {column} = {column} - 1 WHERE {one}") == 1


def test_hours_whose_trades_came_out_of_order_are_no_difference(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten(tmp_path, recorded, monkeypatch)
    hour = START // HOUR * HOUR + HOUR
    for minute, price in ((30, 70_000), (10, 80_000), (50, 90_000), (20, 60_000)):
        take(tmp_path, batch(trade(2, price, time=hour + minute * MINUTE)))
        record(tmp_path, recorded)
        assert checked(tmp_path, recorded) == []
    assert (
        spoil(recorded, f"UPDATE market.fed_hours SET high = 90_001 WHERE start = {hour} AND high = 90_000")
        == 1
    )
    assert checked(tmp_path, recorded) == [
        f"the hour of OIL (feed lab) that begins at {hour} has high 90001, the feed's ticks give 90000"
    ]


def test_dates_whose_ticks_were_removed_for_room_are_left_out(recorded: str, tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    files = [file for file in found_in(folder) if file.date == "2026-01-06"]
    assert len(files) > 2 and found_in(folder)[0].date == "2026-01-05"
    for file in [one for one in found_in(folder) if one.date == "2026-01-05"] + files[:1]:
        note_pruned(folder, file)
        (folder / file.name).unlink()
    assert checked(tmp_path, recorded) == []
    bound = START // DAY * DAY + 2 * DAY
    assert spoil(recorded, f"UPDATE market.fed_minutes SET volume = volume + 1 WHERE start < {bound}") > 50
    assert checked(tmp_path, recorded)[1:] == []  # the other feed's
    assert all("(feed other)" in one for one in checked(tmp_path, recorded))
    assert spoil(recorded, f"UPDATE market.fed_minutes SET volume = volume + 1 WHERE start >= {bound}") > 10
    assert checked(tmp_path, recorded)[0].startswith("the minute of ")
    assert "(feed lab)" in checked(tmp_path, recorded)[0]


def test_ticks_in_an_archive_of_yours_are_found_there(recorded: str, tmp_path: Path) -> None:
    folder, url = tmp_path / "lab", str(tmp_path / "yours")
    one = feed(tmp_path)
    make_id(folder)
    _, yours = reading.archives(folder, url)
    assert age(one.store, yours, 1 << 62) > 0
    assert age(one.store, yours, 1 << 62) == 0  # and have left the disk
    one.close()
    assert found_in(folder) == []
    assert checked(tmp_path, recorded, url) == []
    assert spoil(recorded, "UPDATE market.fed_days SET trades = trades + 1") > 3
    assert checked(tmp_path, recorded, url)[0].startswith("the day of ")


def test_files_that_go_otherwise_are_named(recorded: str, tmp_path: Path) -> None:
    file = max(found_in(tmp_path / "lab"), key=lambda one: one.size)
    (tmp_path / "lab" / file.name).unlink()
    assert {one.split()[1] for one in checked(tmp_path, recorded)} == {
        "second",
        "minute",
        "quarter",
        "hour",
        "day",
    }


def test_a_damaged_file_is_named(recorded: str, tmp_path: Path) -> None:
    file = max(found_in(tmp_path / "lab"), key=lambda one: one.size)
    path = tmp_path / "lab" / file.name
    path.write_bytes(path.read_bytes()[:-40])
    (said,) = checked(tmp_path, recorded)
    assert said.startswith("the ticks of the feed lab cannot be read: ")


def test_files_that_are_merged_away_while_it_reads_are_found_again(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in range(8):
        take(tmp_path, batch(trade(1, 100 + part, time=START + 30 * DAY + part)))
    record(tmp_path, recorded)
    queries = []
    genuine = module.TickQuery

    def opened(*arguments: object) -> module.TickQuery:
        queries.append(genuine(*arguments))  # type: ignore[arg-type]
        if len(queries) == 1:
            one = feed(tmp_path)
            assert merge(one.store) > 0
            while merge(one.store):
                pass
            one.close()
        return queries[-1]

    monkeypatch.setattr(module, "TickQuery", opened)
    assert checked(tmp_path, recorded) == []
    assert len(queries) > 1


def test_a_database_without_feeds_has_nothing_to_check(database: str, tmp_path: Path) -> None:
    for _ in range(2):
        check = FeedCheck(tmp_path, database)
        check.run()
        check.close()
        assert (check.positions, check.differences) == ({}, [])
        migrate(database)


def test_symbols_that_the_exchange_trades_have_no_candles_of_the_feed(recorded: str, tmp_path: Path) -> None:
    ticks = made()
    assert ((ticks.instrument == NUMBERS.index("AAPL")) & (ticks.kind == TRADE)).sum() > 100
    assert checked(tmp_path, recorded) == []
    number = "(SELECT number FROM market.fed WHERE symbol = 'GOLD')"
    spoil(recorded, f"UPDATE market.fed SET symbol = 'AAPL' WHERE number = {number}")
    assert any("AAPL (feed lab)" in one or "GOLD (feed lab)" in one for one in checked(tmp_path, recorded))
