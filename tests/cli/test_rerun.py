"""A log applied again: the units it makes, and where runs of them end."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.cli.rerun import Rerun
from openbell.core import codes, records, snapshot
from openbell.core.exchange import Exchange
from openbell.log.errors import LogGone
from openbell.log.journal import Journal
from openbell.log.stamp import stamp
from openbell.ops.settings import Settings
from tests.compliance.made import Log

BEGIN = 1_700_000_000_000_000_000
SMALL = {"accounts": 64, "instruments": 4, "positions": 64, "orders": 64, "ended_orders": 64, "requests": 256}


def commands() -> list[bytearray]:
    """A genesis, a house with cash, and forty deposits to it."""
    capacities = Settings.load({}).genesis() | SMALL
    genesis = records.Genesis(rules=records.RULES_VERSION, **capacities)
    house = records.OpenAccount(kind=codes.KIND_HOUSE, realm=1)
    return [
        records.pack(codes.C_GENESIS, bytes(genesis), b"{}"),
        records.pack(codes.C_OPEN_ACCOUNT, bytes(house), b"a test"),
        *(
            records.pack(
                codes.C_DEPOSIT, bytes(records.Amount(amount=number + 1)), account=4, key_low=number + 1
            )
            for number in range(40)
        ),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal with these commands, ten in a batch."""
    journal = Journal.open(tmp_path / "journal", segment_bytes=1 << 20, threads=False)
    made = commands()
    for first in range(0, len(made), 10):
        batch = bytearray().join(made[first : first + 10])
        stamp(batch, 0, len(batch), first + 1, BEGIN + first, 1)
        journal.append(bytes(batch), first + 1, first + len(made[first : first + 10]))
        journal.flush()
    journal.close()
    return tmp_path / "journal"


def test_every_command_comes_once_with_its_events(folder: Path) -> None:
    rerun = Rerun(folder)
    units = [unit for run in rerun.units(()) for unit in run]
    assert [unit.seq for unit in units] == list(range(2, 43))
    assert all(records.Header.from_buffer_copy(unit.command).seq == unit.seq for unit in units)
    kinds = {records.Event.from_buffer_copy(unit.events).type for unit in units[1:]}
    assert kinds == {codes.EV_CASH}
    assert rerun.exchange.position == 42
    rerun.close()


def test_a_run_ends_at_each_stop(folder: Path) -> None:
    rerun = Rerun(folder)
    ends = []
    for run in rerun.units({7, 10, 25}):
        assert run[-1].seq == rerun.exchange.position
        ends.append(run[-1].seq)
    assert {7, 10, 25, 42} <= set(ends)
    rerun.close()


def test_stops_change_nothing(folder: Path) -> None:
    hashes = set()
    for stops in ((), {7, 25}, range(100)):
        rerun = Rerun(folder)
        for _ in rerun.units(stops):
            pass
        hashes.add(snapshot.state_hash(rerun.exchange))
        rerun.close()
    assert len(hashes) == 1
    assert hashes != {snapshot.state_hash(Exchange(rerun.genesis))}


def test_a_log_without_a_command_is_named(tmp_path: Path) -> None:
    Journal.open(tmp_path / "journal", segment_bytes=1 << 20, threads=False).close()
    with pytest.raises(FileNotFoundError, match="holds no command yet"):
        Rerun(tmp_path / "journal")


def test_a_log_whose_beginning_is_gone_goes_on_from_the_oldest_snapshot(tmp_path: Path) -> None:
    log = Log(tmp_path, 20)
    first = log.snapshot()
    log.add(20)
    second = log.snapshot()
    log.add(5)
    whole = Rerun(tmp_path / "journal")
    for _ in whole.units(()):
        pass
    assert log.journal.drop(first) > 0
    with pytest.raises(LogGone):
        Rerun(tmp_path / "journal")
    part = Rerun(tmp_path / "journal", tmp_path / "snapshots")
    assert part.begun == first < second
    assert part.genesis == whole.genesis
    assert [unit.seq for run in part.units(()) for unit in run] == list(
        range(first + 1, log.journal.last + 1)
    )
    assert snapshot.state_hash(part.exchange) == snapshot.state_hash(whole.exchange)
    for one in (whole, part, log):
        one.close()
