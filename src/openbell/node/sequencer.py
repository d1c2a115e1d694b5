"""The sequencer: gives what has arrived its place and time, logs it, applies it while the disk syncs.

One turn is one batch. What a turn shows (answers, units) waits at the gate until the batch is durable; a
second turn may run meanwhile, no third.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from openbell.core import codes, records
from openbell.core.exchange import Exchange
from openbell.log.journal import Journal
from openbell.log.stamp import stamp
from openbell.node.clock import JUMP_NS, Clock
from openbell.node.events import Block
from openbell.node.frames import frame_answers, pack_units
from openbell.node.gate import Gate
from openbell.node.intake import URGENT, Intake, Taken
from openbell.node.stream import Stream

log = logging.getLogger(__name__)

BATCH_BYTES = 4 << 20
BATCH_COUNT = 16_384
BATCHES_IN_FLIGHT = 2
BLOCK_BYTES = 256 << 10  # of units sent in one frame and stored as one block
TICK_NS = 1_000_000_000

TICK = bytes(records.pack(codes.C_TICK))
CLOCK_JUMP = bytes(records.pack(codes.C_CLOCK_JUMP))


class Sequencer:
    """Turns waiting commands into batches of the log and their effects."""

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        gate: Gate,
        stream: Stream,
        clock: Clock,
        term: int,
        fail: Callable[[BaseException], None],
    ) -> None:
        self.exchange = exchange
        self.journal = journal
        self.gate = gate
        self.stream = stream
        self.clock = clock
        self.term = term
        self.fail = fail  # told what ends the node; nothing leaves it after that
        self.intake = Intake()
        self.in_flight: deque[int] = deque()  # last positions of batches that are not durable yet
        self.questions: deque[tuple[int, Callable[[], None]]] = deque()  # and after how many commands
        self.commands = 0
        self.tick_at = int(exchange.time) + TICK_NS  # log time of the next TICK
        self.full = False  # the log has room for urgent commands only

    @property
    def ready(self) -> bool:
        """Whether a turn may run."""
        return len(self.in_flight) < BATCHES_IN_FLIGHT and not self.gate.shut and not self.stream.writer.busy

    def turn(self) -> None:
        """Log and apply what waits, if a turn may run; a TICK that is due goes first."""
        if self.ready and len(self.intake):
            self._run(self._due())

    def tick(self) -> None:
        """Log a TICK that is due, if a turn may run: log time passes also while nothing arrives."""
        if self.ready and (own := self._due()):
            self._run(own)

    def ask(self, question: Callable[[], None]) -> None:
        """Call `question` once all commands that wait are applied or refused: now if none does."""
        if len(self.intake):
            self.questions.append((self.intake.arrived, question))
        else:
            question()

    def _due(self) -> bytes:
        """A TICK each second of log time, if the log has room for it and for what waits: a full log keeps
        its end for cancels."""
        if self.clock.now() < self.tick_at or self.journal.room() < len(TICK) + self.intake.first_size():
            return b""
        return TICK

    def durable(self, position: int) -> None:
        """Batches up to `position` are durable: their effects may leave."""
        while self.in_flight and self.in_flight[0] <= position:
            self.in_flight.popleft()
        try:
            self.gate.open(position)
        except Exception as error:
            self.fail(error)

    def _run(self, own: bytes) -> None:
        """One turn, the sequencer's `own` records first; a fault in it ends the node: half a turn is none."""
        try:
            self._turn(own)
        except Exception as error:
            self.fail(error)

    def _turn(self, own: bytes) -> None:
        previous = self.exchange.time
        now = max(previous, self.clock.now())
        if now - previous > JUMP_NS:
            log.warning("log time jumps by %.1f s", (now - previous) / 1e9)
            own = CLOCK_JUMP
        elif own:
            # In step with those before, unless one was missed.
            self.tick_at = (self.tick_at if now - self.tick_at < TICK_NS else now) + TICK_NS
        size = self._room(own)
        taken = self.intake.take(size, BATCH_COUNT, own if len(own) <= size else b"")
        if taken.count:
            self._log(taken, now)
        while self.questions and self.questions[0][0] <= self.intake.given and not self.gate.shut:
            self.questions.popleft()[1]()

    def _log(self, taken: Taken, now: int) -> None:
        """Log and apply a batch at time `now`."""
        first = self.journal.last + 1
        last = stamp(taken.records, 0, len(taken.records), first, now, self.term) - 1
        try:
            self.journal.append(taken.records, first, last)
            self.in_flight.append(last)
            self._apply(taken, last)
        except Exception as error:
            # Applied in part, or logged and not applied: this process must not say another word.
            self.fail(error)

    def _room(self, own: bytes) -> int:
        """Bytes that the next batch may have; refuses what the log has no room for."""
        room = self.journal.room()
        wanted = self.intake.first_size() + len(own)
        if room >= wanted:
            if self.full:
                log.warning("the log has room again")
            self.full = False
            return min(room, BATCH_BYTES)
        if not self.full:
            log.error("the log is full: only what ends orders is taken")
        self.full = True
        self.intake.refuse_waiting(codes.E_LOG_FULL, URGENT)
        room = self.journal.room(urgent=True)
        if room < self.intake.first_size():
            self.intake.refuse_waiting(codes.E_LOG_FULL, ())
        return min(room, BATCH_BYTES)

    def _apply(self, taken: Taken, last: int) -> None:
        """Run the core over a batch and leave what it says at the gate."""
        exchange, batch, output = self.exchange, taken.records, self.exchange.memory.maps
        answers: list[bytes] = []
        blocks: list[Block] = []
        at = 0
        while at < len(batch):
            begin, position = at, exchange.position + 1
            at = exchange.run(batch, at, len(batch))
            answers.append(exchange.answers(0, exchange.answer_count))
            blocks += make_blocks(batch, begin, at, position, output["answers"], output["events"])
            exchange.clear()
        said = answers[0] if len(answers) == 1 else b"".join(answers)
        self.commands += taken.count
        self.gate.hold(last, partial(self._release, taken, said, blocks))

    def _release(self, taken: Taken, answers: bytes, blocks: list[Block]) -> None:
        """The batch is durable: publish, then answer: who is answered finds the market as it is now."""
        self.stream.publish(blocks)
        index = number = 0
        for run in taken.runs:
            if run.origin is not None:
                frames = frame_answers(answers, index, run.count, taken.numbers, number)
                run.origin.answered(frames, run.count)
                number += run.count
            index += run.count


def make_blocks(
    batch: bytes | bytearray, at: int, stop: int, position: int, answers: Any, events: Any
) -> list[Block]:
    """The units, as blocks, of the commands in `batch[at:stop]`, the first of which is at `position`.

    `answers` and `events` begin with what the commands brought about: records, as the core keeps them.
    """
    blocks = []
    answer = event = 0
    while at < stop:
        units, at, after, event = pack_units(batch, at, stop, answers, answer, events, event, BLOCK_BYTES)
        blocks.append(Block(position + answer, position + after - 1, units))
        answer = after
    return blocks
