"""One seeded history of a journal on the faulty disk: lives that end in crashes, and what must be found."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from openbell.log.errors import LogCorrupt, LogFailed, LogFull
from openbell.log.faulty import FaultyDisk, PowerCut
from openbell.log.formats import MARK, Batch
from openbell.log.journal import Journal
from openbell.log.reader import JournalReader
from openbell.log.segment import heads, open_segment, segment_numbers, segment_path
from tests.log.batches import batch, split

FOLDER = Path("/journal")
SEGMENT = 48 << 10
LIVES = 5


class Round:
    """What was appended and acknowledged so far, and the disk that it should be on."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.disk = FaultyDisk(seed)
        self.appended: list[bytes] = []
        self.acknowledged = 0
        self.trace: list[tuple[str, int]] = []

    def run(self) -> list[tuple[str, int]]:
        """Several lives, then damage where it must be noticed; returns what happened, for comparison."""
        for _ in range(LIVES):
            self.live()
            self.crash()
        self.check_damage()
        return self.trace

    def open(self) -> Journal:
        journal = Journal.open(FOLDER, disk=self.disk, segment_bytes=SEGMENT, headroom=4096, threads=False)
        journal.on_failure = lambda _error: None
        return journal

    def live(self) -> None:
        """Append and flush until the planned fault, or until the life is long enough."""
        self.plan()
        try:
            journal = self.open()
            self.compare(journal)
            for _ in range(self.chance.randint(1, 60)):
                self.append(journal)
                if self.chance.random() < 0.6:
                    journal.flush()
                    self.acknowledged = journal.durable
            if self.chance.random() < 0.3:
                journal.close()
                self.acknowledged = journal.durable
        except (PowerCut, LogFailed, LogFull, OSError) as error:
            self.trace.append((type(error).__name__, self.acknowledged))

    def plan(self) -> None:
        """Choose this life's fault."""
        kind = self.chance.random()
        soon = self.disk.operations + self.chance.randint(1, 60)
        self.disk.capacity = 1 << 40
        if kind < 0.6:
            self.disk.cut_after = soon
        elif kind < 0.8:
            self.disk.fail_sync_after = soon
        else:
            self.disk.capacity = SEGMENT * (len(self.disk.plates) + self.chance.randint(1, 2))

    def append(self, journal: Journal) -> None:
        first = journal.last + 1
        data = batch(first, self.chance.randint(1, 12), self.chance)
        urgent = self.chance.random() < 0.1
        if len(data) > journal.room(urgent):
            self.trace.append(("full", first))
            return
        journal.append(data, first, first + len(split(data)) - 1)
        self.appended += split(data)

    def crash(self) -> None:
        """The process ends; often the machine too."""
        if self.disk.dead or self.chance.random() < 0.7:
            self.disk.cut_power()
        else:
            self.disk.kill_process()

    def compare(self, journal: Journal) -> None:
        """All that was acknowledged is there, and nothing that was not appended."""
        found = list(JournalReader(FOLDER, disk=self.disk).records())
        assert len(found) == journal.last == journal.durable
        assert len(found) >= self.acknowledged
        assert found == self.appended[: len(found)]
        self.trace.append(("found", len(found)))
        # What was appended after that was never acknowledged, and is gone for good.
        del self.appended[len(found) :]
        self.acknowledged = len(found)

    def check_damage(self) -> None:
        """A flipped bit below a durable position is refused with the place of what it is in."""
        self.disk.capacity = 1 << 40
        journal = self.open()
        self.compare(journal)
        if journal.room() > 2000:
            self.append(journal)
        journal.close()
        number, hit = self.chance.choice(self.recorded())
        offset = hit.offset + self.chance.randrange(hit.length)
        self.disk.flip_bit(segment_path(FOLDER, number), offset)
        with pytest.raises(LogCorrupt) as caught:
            self.open()
        assert caught.value.file == segment_path(FOLDER, number)
        assert hit.offset <= caught.value.offset <= offset
        self.trace.append(("refused", caught.value.offset))

    def recorded(self) -> list[tuple[int, Batch]]:
        """The batches recorded as durable, with their segments; sometimes the mark is lost first."""
        found = []
        for number in segment_numbers(self.disk, FOLDER):
            found += [(number, batch) for batch in heads(open_segment(self.disk, FOLDER, number))]
        durable = max(batch.durable for _, batch in found)
        if durable == 0 or self.chance.random() < 0.5:
            return found
        self.disk.marks[FOLDER / MARK] = [bytes(16)]
        return [(number, batch) for number, batch in found if batch.last <= durable]
