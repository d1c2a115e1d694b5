"""A feed's store: what is good is kept once, what is bad is counted, named and set aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openbell.market.feeds import lean
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.keeping import FeedPolicy
from openbell.market.feeds.quarantine import ROWS_TOLD_MAX, Quarantine
from openbell.market.feeds.source import Bad, Chunk, FeedError
from openbell.market.feeds.symbols import FILE, VenueFed
from openbell.market.ticks.batch import of_rows
from openbell.market.ticks.checkpoint import StoreError
from openbell.market.ticks.ingest import BAD_PRICE, BAD_QUANTITY, TIME_BACKWARDS, UNKNOWN_INSTRUMENT
from tests.market.feeds.made import KNOWN, intake, stored
from tests.market.ticks.made import SHARE, START, bid, trade

LINES = [f"{14_400_000 + n},{1_000_000 + n},100,D,1,0" for n in range(60)]
FILE_NAME = "20131008_xyz_Trade_Tick.csv"


def quarantined(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "lab" / "quarantine.jsonl").read_text().splitlines()]


def write(folder: Path, lines: list[str], name: str = FILE_NAME) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def feed(one: Intake, path: Path) -> None:
    one.read(path.name, lean.read(path, one.number))


def test_a_file_becomes_ticks_in_files(tmp_path: Path) -> None:
    one = intake(tmp_path)
    feed(one, write(tmp_path, LINES))
    one.close()
    rows = stored(tmp_path)
    assert [row[0] for row in rows] == ["XYZ"] * 60
    assert [row[4] for row in rows] == [1_000_000 + n for n in range(60)]
    assert [row[6] for row in rows] == [row[7] for row in rows] == list(range(1, 61))
    assert json.loads((tmp_path / "lab" / "status.json").read_text())["rows"] == {FILE_NAME: 60}


def test_a_file_that_is_in_already_is_not_taken_in_again(tmp_path: Path) -> None:
    path = write(tmp_path, LINES)
    for _ in range(2):
        one = intake(tmp_path)
        feed(one, path)
        feed(one, path)
        one.close()
    assert len(stored(tmp_path)) == 60


@pytest.mark.parametrize("killed_at", [0, 1, 7, 19])
def test_a_file_that_a_kill_cut_off_goes_on_where_it_was(
    killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbell.market.feeds.source.ROWS", 3)
    monkeypatch.setattr("openbell.market.feeds.intake.FLUSH_EVERY_S", 0)
    lines = [*LINES[:30], "nonsense", LINES[0], *LINES[30:]]  # one line that is none, one that goes back
    path = write(tmp_path, lines)

    class Killed(BaseException):
        pass

    def until(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for at, chunk in enumerate(chunks):
            if at == killed_at:
                raise Killed
            yield chunk

    first = intake(tmp_path)
    with pytest.raises(Killed):
        first.read(path.name, until(lean.read(path, first.number)))
    first.close()  # nothing more is flushed
    second = intake(tmp_path)
    feed(second, path)
    second.close()
    assert [row[4] for row in stored(tmp_path)] == [1_000_000 + n for n in range(60)]
    assert sorted(str(one["reason"]) for one in quarantined(tmp_path)) == ["BAD_LINE", "TIME_BACKWARDS"]


def test_each_file_has_a_time_of_its_own(tmp_path: Path) -> None:
    one = intake(tmp_path)
    feed(one, write(tmp_path, LINES))
    feed(one, write(tmp_path, LINES, "20131008_bac_Trade_Tick.csv"))
    one.close()
    assert len(stored(tmp_path)) == 120
    assert one.quarantine.counts == {}


def test_rows_that_cannot_be_are_counted_named_and_set_aside(tmp_path: Path) -> None:
    one = intake(tmp_path)
    one.number("XYZ")
    one.open("here")
    rows = [
        trade(0, 100, time=START + 5),
        trade(0, -100, time=START + 6),
        trade(0, 100, -SHARE, time=START + 7),
        trade(0, 100, time=START),
        trade(9, 100, time=START + 8),
        bid(0, 0, 0, time=START + 9),
        bid(0, 0, SHARE, time=START + 10),
    ]
    assert one.take("here", of_rows(rows)) == 2
    one.flush()
    assert one.quarantine.counts == {BAD_PRICE: 2, BAD_QUANTITY: 1, TIME_BACKWARDS: 1, UNKNOWN_INSTRUMENT: 1}
    assert one.status()["refused"] == dict(one.quarantine.counts)
    told = [row for row in quarantined(tmp_path) if row["reason"] == TIME_BACKWARDS]
    assert told[0]["source"] == "here" and told[0]["row"]["time"] == START  # type: ignore[index]
    one.close()
    assert len(stored(tmp_path)) == 2


def test_quotes_and_the_second_under_way_are_there_at_once(tmp_path: Path) -> None:
    one = intake(tmp_path)
    number = one.number("XYZ")
    assert number is not None
    one.open("here")
    one.take("here", of_rows([bid(number, 99, time=START), trade(number, 100, time=START + 1)]))
    quote = one.ingest("here").quotes.quote(number)
    assert (quote.bid, quote.last, quote.volume) == (99, 100, SHARE)
    one.close()


def test_a_symbol_that_comes_later_is_known_to_sources_that_are_open(tmp_path: Path) -> None:
    one = intake(tmp_path)
    one.open("here")
    number = one.number("BAC")
    assert number is not None
    assert one.take("here", of_rows([trade(number, 100)])) == 1
    one.close()


def test_only_symbols_that_are_traded_or_declared_have_a_number(tmp_path: Path) -> None:
    one = intake(tmp_path)
    assert [one.number(symbol) for symbol in (*KNOWN, "NOPE", "../X")] == [0, 1, 2, None, None]
    feed(one, write(tmp_path, LINES, "20131008_nope_Trade_Tick.csv"))
    one.close()
    assert one.quarantine.counts == {"UNKNOWN_SYMBOL": 1}
    again = intake(tmp_path, venue_fed=())
    assert again.number("XYZ") == 2  # declared once, for good
    again.close()


@pytest.mark.parametrize("name", ["", "Lab", "a/b", "..", "x" * 33])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no name of a feed"):
        intake(tmp_path, name)


def test_a_symbol_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no symbol"):
        intake(tmp_path, venue_fed=("A B",))


def test_one_process_writes_a_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbell.market.feeds.intake.LOCK_WAIT_S", 0.1)
    one = intake(tmp_path)
    with pytest.raises(StoreError, match="another process"):
        intake(tmp_path)
    one.close()


def test_the_quarantine_is_bounded_and_counts_on(tmp_path: Path) -> None:
    for name in ("lab", "other"):
        (tmp_path / name).mkdir()
    held = Quarantine(tmp_path / "lab", bytes_max=1_000)
    for _ in range(50):
        held.take("here", Bad("BAD_LINE", "line 1", b"x" * 100))
    held.close()
    assert held.counts["BAD_LINE"] == 50
    size = (tmp_path / "lab" / "quarantine.jsonl").stat().st_size
    assert 1_000 <= size < 1_400
    held = Quarantine(tmp_path / "other", bytes_max=size + 300)  # those of all feeds count
    for _ in range(50):
        held.take("here", Bad("BAD_LINE", "line 1", b"x" * 100))
    held.close()
    assert held.counts["BAD_LINE"] == 50
    assert 300 <= (tmp_path / "other" / "quarantine.jsonl").stat().st_size < 700


def test_a_quarantine_sees_what_other_feeds_write_meanwhile(tmp_path: Path) -> None:
    for name in ("lab", "other"):
        (tmp_path / name).mkdir()
    one, two = (Quarantine(tmp_path / name, bytes_max=1_000) for name in ("lab", "other"))
    for _ in range(50):
        one.take("here", Bad("BAD_LINE", "line 1", b"x" * 100))
        one.flush()
        two.flush()
        two.take("here", Bad("BAD_LINE", "line 1", b"x" * 100))
    for held in (one, two):
        held.close()
    assert sum(path.stat().st_size for path in tmp_path.glob("*/quarantine.jsonl")) < 1_800
    assert one.counts == two.counts == {"BAD_LINE": 50}


def test_what_is_set_aside_has_a_share_of_the_bound(tmp_path: Path) -> None:
    one = Intake(tmp_path, "lab", [], [], FeedPolicy(10**18, 16_000))
    for _ in range(50):
        one.refuse("here", Bad("BAD_LINE", "line 1", b"x" * 100))
    one.close()
    assert 1_000 <= (tmp_path / "lab" / "quarantine.jsonl").stat().st_size < 1_400


def test_of_many_rows_some_are_written_and_all_are_counted(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    held = Quarantine(tmp_path / "lab")
    held.take_rows("here", "BAD_PRICE", of_rows([trade(0, -1)] * 5_000))
    held.close()
    lines = [json.loads(line) for line in (tmp_path / "lab" / "quarantine.jsonl").read_text().splitlines()]
    assert held.counts["BAD_PRICE"] == 5_000
    assert (len(lines), lines[-1]["more"]) == (ROWS_TOLD_MAX + 1, 5_000 - ROWS_TOLD_MAX)


def test_a_venue_fed_symbol_is_known_by_its_feeds_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openbell.market.feeds.symbols.LOOK_EVERY_S", 0)
    found = VenueFed(tmp_path)
    assert found.feed("XYZ") is None
    intake(tmp_path).close()
    intake(tmp_path, "other", venue_fed=("ABC",)).close()
    assert [found.feed(symbol) for symbol in ("XYZ", "ABC", "AAPL")] == ["lab", "other", None]
    (tmp_path / "lab" / FILE).write_text("spoilt")
    assert [found.feed(symbol) for symbol in ("XYZ", "ABC")] == [None, "other"]
