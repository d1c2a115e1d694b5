"""The check of stored ticks: a store equals the replay, and whatever is spoilt in a file is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openbell.market.ticks import parquet
from openbell.market.ticks.archive import Archive
from openbell.market.ticks.batch import KIND_NAMES
from openbell.market.ticks.check import TickCheck
from openbell.market.ticks.files import TickFile, found_in
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.tape import Tape
from openbell.market.ticks.upkeep import age, merge, prune
from tests.ledger.market import RandomMarket

RUN = 40  # units a flush


@pytest.fixture(scope="module")
def market() -> RandomMarket:
    """A random market with trades, quotes and a bust."""
    made = RandomMarket(11)
    made.run(600)
    made.bust()
    return made


def filled(market: RandomMarket, folder: Path, units: int | None = None) -> TickStore:
    """A store of the market's first `units` units, a flush every RUN."""
    store = TickStore(folder, hashlib.sha256(market.genesis).hexdigest())
    tape = Tape(0, store.symbols)
    chosen = market.units[:units]
    for at in range(0, len(chosen), RUN):
        tape.add_all(chosen[at : at + RUN])
        store.add(tape.take(), tape.position)
        store.flush(store.seal(tape.state()))
    return store


def checked(
    market: RandomMarket, folder: Path, meanwhile: Callable[[], object] = lambda: None, step: int = 23
) -> list[str]:
    """What a check finds; `meanwhile` happens after it began."""
    check = TickCheck(folder, folder / "archive", market.genesis)
    meanwhile()
    for at in range(0, len(market.units), step):
        units = [one for one in market.units[at : at + step] if one.seq <= check.position]
        check.feed(units)
    check.finish()
    return check.differences


def biggest(folder: Path) -> TickFile:
    return max(found_in(folder), key=lambda file: file.size)


def rewrite(folder: Path, change: Callable[[list[dict[str, object]]], object]) -> tuple[TickFile, str]:
    """Have `change` work on the rows of a file; the file, and the symbol of its first row."""
    file = biggest(folder)
    rows = pq.read_table(folder / file.name, schema=parquet.SCHEMA).to_pylist()
    symbol = str(rows[0]["symbol"])
    change(rows)
    parquet.write(pa.Table.from_pylist(rows, parquet.SCHEMA), folder / file.name)
    return file, symbol


@pytest.mark.parametrize("step", [1, 23, 10_000])
def test_a_store_equals_the_replay_of_its_log(market: RandomMarket, tmp_path: Path, step: int) -> None:
    store = filled(market, tmp_path)
    assert len(found_in(tmp_path)) > 20
    assert checked(market, tmp_path, step=step) == []
    store.close()


