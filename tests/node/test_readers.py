"""Named readers: a position moves as its reader says, and counts once it is saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.node.readers import NAMES_MAX, Readers


def test_what_was_saved_is_there_again(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "readers.json")
    readers.subscribed("ledger", 0)
    readers.acknowledged("ledger", 50)
    readers.save()
    assert Readers(tmp_path / "readers.json").positions == {"ledger": 50}


def test_only_saved_positions_let_anything_be_forgotten(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "readers.json")
    assert readers.slowest() is None
    readers.subscribed("ledger", 10)
    readers.subscribed("market", 20)
    readers.save()
    readers.acknowledged("ledger", 90)
    assert readers.slowest() == 10
    readers.save()
    assert readers.slowest() == 20


def test_a_reader_that_asks_from_further_back_moves_back(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "readers.json")
    readers.subscribed("ledger", 100)
    readers.subscribed("ledger", 140)
    assert readers.positions == {"ledger": 100}
    readers.subscribed("ledger", 30)
    assert readers.positions == {"ledger": 30}


@pytest.mark.parametrize("name", ["", "a b", "x" * 49, "../x", "é"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a reader's name"):
        Readers(tmp_path / "readers.json").subscribed(name, 0)


def test_there_are_only_so_many_readers(tmp_path: Path) -> None:
    readers = Readers(tmp_path / "readers.json")
    for number in range(NAMES_MAX):
        readers.subscribed(f"reader-{number}", 0)
    with pytest.raises(ValueError, match="64 named readers"):
        readers.subscribed("one-more", 0)
