"""Commands that have arrived and wait for their turn: one buffer of records, bounded."""

from __future__ import annotations

import array
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from openbell.core import codes
from openbell.core.records import BODIES, Answer
from openbell.node.frames import FULL, cut, take_commands

BYTES_MAX = 16 << 20
COUNT_MAX = 65_536

# What a client may send; the others are the sequencer's own.
OWN = (codes.C_GENESIS, codes.C_TICK, codes.C_CLOCK_JUMP)
BODY_SIZES = array.array("q", [-1] * 256)
for type_, layout in BODIES.items():
    if type_ not in OWN:
        BODY_SIZES[type_] = layout.SIZE if layout else 0

URGENT = (codes.C_CANCEL, codes.C_CANCEL_ALL)  # what ends orders goes into the log's headroom


class Origin(Protocol):
    """Who sent commands and gets their answers."""

    source: int

    def answered(self, frames: bytearray, count: int) -> None:
        """Send ANSWER frames of `count` commands."""

    def refuse(self, number: int, answer: bytes) -> None:
        """Send the ANSWER to a command that is not in the log; it counts as answered."""


@dataclass(slots=True)
class Run:
    """Consecutive commands of one origin; None for the sequencer's own."""

    origin: Origin | None
    count: int


@dataclass(slots=True)
class Taken:
    """Commands for one batch: whole records, who sent them, and their correlations in order."""

    records: bytearray
    count: int
    runs: list[Run]
    numbers: array.array[int]


def refusal(code: int, limit: int = 0, observed: int = 0) -> bytes:
    """The answer to a command that was refused before the log."""
    return bytes(Answer(code=code, limit=limit, observed=observed))


class Intake:
    """Waiting commands, in order of arrival."""

    def __init__(self, bytes_max: int = BYTES_MAX, count_max: int = COUNT_MAX) -> None:
        self.buffer = bytearray(bytes_max)
        self.start = 0
        self.used = 0
        self.numbers = array.array("Q", bytes(8 * count_max))
        self.first = 0
        self.count = 0  # the index after the last number
        self.runs: deque[Run] = deque()
        self.given = 0  # how many commands have left, for a batch or refused

    def __len__(self) -> int:
        return self.count - self.first

    def receive(self, origin: Origin, data: bytearray, at: int, stop: int, now: int) -> tuple[int, int]:
        """Take commands from the frames in `data[at:stop]`; where it stopped and why, as `take_commands`."""
        before = self.count
        while True:
            at, self.used, self.count, verdict = take_commands(
                data,
                at,
                stop,
                self.buffer,
                self.used,
                self.numbers,
                self.count,
                BODY_SIZES,
                origin.source,
                now,
            )
            self._note(origin, before)  # before anything moves
            if verdict != FULL or not self.compact():
                return at, verdict
            before = self.count

    def _note(self, origin: Origin, before: int) -> None:
        """Remember whose the commands since number `before` are."""
        if self.count > before:
            if self.runs and self.runs[-1].origin is origin:
                self.runs[-1].count += self.count - before
            else:
                self.runs.append(Run(origin, self.count - before))

    def compact(self) -> bool:
        """Move what waits to the front of the buffers; whether that made room."""
        if self.first == 0:
            return False
        size, count = self.used - self.start, len(self)
        self.buffer[:size] = self.buffer[self.start : self.used]
        self.numbers[:count] = self.numbers[self.first : self.count]
        self.start, self.used, self.first, self.count = 0, size, 0, count
        return True

    def take(self, size: int, most: int, own: bytes = b"") -> Taken:
        """The oldest commands, `size` bytes and `most` of them at the most, after the records in `own`."""
        end, count = cut(self.buffer, self.start, self.used, size - len(own), most)
        records = bytearray(own)
        records += memoryview(self.buffer)[self.start : end]
        runs: list[Run] = []
        owned = 0
        if own:
            _, owned = cut(own, 0, len(own), len(own), most)
            runs.append(Run(None, owned))
        left = count
        while left:
            run = self.runs[0]
            if run.count > left:
                run.count -= left
                runs.append(Run(run.origin, left))
                break
            left -= run.count
            runs.append(self.runs.popleft())
        numbers = self.numbers[self.first : self.first + count]
        self.given += count
        self.start, self.first = end, self.first + count
        if self.first == self.count:
            self.start = self.used = self.first = self.count = 0
        return Taken(records, owned + count, runs, numbers)

    @property
    def arrived(self) -> int:
        """How many commands have come so far; `given` reaches this number when they all have left."""
        return self.given + len(self)

    def first_size(self) -> int:
        """Bytes of the oldest command; 0 if none waits."""
        if self.start == self.used:
            return 0
        return int.from_bytes(self.buffer[self.start : self.start + 2], "little")

    def refuse_waiting(self, code: int, keep: tuple[int, ...]) -> None:
        """Refuse everything that waits but commands of the types in `keep`."""
        taken = self.take(len(self.buffer), len(self.numbers))
        at = index = 0
        answer = refusal(code)
        for run in taken.runs:
            before = self.count
            for _ in range(run.count):
                length = int.from_bytes(taken.records[at : at + 2], "little")
                if taken.records[at + 2] in keep:
                    self.buffer[self.used : self.used + length] = taken.records[at : at + length]
                    self.numbers[self.count] = taken.numbers[index]
                    self.used += length
                    self.count += 1
                    self.given -= 1
                elif run.origin is not None:
                    run.origin.refuse(taken.numbers[index], answer)
                at += length
                index += 1
            if run.origin is not None:
                self._note(run.origin, before)
