"""Tens of thousands of records made of good ones: answered as the oracle does, or stopped unchanged.

`make fuzz` goes on without an end.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from openbell.core import codes, records
from openbell.core.exchange import Exchange
from tests.core import commands, fuzz, fuzz_run
from tests.core.builds import described
from tests.core.fuzz import Fuzz, Target
from tests.core.scale import SCALE

SEEDS = range(SCALE * (24 if "checked" in described() else 12))
WAYS = ("turn", "set_field", "set_all", "cut", "splice", "grow")


@cache
def run(seed: int) -> tuple[Fuzz, Target]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return fuzz.run(seed, fuzz.RECORDS, Path(folder))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_bytes_are_answered_or_stopped_at(seed: int) -> None:
    _, target = run(seed)
    assert target.answered > fuzz.RECORDS // 2


def test_every_kind_of_command_was_spoilt_in_every_way() -> None:
    made = sum((run(seed)[0].made for seed in SEEDS), Counter[tuple[str, int]]())
    kinds = [kind for kind in records.BODIES if kind != codes.C_GENESIS]
    assert [(way, kind) for way in WAYS for kind in kinds if not made[way, kind]] == []
    assert sum(count for (way, _), count in made.items() if way == "chance") > 1000


def test_spoilt_records_are_refused_in_many_ways_and_some_are_good() -> None:
    said = sum((run(seed)[1].codes for seed in SEEDS), Counter[int]())
    assert len(said) > 40
    assert said[codes.E_OK] > 1000
    stopped = sum((run(seed)[1].stopped for seed in SEEDS), Counter[str]())
    assert len(stopped) == 3  # by length, by sequence, by time


def test_a_record_without_a_frame_stops_the_exchange_wherever_it_stands(tmp_path: Path) -> None:
    """What lies ahead of a command is looked at before its turn: never past the end of what was read."""
    target = Target("narrow", 1, tmp_path)
    for place in (0, 1, 7, 12):
        ticks = [commands.plain(codes.C_TICK) for _ in range(14)]
        for number, tick in enumerate(ticks):
            head = records.Header.from_buffer(tick)
            head.seq, head.ts = target.twin.position + 1 + number, target.twin.time
        records.Header.from_buffer(ticks[place]).length = (1 << 16) - 8
        target.throw([bytes(tick) for tick in ticks], place)
    assert target.stopped.total() == 4


@pytest.mark.parametrize("size", [1, 7, 95, 97])
def test_bytes_that_are_no_words_change_nothing(size: int) -> None:
    exchange = Exchange(commands.genesis())
    with pytest.raises((TypeError, ValueError)):
        exchange.run(bytes(size), 0, size)
    tick = commands.sequenced(commands.plain(codes.C_TICK), 2, commands.START)
    assert exchange.run(tick, 0, len(tick)) == len(tick)


def test_the_long_form_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_run.main(["--seeds", "1", "--records", "60"]) == 0
    assert "records answered as the oracle does" in capsys.readouterr().out
