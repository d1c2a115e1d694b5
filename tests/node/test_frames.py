"""The loops over bytes: the same in C and in Python, whole frames only, nothing malformed taken."""

from __future__ import annotations

import array
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, records
from openbell.node import frames
from openbell.node.intake import BODY_SIZES
from openbell.node.protocol import ANSWER, COMMAND, FRAME, QUERY, frame, units_in
from tests.log.test_stamp import interpreted
from tests.node.exchange import deposit, open_account, order

PLAIN = interpreted(frames)
BOTH = pytest.mark.parametrize("module", [frames, PLAIN], ids=["compiled", "plain"])
NOW = 1_000


class Room:
    """Where `take_commands` puts things."""

    def __init__(self, size: int = 1 << 16, count: int = 256) -> None:
        self.out = bytearray(size)
        self.numbers = array.array("Q", bytes(8 * count))

    def take(self, module: Any, data: bytes, at: int = 0) -> tuple[int, int, int, int]:
        made: tuple[int, int, int, int] = module.take_commands(
            bytearray(data), at, len(data), self.out, 0, self.numbers, 0, BODY_SIZES, 9, NOW
        )
        return made


def commands(count: int) -> list[bytearray]:
    makers = [open_account, lambda: deposit(5), lambda: order(codes.BUY, 100)]
    return [makers[index % 3]() for index in range(count)]


@BOTH
def test_commands_come_out_with_source_time_and_correlation(module: Any) -> None:
    made = commands(5)
    data = b"".join(frame(COMMAND, 70 + index, one) for index, one in enumerate(made))
    room = Room()
    at, used, count, verdict = room.take(module, data)
    assert (at, used, count, verdict) == (len(data), sum(map(len, made)), 5, frames.MORE)
    assert list(room.numbers[:5]) == [70, 71, 72, 73, 74]
    start = 0
    for one in made:
        taken = room.out[start : start + len(one)]
        head = records.Header.from_buffer_copy(taken)
        assert (head.source, head.received_ns) == (9, NOW)
        assert taken[32:].startswith(one[32:40]) or head.source_seq == 0
        start += len(one)


@BOTH
@pytest.mark.parametrize("cut", [0, 1, 15, 16, 17, 100])
def test_a_frame_that_is_not_whole_waits(module: Any, cut: int) -> None:
    whole = frame(COMMAND, 1, deposit(1))
    assert Room().take(module, whole + whole[:cut])[::3] == (len(whole), frames.MORE)


@BOTH
def test_another_kind_of_frame_is_left_to_the_caller(module: Any) -> None:
    first = frame(COMMAND, 1, deposit(1))
    assert Room().take(module, first + frame(QUERY, 2, b"x" * 20))[::3] == (len(first), frames.OTHER)


@BOTH
def test_without_room_the_frame_is_left(module: Any) -> None:
    made = deposit(1)
    data = frame(COMMAND, 1, made) * 3
    assert Room(2 * len(made)).take(module, data)[1:] == (2 * len(made), 2, frames.FULL)
    assert Room(count=1).take(module, data)[1:] == (len(made), 1, frames.FULL)


@BOTH
def test_a_command_whose_time_has_passed_is_refused(module: Any) -> None:
    assert Room().take(module, frame(COMMAND, 1, deposit(1, valid_until=NOW - 1)))[3] == codes.E_TOO_LATE
    assert Room().take(module, frame(COMMAND, 1, deposit(1, valid_until=NOW)))[3] == frames.MORE


def damaged(change: str) -> bytes:
    made = deposit(1)
    if change == "length":
        made[0:2] = (len(made) + 8).to_bytes(2, "little")
    elif change == "layout":
        made[3] = 2
    elif change == "padding":
        made[4:6] = (8).to_bytes(2, "little")
    elif change == "type":
        made[2] = 200
    elif change == "short":
        made = made[:96]
        made[0:2] = (96).to_bytes(2, "little")
    elif change == "odd":
        made += b"x"
        made[0:2] = len(made).to_bytes(2, "little")
    else:
        made[2] = {"genesis": codes.C_GENESIS, "tick": codes.C_TICK, "jump": codes.C_CLOCK_JUMP}[change]
    return bytes(made)


@BOTH
@pytest.mark.parametrize(
    "change", ["length", "layout", "padding", "type", "short", "odd", "genesis", "tick", "jump"]
)
def test_a_record_that_no_client_may_send_is_refused(module: Any, change: str) -> None:
    assert Room().take(module, frame(COMMAND, 1, damaged(change)))[3] == codes.E_BAD_RECORD


@given(st.binary(max_size=400), st.integers(0, 3))
def test_garbage_is_taken_the_same_by_both_and_never_past_its_end(garbage: bytes, good: int) -> None:
    data = frame(COMMAND, 1, deposit(1)) * good + garbage
    one, two = Room(), Room()
    assert one.take(frames, data) == two.take(PLAIN, data)
    assert one.out == two.out


@given(st.integers(1, 12), st.integers(0, 3000), st.integers(1, 12))
def test_cutting_gives_whole_records_within_both_bounds(count: int, size: int, most: int) -> None:
    data = b"".join(bytes(one) for one in commands(count))
    end, taken = frames.cut(data, 0, len(data), size, most)
    assert (end, taken) == PLAIN.cut(data, 0, len(data), size, most)
    assert end == sum(len(one) for one in commands(count)[:taken])
    assert end <= size
    assert taken <= most
    assert taken in (most, count) or end + len(commands(count)[taken]) > size


def run_of(count: int, seed: int) -> tuple[bytes, bytes, bytes, list[int]]:
    """A batch with answers and random events: (batch, answers, events, events of each)."""
    chance = random.Random(seed)
    batch = bytearray()
    each = [chance.choice([0, 1, 2, 40]) for _ in range(count)]
    for index, one in enumerate(commands(count)):
        head = records.Header.from_buffer(one)
        head.seq, head.ts = 100 + index, 7
        batch += one
        del head
    answers = b"".join(bytes(records.Answer(seq=100 + i, events=n)) for i, n in enumerate(each))
    return bytes(batch), answers, chance.randbytes(128 * sum(each)), each


@given(st.integers(1, 20), st.integers(0, 1000), st.integers(1, 20_000))
def test_units_hold_each_command_with_its_events(count: int, seed: int, limit: int) -> None:
    batch, answers, events, each = run_of(count, seed)
    at = a = e = 0
    found = []
    while at < len(batch):
        made = frames.pack_units(batch, at, len(batch), answers, a, events, e, limit)
        assert made == PLAIN.pack_units(batch, at, len(batch), answers, a, events, e, limit)
        units, at, a, e = made
        found += units_in(units)
    assert [unit.seq for unit in found] == list(range(100, 100 + count))
    assert b"".join(unit.command for unit in found) == batch
    assert b"".join(unit.events for unit in found) == events
    assert [len(unit.events) // 128 for unit in found] == each


@BOTH
def test_answers_are_framed_with_their_correlations(module: Any) -> None:
    _, answers, _, _ = run_of(6, 1)
    numbers = array.array("Q", [0, 0, 31, 32, 33])
    made = module.frame_answers(answers, 1, 3, numbers, 2)
    wanted = [frame(ANSWER, 30 + i, answers[112 * i : 112 * (i + 1)]) for i in (1, 2, 3)]
    assert made == b"".join(wanted)
    assert FRAME.size + 112 == 128
