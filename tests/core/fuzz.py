"""Any bytes as a command: `make fuzz`, a part of it in `make test`.

Records are made of good ones, of every kind there is: bits turned, fields set to nonsense, cut, spliced,
grown, or nothing but chance. They go to an exchange in batches of one to forty, as from the log. What has a
record's frame, the next sequence and a time gets an answer, the oracle's; at anything else the exchange
stops before it, and is then what it was: a twin that got only what was answered has the same state hash.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openbell.core import records, snapshot
from openbell.core.exchange import CoreError, Exchange
from openbell.core.types import TIME_MAX
from tests.core import commands, flows
from tests.core.differences import Said, assert_same
from tests.core.driver import assert_none_unraised
from tests.core.invariants import Invariants
from tests.core.oracle.exchange import Oracle
from tests.core.oracle.state import ANSWER_FIELDS
from tests.core.profiles import PROFILES
from tests.core.views import assert_views_same

SIZE = records.Header.SIZE
KIND = records.Header.type.offset
CODE, EVENTS = (ANSWER_FIELDS.index(name) for name in ("code", "events"))
WORD = (1 << 64) - 1
NONSENSE = (
    0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 63, 64, 100, 255, 256, 1 << 15, (1 << 16) - 1, 1 << 16, 1 << 31,
    (1 << 31) - 1, (1 << 32) - 1, 1 << 32, 10**8, 10**12, 10**12 + 1, 10**15, 10**16, 10**16 + 1, 4 * 10**18,
    (1 << 62), (1 << 63) - 1, 1 << 63, WORD - 1, WORD,
)  # fmt: skip
LENGTH_MAX = 1024
BATCH_MAX = 40
GAPS = (0, 0, 1, 1000, 10**6, 10**6, 10**9, 3600 * 10**9, 86_400 * 10**9)
MARKETS = ("narrow", "tight", "auctions", "cascades", "governed", "large")
STEPS = 150  # of the flow that makes a market to throw things at
RECORDS = 1500  # thrown at one market
VERIFY_EVERY = 250
ABSURD = 2000  # one command in so many comes near the end of time, and what follows it later still
ENDS_OF_TIME = (1 << 61, TIME_MAX - 400 * 10**9, TIME_MAX)
UNFRAMED = 5  # one batch in so many has a record without a frame, or not the next one


class Fuzz:
    """Makes records for one shard; `made` counts each way of each kind of command."""

    def __init__(self, seed: int, corpus: list[bytes], shard: int) -> None:
        self.random = random.Random(seed)
        self.shard = shard
        self.corpus = corpus
        self.by_kind: dict[int, list[bytes]] = {}
        for record in corpus:
            self.by_kind.setdefault(record[KIND], []).append(record)
        self.kinds = sorted(self.by_kind)
        self.ways = (self.turn, self.set_field, self.set_all, self.cut, self.splice, self.grow, self.chance)
        self.made: Counter[tuple[str, int]] = Counter()

    def record(self) -> bytearray:
        """A record with a frame: its length is right, whatever else is wrong."""
        way = self.random.choice(self.ways)
        made = way(bytearray(self.good()))[:LENGTH_MAX]
        made += bytes(max(SIZE - len(made), -len(made) % 8))
        made[0:2] = len(made).to_bytes(2, "little")
        if self.random.random() < 0.9:  # what makes it no record of this exchange would hide the rest
            head = records.Header.from_buffer(made)
            head.layout, head.shard, head.flags = records.LAYOUT_VERSION, self.shard, head.flags & 7
            del head
        self.made[way.__name__, made[KIND]] += 1
        return made

    def good(self) -> bytes:
        """As flows have them, or as many of each kind."""
        if self.random.random() < 0.5:
            return self.random.choice(self.corpus)
        return self.random.choice(self.by_kind[self.random.choice(self.kinds)])

    # -- ways ----------------------------------------------------------------------------------------

    def turn(self, made: bytearray) -> bytearray:
        for _ in range(self.random.randint(1, 4)):
            made[self.random.randrange(2, len(made))] ^= 1 << self.random.randrange(8)
        return made

    def number(self) -> int:
        if self.random.random() < 0.7:
            return self.random.choice(NONSENSE)
        return self.random.getrandbits(self.random.randint(1, 64))

    def set_field(self, made: bytearray) -> bytearray:
        """One to three fields of header or body."""
        for _ in range(self.random.randint(1, 3)):
            self.set(made, self.random.choice(self.fields(made)))
        return made

    def set_all(self, made: bytearray) -> bytearray:
        """Every field of the body, and some of the header."""
        for field in self.fields(made):
            if field[0] >= SIZE or self.random.random() < 0.2:
                self.set(made, field)
        return made

    def fields(self, made: bytearray) -> list[tuple[int, int]]:
        """Offset and size of every field, but the length."""
        found = offsets(records.Header, 0)[1:]
        layout = records.BODIES.get(made[KIND])
        return found + offsets(layout, SIZE) if layout else found

    def set(self, made: bytearray, field: tuple[int, int]) -> None:
        at, size = field
        if at + size <= len(made):
            made[at : at + size] = (self.number() & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def cut(self, made: bytearray) -> bytearray:
        return made[: self.random.randrange(SIZE, len(made) + 1)]

    def splice(self, made: bytearray) -> bytearray:
        """The head of one and the body of another, joined anywhere or between the two."""
        other = self.good()
        at = SIZE if self.random.random() < 0.6 else self.random.randrange(3, min(len(made), len(other)))
        return made[:at] + other[at:]

    def grow(self, made: bytearray) -> bytearray:
        return made + self.random.randbytes(self.random.choice((8, 16, 48, 56, 200, 512, 900)))

    def chance(self, made: bytearray) -> bytearray:
        body = self.random.randbytes(self.random.choice((0, 8, 16, 48, 80, 96, 400)))
        if self.random.random() < 0.5:
            return made[:SIZE] + body
        kind = self.random.randrange(256)
        return made[:2] + bytes([kind, 1]) + bytes(4) + self.random.randbytes(SIZE - 8) + body


def offsets(layout: Any, start: int) -> list[tuple[int, int]]:
    found = []
    for name, _ in layout.FIELDS:
        field = getattr(layout, name)
        found.append((start + field.offset, field.size))
    return found


class Target:
    """An exchange to throw records at, its twin, and the oracle."""

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        genesis = commands.genesis(**PROFILES[name].limits)
        self.name, self.folder = f"{name} {seed}", folder
        self.exchange, self.twin, self.oracle = Exchange(genesis), Exchange(genesis), Oracle(genesis)
        self.invariants = Invariants(self.twin)
        self.answered = 0
        self.stopped: Counter[str] = Counter()
        self.codes: Counter[int] = Counter()
        for record in flows.seeded(name, seed, STEPS):
            self.throw([record], 1)

    def throw(self, batch: list[bytes], good: int) -> None:
        """Give a batch of which the first `good` records must be answered; the next one, if any, stops it."""
        data = b"".join(batch)
        stopped = ""
        try:
            self.exchange.run(data, 0, len(data))
        except CoreError as error:
            stopped = str(error).partition(": ")[2]
        assert_none_unraised()
        said = taken(self.exchange)
        assert len(said) == good, f"{self.name}: {len(said)} answers to {good} records, then {stopped!r}"
        assert bool(stopped) == (good < len(batch)), f"{self.name}: {stopped!r} after {good} of {len(batch)}"
        for record, one in zip(batch[:good], said, strict=True):
            self.compare(record, one)
        if stopped:
            self.stopped[stopped] += 1
            assert snapshot.state_hash(self.exchange) == snapshot.state_hash(self.twin), (
                f"{self.name}: it stopped at {self.twin.position}, and is not what it was"
            )
            self.start_again()

    def compare(self, record: bytes, said: Said) -> None:
        """The twin and the oracle say the same to one record."""
        self.twin.run(record, 0, len(record))
        assert taken(self.twin) == [said], f"{self.name}: alone, a record is answered otherwise"
        assert_same(record, said, self.oracle.apply(record))
        self.invariants.note(said[1])
        self.codes[said[0][CODE]] += 1
        self.answered += 1
        if self.answered % VERIFY_EVERY == 0:
            self.verify()

    def verify(self) -> None:
        self.invariants.verify()
        assert_views_same(self.twin, self.oracle)

    def start_again(self) -> None:
        """A stopped exchange is not used any further; the next one is loaded from its twin's snapshot."""
        path = self.folder / "twin"
        snapshot.save(self.twin, path, {})
        self.exchange, _ = snapshot.load(path)


