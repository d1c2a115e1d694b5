"""LEAN's and LOBSTER's files, whole and spoilt."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pytest

from openbell.cli import lobster as recorded
from openbell.core.codes import BUY
from openbell.market.feeds import kinds, lean, lobster
from openbell.market.feeds.lines import LINE_MAX, Line, lines, opened
from openbell.market.feeds.source import (
    BAD_LINE,
    CORRUPT,
    LONG_LINE,
    SAMPLE_BYTES,
    TRUNCATED,
    UNKNOWN_SYMBOL,
    Bad,
    FeedError,
    fixed,
    new_york,
    shares,
    whole,
)
from openbell.market.ticks.batch import ASK, BID, BOUGHT, ELIGIBLE, SOLD, TRADE
from tests.market.feeds.made import number, split

SHARE = 10**8
MS = 10**6
HOUR_FILE = "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"
HOUR = Path(__file__).parents[4] / "shared" / "data" / "lobster" / HOUR_FILE
TRADES = "14400009.367,137450,100,D,1,0\n14400010,137460,50,P,1,1\n"
QUOTES = "14400009.367,137450,100,0,0,D,1,0\n14400011,0,0,137470,300,D,1,0\n14400012,1,1,0,0,D,1,1\n"
MIDNIGHT = new_york(date(2013, 10, 8))


def test_midnight_in_new_york_follows_its_summer_time() -> None:
    assert MIDNIGHT == 1_381_204_800 * 10**9  # 2013-10-08 04:00 UTC
    assert new_york(date(2013, 12, 8)) % (86_400 * 10**9) == 5 * 3_600 * 10**9


def test_leans_trades_are_trades_and_suspicious_ones_move_no_price(tmp_path: Path) -> None:
    path = tmp_path / "20131008_bac_Trade_Tick.csv"
    path.write_text(TRADES)
    rows, bad = split(lean.read(path, number))
    assert rows == [
        (TRADE, ELIGIBLE, 1, MIDNIGHT + 14_400_009_367_000, 137_450, 100 * SHARE, 0, 0),
        (TRADE, 0, 1, MIDNIGHT + 14_400_010 * MS, 137_460, 50 * SHARE, 0, 0),
    ]
    assert bad == []


def test_leans_quotes_are_best_bids_and_offers_without_suspicious_ones(tmp_path: Path) -> None:
    path = tmp_path / "20131008_bac_Quote_Tick.csv"
    path.write_text(QUOTES)
    assert split(lean.read(path, number)) == (
        [
            (BID, 0, 1, MIDNIGHT + 14_400_009_367_000, 137_450, 100 * SHARE, 0, 0),
            (ASK, 0, 1, MIDNIGHT + 14_400_011 * MS, 137_470, 300 * SHARE, 0, 0),
        ],
        [],
    )


def test_a_zip_has_the_ticks_of_all_of_leans_files_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "20131008.zip", "w") as packed:
        packed.writestr("20131008_bac_Trade_Tick.csv", TRADES)
        packed.writestr("readme.txt", "nothing")
        packed.writestr("20131008_aapl_Quote_Tick.csv", QUOTES)
    rows, bad = split(lean.read(tmp_path / "20131008.zip", number))
    assert ([row[2] for row in rows], bad) == ([1, 1, 0, 0], [])


@pytest.mark.parametrize(
    "line",
    [
        "14400009.367,137450,100,D,1",
        "14400009.367,137450.5,100,D,1,0",
        "later,137450,100,D,1,0",
        "90000000,137450,100,D,1,0",
        "-1,137450,100,D,1,0",
        f"1,{'9' * 30},100,D,1,0",
        "1,1_000,100,D,1,0",
        "\xff\xfe\x00",
    ],
)
def test_a_line_that_is_none_is_named_with_its_place_and_the_rest_is_read(line: str, tmp_path: Path) -> None:
    path = tmp_path / "20131008_bac_Trade_Tick.csv"
    path.write_text(TRADES + line + "\n" + TRADES, encoding="latin-1")
    rows, bad = split(lean.read(path, number))
    assert len(rows) == 4
    assert [one.reason for one in bad] == [BAD_LINE]
    assert "line 3" in bad[0].where


def test_a_symbol_that_is_not_known_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "20131008_nope_Trade_Tick.csv"
    path.write_text(TRADES)
    assert split(lean.read(path, number)) == ([], [Bad(UNKNOWN_SYMBOL, path.name, b"nope")])


def test_a_zip_without_ticks_and_one_that_is_none_are_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(FeedError, match="has no file of LEAN's ticks"):
        split(lean.read(tmp_path / "a.zip", number))
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and no more")
    assert [one.reason for one in split(lean.read(tmp_path / "b.zip", number))[1]] == [CORRUPT]


def test_a_packed_file_that_ends_early_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "20131008_bac_Trade_Tick.csv.gz"
    packed = gzip.compress((TRADES * 5_000).encode())
    path.write_bytes(packed[: len(packed) // 2])
    rows, bad = split(lean.read(path, number))
    assert 0 < len(rows) < 10_000
    assert bad[-1].reason == CORRUPT


def test_a_line_of_a_gigabyte_is_told_and_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "20131008_bac_Trade_Tick.csv"
    with path.open("wb") as file:
        file.write(TRADES.encode())
        file.seek(1 << 30, 1)  # a hole: zeros
        file.write(b"\n" + TRADES.encode())
    tracemalloc.start()
    rows, bad = split(lean.read(path, number))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == 4
    assert [(one.reason, one.where) for one in bad] == [(LONG_LINE, f"line 3, {(1 << 30) + 1:,} bytes")]
    assert len(bad[0].sample) == SAMPLE_BYTES
    assert peak < 16 << 20


def test_lines_have_their_numbers_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\r\n\n  \nb" + b"\n" + b"c" * LINE_MAX)
    with opened(path) as file:
        found = list(lines(file))
    assert found == [Line(1, "a"), Line(4, "b"), Line(5, "c" * LINE_MAX)]


@pytest.mark.parametrize(("text", "value"), [("1.50", 1_500), ("0.0019", 1), ("-2", -2_000), ("7.", 7_000)])
def test_decimals_are_read_without_floats(text: str, value: int) -> None:
    assert fixed(text, 3) == value


@pytest.mark.parametrize("text", ["", "1e5", "0x10", "١", "1 2", "--1", "9" * 19, "inf"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        whole(text)


def test_a_count_too_large_stays_too_large() -> None:
    assert shares(10**15) > 10**16 < -shares(-(10**15))


# -- LOBSTER -------------------------------------------------------------------------------------------

NAME = "XYZ_2013-10-08_34200000_57600000_message_1.csv"
MESSAGES = """34200.01,1,11,100,1001000,-1
34200.02,1,12,200,1000000,1
34200.03,4,11,40,1001000,-1
34200.04,5,0,7,1000500,1
34200.05,3,12,200,1000000,1
34200.06,6,-1,900,1000700,-1
34200.07,7,0,0,-1,-1
"""
BOOKS = """1001000,100,-9999999999,0
1001000,100,1000000,200
1001000,60,1000000,200
1001000,60,1000000,200
1001000,60,-9999999999,0
1001000,60,-9999999999,0
1001000,60,-9999999999,0
"""


def at(hundredth: int) -> int:
    return MIDNIGHT + 34_200 * 10**9 + hundredth * 10**7


LOBSTER_TRADES = [
    (TRADE, ELIGIBLE | BOUGHT, 2, at(3), 1_001_000, 40 * SHARE, 0, 0),
    (TRADE, ELIGIBLE | SOLD, 2, at(4), 1_000_500, 7 * SHARE, 0, 0),
    (TRADE, ELIGIBLE, 2, at(6), 1_000_700, 900 * SHARE, 0, 0),
]


def test_lobsters_executions_are_trades(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(MESSAGES)
    assert split(lobster.read(tmp_path / NAME, number)) == (LOBSTER_TRADES, [])


def test_the_books_beside_them_make_best_bids_and_offers(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(MESSAGES)
    (tmp_path / NAME.replace("message", "orderbook")).write_text(BOOKS)
    rows, bad = split(lobster.read(tmp_path / NAME, number))
    assert [row for row in rows if row[0] == TRADE] == LOBSTER_TRADES
    assert [(row[0], *row[3:6]) for row in rows if row[0] != TRADE] == [
        (ASK, at(1), 1_001_000, 100 * SHARE),
        (BID, at(2), 1_000_000, 200 * SHARE),
        (ASK, at(3), 1_001_000, 60 * SHARE),
        (BID, at(5), 0, 0),
    ]
    assert bad == []


def test_books_that_end_early_are_told_once_and_trades_go_on(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(MESSAGES)
    (tmp_path / NAME.replace("message", "orderbook")).write_text("\n".join(BOOKS.splitlines()[:2]))
    rows, bad = split(lobster.read(tmp_path / NAME, number))
    assert [row for row in rows if row[0] == TRADE] == LOBSTER_TRADES
    assert [one.reason for one in bad] == [TRUNCATED]


@pytest.mark.parametrize("line", ["34200.1,9,1,1,1,1", "34200.1,4,1,1", "x,4,1,1,1,1", "86400000,4,1,1,1,1"])
def test_a_message_that_is_none_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(MESSAGES + line + "\n")
    rows, bad = split(lobster.read(tmp_path / NAME, number))
    assert (rows, [one.reason for one in bad]) == (LOBSTER_TRADES, [BAD_LINE])


def test_a_recorded_hour_has_the_trades_that_its_messages_say() -> None:
    if not HOUR.exists():
        pytest.skip(f"there is no recorded hour in {HOUR.parent}")
    rows, bad = split(lobster.read(HOUR, number))
    said = [one for one in recorded.read_messages(HOUR) if one.type in (4, 5)]
    assert bad == []
    assert [(row[3], row[4], row[5]) for row in rows] == [
        (new_york(date(2012, 6, 21)) + one.time_ns, one.price, one.size * SHARE) for one in said
    ]
    assert [row[1] & SOLD != 0 for row in rows] == [one.side == BUY for one in said]


# -- which kind ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins", "form"),
    [
        (NAME, b"", "lobster"),
        ("20131008_bac_Trade_Tick.csv", b"", "lean"),
        ("20131008_trade.zip", b"", "lean"),
        ("capture", b"\xd4\xc3\xb2\xa1", "pcap"),
        ("01302019.NASDAQ_ITCH50", b"\x00\x0cS\x00", "itch"),
    ],
)
def test_a_format_is_told_by_name_or_beginning(name: str, begins: bytes, form: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(begins)
    assert kinds.format_of(tmp_path / name) == form


def test_a_file_like_none_is_refused_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(FeedError, match="--format: lean, lobster, itch, pcap"):
        kinds.format_of(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("01302019.NASDAQ_ITCH50.gz", date(2019, 1, 30)),
        ("S013019-v50.txt", date(2019, 1, 30)),
        ("itch-2019-01-30.bin", date(2019, 1, 30)),
        ("20190130.pcap", date(2019, 1, 30)),
        ("capture.pcap", None),
        ("99992019", None),
    ],
)
def test_the_date_in_a_name(name: str, day: date | None) -> None:
    assert kinds.date_in(name) == day
