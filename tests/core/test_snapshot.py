"""A snapshot is the state: the same hash, the same future; anything else in the file is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from openbell.core import codes, layout, snapshot, state
from openbell.core.exchange import CoreError, Exchange
from tests.core import commands, flows
from tests.core.profiles import PROFILES
from tests.core.story import HOUSE, Market


def advance(exchange: Exchange, records: list[bytes]) -> tuple[bytes, bytes]:
    """Apply records; returns answers and events."""
    data = b"".join(records)
    assert exchange.run(data, 0, len(data)) == len(data)
    said = exchange.answers(0, exchange.answer_count), exchange.events(0, exchange.event_count)
    exchange.clear()
    return said


def started(name: str, seed: int, steps: int) -> tuple[Exchange, list[bytes]]:
    """An exchange in the middle of a flow, and the rest of it."""
    records = flows.seeded(name, seed, 2 * steps)
    exchange = Exchange(commands.genesis(**PROFILES[name].limits))
    advance(exchange, records[:steps])
    return exchange, records[steps:]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    exchange, _ = started("narrow", 5, 200)
    path = tmp_path / "saved-state"
    snapshot.save(exchange, path, {"term": 3})
    return path


@pytest.mark.parametrize("name", sorted(PROFILES))
@pytest.mark.parametrize("seed", [11, 12])
def test_a_loaded_exchange_has_the_same_hash_and_the_same_future(
    name: str, seed: int, tmp_path: Path
) -> None:
    exchange, rest = started(name, seed, 300)
    snapshot.save(exchange, tmp_path / "s", {"note": ["kept", 1]})
    loaded, meta = snapshot.load(tmp_path / "s")
    assert meta == {"note": ["kept", 1]}
    assert snapshot.state_hash(loaded) == snapshot.state_hash(exchange)
    assert advance(loaded, rest) == advance(exchange, rest)
    assert snapshot.state_hash(loaded) == snapshot.state_hash(exchange)


def test_a_snapshot_of_a_snapshot_is_the_same_file(tmp_path: Path) -> None:
    exchange, _ = started("tight", 3, 300)
    snapshot.save(exchange, tmp_path / "a", {})
    snapshot.save(snapshot.load(tmp_path / "a")[0], tmp_path / "b", {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_exchange_is_saved_too(tmp_path: Path) -> None:
    exchange = Exchange(commands.genesis())
    snapshot.save(exchange, tmp_path / "s", {})
    loaded, _ = snapshot.load(tmp_path / "s")
    assert (loaded.position, loaded.time) == (1, commands.START)
    assert snapshot.state_hash(loaded) == snapshot.state_hash(exchange)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
def test_a_changed_byte_is_refused_by_the_files_name(saved: Path, part: float) -> None:
    data = bytearray(saved.read_bytes())
    data[int(len(data) * part)] ^= 1
    saved.write_bytes(data)
    with pytest.raises(snapshot.SnapshotError, match="saved-state"):
        snapshot.load(saved)


@pytest.mark.parametrize("size", [0, 1, 8, 47, 48, 200, -1])
def test_a_cut_file_is_refused_by_its_name(saved: Path, size: int) -> None:
    saved.write_bytes(saved.read_bytes()[:size])
    with pytest.raises(snapshot.SnapshotError, match="saved-state"):
        snapshot.load(saved)


def test_messages_under_way_are_no_state(tmp_path: Path) -> None:
    exchange = Market().exchange
    exchange.delay = 3
    order = commands.order(HOUSE, 0, codes.BUY, 10**6, 10**8)
    advance(exchange, [commands.sequenced(order, exchange.position + 1, exchange.time)])
    with pytest.raises(CoreError, match="flush"):
        snapshot.save(exchange, tmp_path / "s", {})


def older(fields: list[list[str]], gone: set[str], new: list[list[str]]) -> list[list[str]]:
    """A layout as it may have been: without some fields, with others in front."""
    return new + [field for field in fields if field[0] not in gone]


def repack(data: bytes, current: list[list[str]], wanted: list[list[str]]) -> bytes:
    """Records of one layout as bytes of another; what is not known is zero."""
    one = layout.record("Now", "\n".join(" ".join(field) for field in current))
    sizes = {kind: layout.TYPES[kind][3] for _, kind in wanted}
    made = bytearray()
    for at in range(0, len(data), one.SIZE):
        row = one.from_buffer_copy(data, at)
        for name, kind in wanted:
            value = getattr(row, name, 0)
            made += value.to_bytes(sizes[kind], "little", signed=kind[0] == "i")
    return bytes(made)


def test_fields_are_found_by_name_in_an_older_layout() -> None:
    exchange, _ = started("narrow", 5, 200)
    count = exchange.memory["scalars"][0].accounts
    fields = [list(field) for field in state.Account.FIELDS]
    before = older(fields, {"firm", "opened_ts"}, [["retired", "u32"], ["cash_limit", "i64"]])
    data = repack(exchange.memory.bytes_of("accounts", 0, count), fields, before)
    other = Exchange(exchange.genesis)
    end = snapshot.fill(other, "accounts", 0, count, before, memoryview(b"gap" + data + b"more"), 3)
    assert end == 3 + len(data)
    for number in range(count):
        old, new = exchange.memory["accounts"][number], other.memory["accounts"][number]
        for name, _ in fields:
            kept = name not in ("firm", "opened_ts")
            assert not kept or getattr(new, name) == getattr(old, name), name


def test_a_forked_child_writes_the_state_of_the_fork(tmp_path: Path) -> None:
    exchange, rest = started("narrow", 6, 200)
    at_fork = snapshot.state_hash(exchange)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # waits until the parent has gone on
        done = 1
        try:
            os.close(writing)
            os.read(reading, 1)
            snapshot.save(exchange, tmp_path / "s", {})
            done = 0
        finally:
            os._exit(done)
    os.close(reading)
    advance(exchange, rest)
    os.write(writing, b"!")
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert snapshot.state_hash(exchange) != at_fork
    loaded, _ = snapshot.load(tmp_path / "s")
    assert snapshot.state_hash(loaded) == at_fork


# Where a record lies and what it is linked to: not what it means.
PLACES = {
    "book_orders": {"prev", "next", "level", "ref"},
    "accounts": {"work_head", "work_tail", "ended_head", "ended_tail", "holdings"},
    "holdings": {"next", "prev"},
    "tickets": {"holding", "request", "prev", "next", "work_prev", "work_next", "pending"},
    "schedules": {"buys", "sells", "closes"},
    "requests": {"ticket", "prev", "next", "ended_prev", "ended_next"},
}


ALIVE = {"schedules": "scheduled", "holdings": "account", "accounts": "opened_ts", "requests": "account"}
UNUSED = ("book_orders", "requests", "schedules")  # their `reserved` means nothing


def living(exchange: Exchange, name: str) -> Any:
    """Some record of an array that is in use."""
    rows = exchange.memory[name]
    used = dict(snapshot.used(exchange))[name]
    return next(rows[i] for i in reversed(range(used)) if getattr(rows[i], ALIVE.get(name, "id")))


@pytest.mark.parametrize("name", sorted(PLACES))
def test_the_hash_covers_what_a_record_means_and_not_where_it_lies(name: str) -> None:
    market = Market()
    market.do(commands.order(HOUSE, 0, codes.BUY, 10**6, 10**8, header={"key_low": 7}))
    exchange = market.exchange
    before = snapshot.state_hash(exchange)
    row = living(exchange, name)
    for field, _ in type(row).FIELDS:
        if field.startswith("reserved") and field != "reserved":
            continue
        if field in PLACES[name] or (field == "reserved" and name in UNUSED):
            continue
        value = getattr(row, field)
        setattr(row, field, value ^ 1)
        assert snapshot.state_hash(exchange) != before, f"{field} of {name} is not covered"
        setattr(row, field, value)
    assert snapshot.state_hash(exchange) == before


def test_the_hash_covers_where_a_stop_waits() -> None:
    """Its stop price, its mark, and its age among those of its price."""
    market = Market()
    order = market.trail(codes.SELL, HOUSE, 1, by=2_00).order
    before = snapshot.state_hash(market.exchange)
    assert market.exchange.floor.lookup(order) == (98_00_00, 100_00_00, 1)
    slot = 0
    for name in ("mark_knots", "trail_knots"):
        knot = market.exchange.memory[name][slot]
        knot.key += 100
        assert snapshot.state_hash(market.exchange) != before, f"{name} is not covered"
        knot.key -= 100
    market.exchange.memory["trail_knots"][slot].stamp += 1
    assert snapshot.state_hash(market.exchange) != before


def test_the_hash_covers_the_terms_of_a_stop() -> None:
    market = Market()
    order = market.trail(codes.SELL, HOUSE, 1, by=150, percent=True).order
    before = snapshot.state_hash(market.exchange)
    row = market.exchange.memory["stop_terms"][market.exchange.lookup_order(order)]
    for field, _ in type(row).FIELDS:
        value = getattr(row, field)
        setattr(row, field, value ^ 1)
        assert snapshot.state_hash(market.exchange) != before, f"{field} is not covered"
        setattr(row, field, value)
    assert snapshot.state_hash(market.exchange) == before


def test_the_hash_knows_no_slots() -> None:
    market = Market()
    for at in (99_00, 98_00, 97_00):
        market.buy(HOUSE, 1, at=at)
    before = snapshot.state_hash(market.exchange)
    swap(market.exchange, 0, 2)
    assert snapshot.state_hash(market.exchange) == before


def swap(exchange: Exchange, one: int, other: int) -> None:
    """Move two resting orders of different levels to each other's slots."""
    orders, levels = exchange.memory["book_orders"], exchange.memory["levels"]
    first, second = bytes(orders[one]), bytes(orders[other])
    orders[one] = type(orders[one]).from_buffer_copy(second)
    orders[other] = type(orders[other]).from_buffer_copy(first)
    for slot in (one, other):
        levels[orders[slot].level].head = levels[orders[slot].level].tail = slot


def test_a_head_is_plain_json(saved: Path) -> None:
    data = saved.read_bytes()
    size = int.from_bytes(data[8:16], "little")
    head = json.loads(data[16 : 16 + size])
    assert (head["format"], head["meta"]) == (snapshot.FORMAT, {"term": 3})