def test_a_store_of_part_of_the_log_is_compared_up_to_its_position(
    market: RandomMarket, tmp_path: Path
) -> None:
    filled(market, tmp_path, len(market.units) // 2).close()
    check = TickCheck(tmp_path, tmp_path / "archive", market.genesis)
    assert check.position == market.units[len(market.units) // 2 - 1].seq
    assert checked(market, tmp_path) == []


@pytest.mark.parametrize("column", ["time", "price", "quantity", "flags", "trade", "kind"])
def test_a_changed_tick_is_named(market: RandomMarket, tmp_path: Path, column: str) -> None:
    filled(market, tmp_path).close()
    was: dict[str, int] = {}

    def change(rows: list[dict[str, object]]) -> None:
        one = rows[0]
        was.update({name: int(value) for name, value in one.items() if isinstance(value, int)})
        one[column] = was[column] % 3 + 1 if column == "kind" else was[column] + 1

    file, symbol = rewrite(tmp_path, change)
    (said,) = checked(market, tmp_path)
    now = was | {column: was["kind"] % 3 + 1 if column == "kind" else was[column] + 1}

    def words(tick: dict[str, int]) -> str:
        rest = ", ".join(f"{name} {tick[name]}" for name in ("time", "price", "quantity", "flags", "trade"))
        return f"{symbol} {KIND_NAMES[tick['kind']]} of command {tick['position']} ({rest})"

    assert said == f"{file.name}: it has the tick {words(now)}, the log gives {words(was)}"


def test_a_missing_tick_one_too_many_and_one_that_is_there_twice_are_named(
    market: RandomMarket, tmp_path: Path
) -> None:
    filled(market, tmp_path / "a").close()
    file, symbol = rewrite(tmp_path / "a", lambda rows: rows.pop(0))
    (said,) = checked(market, tmp_path / "a")
    assert said.startswith(f"{file.name}: ") and symbol in said

    filled(market, tmp_path / "b").close()
    file, symbol = rewrite(tmp_path / "b", lambda rows: rows.append(rows[-1]))
    (said,) = checked(market, tmp_path / "b")
    assert said.startswith(f"{file.name}: it has the tick {symbol}")

    filled(market, tmp_path / "c").close()
    file, _ = rewrite(tmp_path / "c", lambda rows: rows[0].update(symbol="ZZZZ"))
    (said,) = checked(market, tmp_path / "c")
    assert said.startswith(f"{file.name}: ")


def test_a_missing_file_and_a_damaged_one_are_named(market: RandomMarket, tmp_path: Path) -> None:
    filled(market, tmp_path / "a").close()
    file = biggest(tmp_path / "a")
    (tmp_path / "a" / file.name).unlink()
    (said,) = checked(market, tmp_path / "a")
    assert f"date={file.date}/group={file.group} lacks" in said

    filled(market, tmp_path / "b").close()
    file = biggest(tmp_path / "b")
    data = (tmp_path / "b" / file.name).read_bytes()
    (tmp_path / "b" / file.name).write_bytes(data[:-40])
    (said,) = checked(market, tmp_path / "b")
    assert said.startswith(f"{file.name}, a file of ticks, cannot be read: ")


def test_a_file_of_other_columns_is_named(market: RandomMarket, tmp_path: Path) -> None:
    filled(market, tmp_path).close()
    file = biggest(tmp_path)
    pq.write_table(pa.table({"price": [1]}), tmp_path / file.name)
    (said,) = checked(market, tmp_path)
    assert said.startswith(f"{file.name}, a file of ticks, cannot be read: its columns are ['price']")


def test_a_file_that_goes_while_it_checks_is_named(market: RandomMarket, tmp_path: Path) -> None:
    filled(market, tmp_path).close()
    file = biggest(tmp_path)
    (said,) = checked(market, tmp_path, (tmp_path / file.name).unlink)
    assert said.startswith(f"ticks: {file.name} lacks ")


def test_files_that_are_merged_or_archived_while_it_checks_are_found(
    market: RandomMarket, tmp_path: Path
) -> None:
    store = filled(market, tmp_path)
    archive = Archive(tmp_path / "archive")

    def merged() -> None:
        assert merge(store) > 0
        while merge(store):  # the next one removes the small ones
            pass

    def aged() -> None:
        assert age(store, archive, 1 << 62) > 0
        assert age(store, archive, 1 << 62) == 0  # and have left the disk
        assert store.files() == []

    assert checked(market, tmp_path, merged) == []
    assert checked(market, tmp_path, aged) == []
    assert checked(market, tmp_path) == []
    store.close()


def test_a_flush_while_it_checks_is_left_out(market: RandomMarket, tmp_path: Path) -> None:
    filled(market, tmp_path, len(market.units) // 2).close()

    def flush() -> None:
        store = TickStore(tmp_path, hashlib.sha256(market.genesis).hexdigest())
        tape = Tape(store.position, store.symbols, store.state)
        tape.add_all(market.units[len(market.units) // 2 :])
        store.add(tape.take(), tape.position)
        store.flush(store.seal(tape.state()))
        merge(store)
        store.close()

    assert checked(market, tmp_path, flush) == []
    assert checked(market, tmp_path) == []


def test_what_was_removed_for_room_is_no_difference(market: RandomMarket, tmp_path: Path) -> None:
    store = filled(market, tmp_path)
    archive = Archive(tmp_path / "archive")
    size = sum(file.size for file in store.files())
    for part in (5, 4, 3):
        assert prune(store, archive, own_archive=True, bytes_max=size * part // 6) > 0
        assert checked(market, tmp_path) == []
    assert checked(market, tmp_path, lambda: prune(store, archive, True, size // 6)) == []
    file = found_in(tmp_path)[-1]  # but not what went some other way
    (tmp_path / file.name).unlink()
    (said,) = checked(market, tmp_path)
    assert "lacks" in said
    store.close()


def test_the_ticks_of_another_exchange_are_named(market: RandomMarket, tmp_path: Path) -> None:
    TickStore(tmp_path, "f" * 64).close()
    check = TickCheck(tmp_path, tmp_path / "archive", market.genesis)
    assert check.position == 0
    (said,) = check.differences
    assert "are of exchange ffffffffffff" in said
    assert TickCheck(tmp_path / "none", tmp_path / "archive", market.genesis).differences == []
