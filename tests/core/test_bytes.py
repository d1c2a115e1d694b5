"""Any bytes as a command: framed, they get an answer; unframed, they stop the node; nothing crashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, records
from openbell.core.exchange import CoreError, Exchange
from openbell.core.types import TIME_MAX
from tests.core import commands, flows
from tests.core.differences import assert_same
from tests.core.driver import Core
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.profiles import PROFILES
from tests.core.scale import examples
from tests.core.story import HOUSE, Market
from tests.core.views import assert_views_same

SIZE = records.Header.SIZE
WORD = (1 << 64) - 1
TYPES = [*codes.COMMAND_NAMES, 0, 6, 255]

word = st.one_of(
    st.sampled_from([0, 1, 4, 5, 255, 1 << 31, 1 << 32, 10**12, 10**16, (1 << 63) - 1, 1 << 63, WORD]),
    st.integers(0, WORD),
)  # fmt: skip


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """A record with a right length and layout; type, other header fields and body are anything."""
    body = b"".join(number.to_bytes(8, "little") for number in draw(st.lists(word, max_size=20)))
    record = bytearray(SIZE) + body
    head = records.Header.from_buffer(record)
    for name, _ in records.Header.FIELDS:
        if draw(st.integers(0, 3)) == 0:
            setattr(head, name, draw(word))
    head.length = len(record)
    head.type = draw(st.sampled_from(TYPES))
    head.layout = records.LAYOUT_VERSION if draw(st.integers(0, 9)) else draw(st.integers(0, 255))
    head.shard = 0 if draw(st.integers(0, 9)) else 1
    head.flags &= 7
    head.account = draw(st.sampled_from([0, 1, 4, 5, 6, 7, 9, 1 << 40, WORD]))
    head.instrument = draw(st.sampled_from([0, 1, 2, 3, 4, 1 << 31, records.ANY_INSTRUMENT]))
    return bytes(record)


@examples(compiled=100, interpreted=30)
@given(st.lists(framed(), min_size=1, max_size=20))
def test_a_framed_record_gets_an_answer_and_breaks_nothing(garbage: list[bytes]) -> None:
    made = PROFILES["narrow"]
    genesis = commands.genesis(**made.limits)
    core, oracle = Core(genesis), Oracle(genesis)
    invariants = Invariants(core.exchange)
    for record in flows.assemble(made, []):
        assert_same(record, core.apply(record), oracle.apply(record))
    for command in garbage:
        record = commands.sequenced(command, core.exchange.position + 1, commands.START)
        said = core.apply(record)
        assert_same(record, said, oracle.apply(record))
        invariants.check(said[1])
    assert_views_same(core.exchange, oracle)


@pytest.mark.parametrize("length", [0, 8, 88, 95, 97, 1032, 65528, 104])
def test_an_impossible_length_stops_before_it(length: int) -> None:
    """A length that is short, crooked, over the desk, or past the end of what was read."""
    exchange = Exchange(commands.genesis())
    tick = commands.sequenced(commands.plain(codes.C_TICK), 2, commands.START)
    broken = bytearray(commands.sequenced(commands.plain(codes.C_TICK), 3, commands.START))
    records.Header.from_buffer(broken).length = length
    with pytest.raises(CoreError, match="length"):
        exchange.run(tick + broken, 0, len(tick + broken))
    assert exchange.position == 2


@pytest.mark.parametrize(
    ("seq", "ts", "why"),
    [
        (2, 0, "sequence"), (4, 0, "sequence"), (3, -1, "time"), (3, TIME_MAX + 1 - commands.START, "time"),
        (3, (1 << 63) - 1 - commands.START, "time"),
    ],
)  # fmt: skip
def test_a_gap_in_the_log_stops_before_it(seq: int, ts: int, why: str) -> None:
    exchange = Exchange(commands.genesis())
    first = commands.sequenced(commands.plain(codes.C_TICK), 2, commands.START)
    exchange.run(first, 0, len(first))
    second = commands.sequenced(commands.plain(codes.C_TICK), seq, commands.START + ts)
    with pytest.raises(CoreError, match=why):
        exchange.run(second, 0, len(second))
    assert exchange.position == 2


@examples(compiled=100, interpreted=30)
@given(st.binary(min_size=SIZE, max_size=400))
def test_bytes_that_are_no_log_are_refused(data: bytes) -> None:
    exchange = Exchange(commands.genesis())
    data = data[: len(data) // 8 * 8]
    with pytest.raises(CoreError):
        exchange.run(data, 0, len(data))
    assert exchange.position == 1


@pytest.mark.parametrize(
    "limits",
    [
        {"rules": 2}, {"accounts": 3}, {"instruments": 0}, {"positions": 0}, {"orders": 0}, {"requests": 0},
        {"levels": 0}, {"slice": 0}, {"request_ttl_ns": -1}, {"shard": 1024},
    ],
)  # fmt: skip
def test_an_impossible_genesis_is_refused_by_the_fields_name(limits: dict[str, int]) -> None:
    with pytest.raises(CoreError, match=next(iter(limits))):
        Exchange(commands.genesis(**limits))


@pytest.mark.parametrize("ts", [-1, TIME_MAX + 1, (1 << 63) - 1])
def test_a_genesis_at_an_impossible_time_is_refused(ts: int) -> None:
    with pytest.raises(CoreError, match="time"):
        Exchange(commands.sequenced(commands.genesis(), 1, ts))


def test_the_last_moment_is_as_good_as_any() -> None:
    """Every span after it fits: a call of the exchange's own, an order that ends, a session."""
    market = Market(listing={"flags": codes.AUCTIONS})
    market.ts = TIME_MAX - 1000
    market.do(commands.plain(codes.C_SUSPEND))
    market.do(commands.plain(codes.C_RESUME), after=0)
    due = TIME_MAX + 366 * 86_400 * 10**9
    said = market.do(commands.order(HOUSE, 0, codes.BUY, 10**6, 10**8, tif=codes.GTD, expire_ts=due), after=0)
    assert said.status == "OPEN"
    market.do(commands.session(HOUSE, 1, codes.SESSION_OPEN, 86_400 * 10**9), after=0)
    assert market.tick(0).told[0].startswith("auction")


def test_another_first_record_is_no_genesis() -> None:
    with pytest.raises(CoreError, match="type 3"):
        Exchange(bytes(commands.plain(codes.C_TICK, seq=1)))


def test_a_blob_may_be_as_long_as_a_record_allows() -> None:
    market = Market()
    for size in (1, 48, 49, records.BLOB_LENGTH_MAX):
        said = market.do(commands.order(HOUSE, 0, codes.BUY, 10**6, 10**8, blob=b"x" * size))
        assert said.code == "OK"


def test_a_run_hands_over_when_its_output_is_well_filled() -> None:
    """65,536 answers are a full house: the rest waits until they were taken."""
    exchange = Exchange(commands.genesis())
    ticks = b"".join(
        commands.sequenced(commands.plain(codes.C_TICK), seq, commands.START) for seq in range(2, 65_540)
    )
    at = exchange.run(ticks, 0, len(ticks))
    assert (exchange.answer_count, at) == (65_536, 65_536 * SIZE)
    exchange.clear()
    assert exchange.run(ticks, at, len(ticks)) == len(ticks)
    assert (exchange.answer_count, exchange.position) == (2, 65_539)
