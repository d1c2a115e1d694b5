"""`openbell verify` of a log whose beginning is gone, or goes while it is read."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openbell.cli import rerun
from openbell.cli.verify import ATTEMPTS_MAX, compare, verify
from openbell.log.journal import Journal
from openbell.log.stamp import stamp
from openbell.market.calendar import MINUTE, Always
from openbell.market.candles import Batch
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from openbell.market.ticks import parquet
from openbell.market.ticks.files import TickFile, found_in
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.tape import Tape
from openbell.node.snapshotter import advance
from openbell.ops.settings import Settings
from tests.compliance.made import SEGMENT, Log
from tests.ledger.market import RandomMarket
from tests.ledger.stream import START, Unit

SEED = 7
UNITS = 900
FLUSH = 200


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A data folder whose log begins after a snapshot that it has, and goes on to a later one."""
    log = made(tmp_path)
    log.journal.drop(1_002)
    log.close()
    return Settings.load({}, data_dir=tmp_path, database_url=database)


def made(folder: Path) -> Log:
    """A log from its first command on, with snapshots at 1,002 and 2,002."""
    log = Log(folder, 20)
    log.snapshot()
    log.add(20)
    log.snapshot()
    log.add(5)
    return log


class Traded:
    """A log of a random market, snapshots at a third and two thirds of it, its candles and its ticks."""

    def __init__(self, folder: Path, database: str) -> None:
        self.settings = Settings.load({}, data_dir=folder, database_url=database)
        self.market = RandomMarket(SEED)
        while len(self.market.units) < UNITS:
            self.market.run(1)
        self.market.bust()
        self.journal = Journal.open(folder / "journal", segment_bytes=SEGMENT, threads=False)
        self.genesis = self._append(self.market.genesis, 1, START)
        self.begun = 0
        for unit in self.market.units:
            self._append(unit.command, unit.seq, unit.ts)
            if unit.seq in (UNITS // 3, UNITS // 3 * 2):
                position = advance(folder / "journal", folder / "snapshots")
                self.begun = self.begun or position
        self.time = next(unit.ts for unit in self.market.units if unit.seq == self.begun)
        self._record_ticks()

    def _append(self, command: bytes, seq: int, ts: int) -> bytes:
        data = bytearray(command)
        stamp(data, 0, len(data), seq, ts, 1)
        self.journal.append(bytes(data), seq, seq)
        self.journal.flush()
        return bytes(data)

    def _record_ticks(self) -> None:
        store = TickStore(self.settings.ticks_dir, hashlib.sha256(self.genesis).hexdigest())
        tape = Tape(0, store.symbols)
        for at in range(0, len(self.market.units), FLUSH):
            tape.add_all(self.market.units[at : at + FLUSH])
            store.add(tape.take(), tape.position)
            store.flush(store.seal(tape.state()))
        store.close()

    async def record_candles(self, units: list[Unit] | None = None) -> None:
        migrate(self.settings.database)
        store = await CandleStore.connect(self.settings.database)
        batch = Batch(Always())
        batch.add_all(self.market.units if units is None else units)
        await store.apply(await store.adopt(self.genesis), batch)
        await store.close()

    def found(self, report: Callable[[int, int], None] = lambda _at, _of: None) -> list[str]:
        """What differs in candles and ticks; the ledger has nothing."""
        self.said = compare(self.settings, report)
        differences: list[str] = self.said["differences"]
        return differences

    def file(self, holds: int) -> TickFile:
        """The largest file with ticks of command `holds`."""
        files = [one for one in found_in(self.settings.ticks_dir) if one.first <= holds <= one.last]
        return max(files, key=lambda one: one.size)


@pytest.fixture
async def traded(tmp_path: Path, database: str) -> Traded:
    """A log with candles and ticks whose beginning is gone."""
    one = Traded(tmp_path, database)
    await one.record_candles()
    assert await asyncio.to_thread(one.found) == []
    assert one.said["from"] == 1
    assert one.journal.drop(one.begun) > 1
    return one


def spoil(database: str, change: str) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(change.encode()).rowcount


def rewrite(path: Path, position: int, column: str) -> None:
    """Change a column of the first tick of a command after `position`."""
    rows = pq.read_table(path, schema=parquet.SCHEMA).to_pylist()
    row = min((one for one in rows if one["position"] > position), key=lambda one: one["position"])
    row[column] += 1
    parquet.write(pa.Table.from_pylist(rows, parquet.SCHEMA), path)


def test_it_begins_at_the_oldest_snapshot_and_says_so(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare(settings, lambda _at, _of: None)
    assert (found["from"], found["commands"], found["differences"]) == (1_002, 1_250, [])
    assert verify(settings, as_json=False) == 0
    said = capsys.readouterr().out
    assert "the log's beginning is gone: replayed from the snapshot at 1,002; of the ledger" in said


def test_a_later_snapshot_that_differs_is_still_found(settings: Settings) -> None:
    early, late = sorted(settings.snapshot_dir.glob("*.snapshot"))
    data = early.read_bytes().replace(b'"position": 1002', b'"position": 2002')
    assert data != early.read_bytes()
    late.write_bytes(data)
    (difference,) = compare(settings, lambda _at, _of: None)["differences"]
    assert str(late) in difference


async def test_candles_and_ticks_that_began_since_are_compared(traded: Traded) -> None:
    last = traded.market.units[-1].seq
    assert traded.found() == []
    said = traded.said
    assert (said["from"], said["candlesPosition"], said["ticksPosition"]) == (traded.begun, last, last)
    assert said["behind"] == {}


@pytest.mark.parametrize(("what", "length"), [("second", 10**9), ("minute", MINUTE)])
async def test_a_candle_that_began_since_is_named_and_an_older_one_is_left_out(
    traded: Traded, what: str, length: int
) -> None:
    first = (traded.time // length + 1) * length
    database = traded.settings.database
    old = spoil(database, f"UPDATE market.{what}s SET volume = volume + 1 WHERE start < {first}")
    assert old > 3
    assert traded.found() == []
    where = f"(start, instrument) = (SELECT start, instrument FROM market.{what}s WHERE start >= {first}"
    where += " ORDER BY 1, 2 LIMIT 1)"
    assert spoil(database, f"UPDATE market.{what}s SET volume = volume + 1 WHERE {where}") == 1
    (difference,) = traded.found()
    assert difference.startswith(f"the {what} of instrument ") and " has volume " in difference
    assert int(difference.split("begins at ")[1].split()[0]) >= first


async def test_a_bust_since_is_named_and_an_older_one_is_left_out(traded: Traded) -> None:
    database, begun = traded.settings.database, traded.begun
    assert spoil(database, f"UPDATE market.busts SET position = position - 1 WHERE position < {begun}")
    assert traded.found() == []
    newest = "position = (SELECT max(position) FROM market.busts)"
    assert spoil(database, f"UPDATE market.busts SET position = position + 1 WHERE {newest}") == 1
    (difference,) = traded.found()
    assert "as taken back by command" in difference


async def test_a_kept_trade_since_is_named_and_an_older_one_is_left_out(traded: Traded) -> None:
    old, new = f"ts <= {traded.time}", f"ts > {traded.time}"
    database = traded.settings.database
    assert spoil(database, f"UPDATE market.trades SET price = price + 1 WHERE {old}") > 3
    assert traded.found() == []
    first = f"trade = (SELECT min(trade) FROM market.trades WHERE {new})"
    assert spoil(database, f"UPDATE market.trades SET price = price + 1 WHERE {first}") == 1
    (difference,) = traded.found()
    assert difference.startswith("the trade ") and "(SYM" in difference and " has price " in difference


async def test_a_tick_since_is_named_and_an_older_one_in_the_same_file_is_left_out(traded: Traded) -> None:
    file = traded.file(traded.begun)
    assert file.first < traded.begun < file.last
    path = traded.settings.ticks_dir / file.name
    rewrite(path, 0, "price")
    assert traded.found() == []
    rewrite(path, traded.begun, "price")
    (difference,) = traded.found()
    assert difference.startswith(f"{file.name}: it has the tick SYM")


async def test_readers_that_are_before_the_snapshot_are_not_compared_and_it_says_so(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Traded(tmp_path, database)
    await one.record_candles(one.market.units[:20])
    position = one.market.units[19].seq
    one.journal.drop(one.begun)
    assert one.found() == []
    assert one.said["behind"] == {"candles": position}
    assert await asyncio.to_thread(verify, one.settings, False) == 0
    assert f"not compared: candles, which are at {position}, before that snapshot" in capsys.readouterr().out


async def test_it_begins_anew_where_the_log_is_dropped_while_it_is_read(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerun, "READ_BYTES", 4096)
    one = Traded(tmp_path, database)
    await one.record_candles()
    last = one.market.units[-1].seq

    def drop(_at: int, _of: int) -> None:
        one.journal.drop(one.begun)

    assert await asyncio.to_thread(one.found, drop) == []
    assert (one.said["from"], one.said["candlesPosition"], one.said["ticksPosition"]) == (
        one.begun,
        last,
        last,
    )


async def test_what_differed_before_the_log_was_dropped_is_still_named(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerun, "READ_BYTES", 4096)
    one = Traded(tmp_path, database)
    await one.record_candles()
    first = "start = (SELECT min(start) FROM market.seconds)"
    assert spoil(database, f"UPDATE market.seconds SET volume = volume + 1 WHERE {first}") == 1
    dropped = []

    def drop(_at: int, _of: int) -> None:
        if _at > one.begun // 5:
            dropped.append(one.journal.drop(one.begun))

    (difference,) = await asyncio.to_thread(one.found, drop)
    assert difference.startswith("the second of instrument ")
    assert dropped[0] > 1 and one.said["from"] == one.begun


def test_it_gives_up_where_the_log_is_always_dropped_faster_than_it_is_read(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rerun, "READ_BYTES", 4096)
    log = made(tmp_path)
    settings = Settings.load({}, data_dir=tmp_path, database_url=database)
    attempts = []
    genuine = rerun.Rerun.units

    def dropping(self: rerun.Rerun, *arguments: object) -> object:
        attempts.append(self.begun)
        log.add(20)
        log.snapshot()
        log.add(20)
        log.journal.drop(log.journal.last)
        return genuine(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rerun.Rerun, "units", dropping)
    assert verify(settings, as_json=False) == 2
    assert "cannot verify" in (said := capsys.readouterr().out) and "gone" in said
    assert len(attempts) <= ATTEMPTS_MAX
    assert attempts == sorted(attempts) and attempts[0] == 1
    log.close()
