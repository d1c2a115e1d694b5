"""The participants' file: read whole, or refused with what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openbell.simulator.participants import read

MAKER = {"account": "A00000005", "token": "t1", "role": "maker"}
TRADER = {"account": "A00000006", "token": "t2", "role": "trader"}


def written(folder: Path, content: object) -> Path:
    path = folder / "participants.json"
    path.write_text(json.dumps(content))
    return path


def test_makers_and_traders_are_read(tmp_path: Path) -> None:
    found = read(written(tmp_path, {"participants": [MAKER, TRADER]}))
    assert [(one.account, one.token, one.role) for one in found] == [
        ("A00000005", "t1", "maker"),
        ("A00000006", "t2", "trader"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"participants": [MAKER]}, "no trader"),
        ({"participants": [TRADER]}, "no maker"),
        ({"participants": [MAKER, {**TRADER, "role": "king"}]}, "'king' is unknown"),
        ({"participants": [{"account": "A00000005"}]}, "missing required field"),
        ([], "Expected `object`"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(written(tmp_path, content))


def test_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "participants.json")