def taken(exchange: Exchange) -> list[Said]:
    """What an exchange said since: each answer with its events."""
    answers = list(records.Answer.STRUCT.iter_unpack(exchange.answers(0, exchange.answer_count)))
    events = list(records.Event.STRUCT.iter_unpack(exchange.events(0, exchange.event_count)))
    exchange.clear()
    said: list[Said] = []
    at = 0
    for answer in answers:
        said.append((answer, events[at : at + answer[EVENTS]]))
        at += answer[EVENTS]
    assert at == len(events)
    return said


def corpus() -> list[bytes]:
    """Good records to begin with: one of every kind there is, whether flows make it or not, and flows."""
    plain = [
        records.pack(kind, bytes(layout.SIZE if layout else 0)) for kind, layout in records.BODIES.items()
    ]
    made = [bytes(record) for record in plain]
    for name in MARKETS:
        made += flows.seeded(name, 77, 400)
    return made


def batches(fuzz: Fuzz, target: Target, count: int) -> Iterator[tuple[list[bytes], int]]:
    """Batches of `count` records in all, and how many of each are to be answered."""
    chance = fuzz.random
    while count > 0:
        size = min(count, chance.randint(1, BATCH_MAX))
        seq, ts = int(target.twin.position), int(target.twin.time)
        batch = []
        for _ in range(size):
            seq, ts = seq + 1, min(ts + chance.choice(GAPS), ENDS_OF_TIME[-1])
            if chance.randrange(ABSURD) == 0:
                ts = max(ts, chance.choice(ENDS_OF_TIME))
            batch.append(commands.sequenced(fuzz.record(), seq, ts))
        good = size
        if chance.randrange(UNFRAMED) == 0:
            good = chance.randrange(size)
            batch[good] = bytes(unframed(chance, bytearray(batch[good]), ts if good else target.twin.time))
        count -= size
        yield batch, good


def unframed(chance: random.Random, made: bytearray, ts: int) -> bytearray:
    """A record that stops the exchange: an impossible length, another sequence, a time before the last."""
    head = records.Header.from_buffer(made)
    way = chance.randrange(4)
    if way == 0:
        head.length = chance.choice((0, 8, 88, SIZE + 1, len(made) - 1, LENGTH_MAX + 8, (1 << 16) - 8))
    elif way == 1:
        head.seq = chance.choice((0, head.seq - 1, head.seq + 1, WORD, 1 << 63))
    elif way == 2:
        head.ts = chance.choice((-1, -(1 << 63), 0, TIME_MAX + 1, (1 << 63) - 1))
    else:
        head.length = 1 << 15
    return made


def run(seed: int, records_: int, folder: Path) -> tuple[Fuzz, Target]:
    """Throw so many records at one market.

    Raises:
        AssertionError: an exchange that did anything but answer as the oracle does, or stop as it was.
    """
    name = MARKETS[seed % len(MARKETS)]
    fuzz = Fuzz(seed, corpus(), PROFILES[name].shard)
    target = Target(name, seed, folder)
    for batch, good in batches(fuzz, target, records_):
        target.throw(batch, good)
    target.verify()
    return fuzz, target
