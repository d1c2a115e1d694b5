"""LOBSTER files: read exactly, refused by line, and the orders from before the file found."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from openbell.cli.lobster import Best, LobsterError, Message, opening_orders, read_best, read_messages
from openbell.core.codes import BUY, SELL

LINES = "34200.004241176,1,100,18,5853300,1\n34200.00426064,4,90,5,5859400,-1\n"


def test_a_message_is_read_without_rounding_its_time(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(LINES)
    assert read_messages(path) == [
        Message(34_200_004_241_176, 1, 100, 18, 5_853_300, BUY),
        Message(34_200_004_260_640, 4, 90, 5, 5_859_400, SELL),
    ]


def test_a_gzipped_file_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    assert len(read_messages(path)) == 2


@pytest.mark.parametrize(
    "line", ["x,1,1,1,1,1", "1.0,1,1,1,1", "1.0,1,1,1,1,0", "1.0,1,1,1.5,1,1", "\xff\xfe"]
)
def test_what_is_no_message_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(LINES.encode() + line.encode("latin-1") + b"\n")
    with pytest.raises(LobsterError, match="line 3"):
        read_messages(path)


def test_a_companion_of_one_level_and_of_many_give_the_best(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("5859400,200,5853300,18\n5859100,18,5853300,17,5859800,200,5853200,18\n")
    assert read_best(path) == [Best(5_859_400, 200, 5_853_300, 18), Best(5_859_100, 18, 5_853_300, 17)]


def test_an_empty_side_has_price_zero(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("9999999999,0,-9999999999,0\n")
    assert read_best(path) == [Best(0, 0, 0, 0)]


def test_orders_from_before_the_file_are_found_with_all_that_is_taken_from_them() -> None:
    messages = [
        Message(1, 1, 100, 10, 5_000, BUY),
        Message(2, 4, 90, 5, 5_010, SELL),
        Message(3, 2, 80, 1, 4_990, BUY),
        Message(4, 4, 90, 7, 5_010, SELL),
        Message(5, 3, 80, 9, 4_990, BUY),
        Message(6, 3, 100, 10, 5_000, BUY),
    ]
    assert opening_orders(messages) == [Message(1, 1, 80, 10, 4_990, BUY), Message(1, 1, 90, 12, 5_010, SELL)]


def test_orders_that_entered_unseen_later_are_not_put_into_the_opening_book() -> None:
    messages = [Message(1, 1, 100, 10, 5_000, BUY), Message(2, 3, 150, 5, 4_000, BUY)]
    assert opening_orders(messages) == []


def test_hidden_executions_name_no_order() -> None:
    assert opening_orders([Message(1, 5, 0, 10, 5_000, BUY), Message(2, 1, 7, 1, 5_000, BUY)]) == []
