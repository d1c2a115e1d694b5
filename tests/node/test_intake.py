"""The intake: order of arrival, everybody's own correlations, within its bounds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, records
from openbell.node.frames import FULL, MORE
from openbell.node.intake import Intake
from openbell.node.protocol import COMMAND, frame
from openbell.node.sequencer import TICK
from tests.log.batches import split
from tests.node.exchange import deposit, open_account


@dataclass(eq=False)
class Sender:
    """Somebody who sends commands and keeps what was refused."""

    source: int
    refused: list[int] = field(default_factory=list)

    def answered(self, frames: bytearray, count: int) -> None:
        raise AssertionError("only the sequencer answers")

    def refuse(self, number: int, answer: bytes) -> None:
        self.refused.append(number)


def send(intake: Intake, sender: Sender, number: int, *commands: bytearray) -> int:
    """How many of the commands, numbered from `number`, the intake took of all that came at once."""
    frames = [frame(COMMAND, number + index, command) for index, command in enumerate(commands)]
    data = bytearray(b"".join(frames))
    at, verdict = intake.receive(sender, data, 0, len(data), 5)
    ends = list(accumulate(map(len, frames), initial=0))
    assert verdict == (MORE if at == len(data) else FULL)
    return ends.index(at)


def order_of(taken: object) -> list[tuple[int, int]]:
    """(source, correlation) of each command that clients sent, in order."""
    found = []
    number = 0
    for run in taken.runs:  # type: ignore[attr-defined]
        if run.origin is not None:
            for _ in range(run.count):
                found.append((run.origin.source, taken.numbers[number]))  # type: ignore[attr-defined]
                number += 1
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 2), st.integers(1, 4)),
        st.tuples(st.just("take"), st.integers(200, 2_000), st.integers(1, 8)),
    ),
    max_size=60,
)


@given(STEPS)
def test_commands_leave_in_the_order_they_came_with_their_correlations(
    steps: list[tuple[str, int, int]],
) -> None:
    intake = Intake(2_500, 20)
    senders = [Sender(source) for source in (1, 2, 3)]
    waiting: deque[tuple[int, int]] = deque()
    number = 0
    for what, one, two in steps:
        if what == "send":
            took = send(intake, senders[one], number, *(deposit(number + index) for index in range(two)))
            waiting += ((senders[one].source, number + index) for index in range(took))
            number += two
        else:
            taken = intake.take(one, two, TICK)
            gone = [waiting.popleft() for _ in range(taken.count - 1)]
            assert order_of(taken) == gone
            heads = [records.Header.from_buffer_copy(record) for record in split(bytes(taken.records))]
            assert [head.type for head in heads] == [codes.C_TICK] + [codes.C_DEPOSIT] * len(gone)
            assert [head.source for head in heads[1:]] == [source for source, _ in gone]
            assert len(taken.records) <= one
        assert len(intake) == len(waiting)


def test_a_full_intake_takes_no_more_until_something_left() -> None:
    intake, sender = Intake(1 << 16, 3), Sender(1)
    assert [send(intake, sender, number, deposit(1)) for number in range(4)] == [1, 1, 1, 0]
    intake.take(1 << 16, 1)
    assert send(intake, sender, 9, deposit(1))
    assert order_of(intake.take(1 << 16, 9)) == [(1, 1), (1, 2), (1, 9)]


def test_commands_keep_their_senders_when_room_is_made_among_them() -> None:
    intake, first, second = Intake(1 << 16, 4), Sender(1), Sender(2)
    assert send(intake, first, 0, *[deposit(1)] * 3) == 3
    intake.take(1 << 16, 2)
    assert send(intake, second, 7, *[deposit(1)] * 3) == 3
    assert order_of(intake.take(1 << 16, 9)) == [(1, 2), (2, 7), (2, 8), (2, 9)]


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=12))
def test_refusing_what_waits_keeps_only_the_types_named(sent: list[tuple[int, bool]]) -> None:
    intake, senders = Intake(1 << 16, 64), [Sender(1), Sender(2)]
    for number, (who, kept) in enumerate(sent):
        assert send(intake, senders[who], number, open_account() if kept else deposit(1))
    intake.refuse_waiting(codes.E_LOG_FULL, (codes.C_OPEN_ACCOUNT,))
    wanted = [(senders[who].source, number) for number, (who, kept) in enumerate(sent) if kept]
    assert order_of(intake.take(1 << 16, 64)) == wanted
    for index, sender in enumerate(senders):
        assert sender.refused == [n for n, (who, kept) in enumerate(sent) if who == index and not kept]
