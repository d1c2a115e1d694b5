"""How long the archive keeps what: classes of records, and what may be removed from its beginning.

A segment of the log holds orders and money together, so it is kept as long as the longest of its classes.
What is removed is always the beginning of the log, never something from its middle; seals and roots stay.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from openbell.compliance.archive import (
    SEGMENT,
    SNAPSHOT,
    SNAPSHOT_SEAL,
    LogArchive,
)
from openbell.compliance.documents import Seal
from openbell.compliance.key import SigningKey
from openbell.compliance.register import REMOVE, Register, enter
from openbell.compliance.segment import SECOND

log = logging.getLogger(__name__)

ORDERS, LEDGER = "orders", "ledger"
CLASSES = (ORDERS, LEDGER)  # of a segment
OWNER = "openbell"


class Retention(NamedTuple):
    """Years that each class is kept after a segment's end."""

    orders: int
    ledger: int

    def until(self, seal: Seal) -> int:
        """When the last of the segment's classes ends, ns UTC."""
        years = {ORDERS: self.orders, LEDGER: self.ledger}
        kept = max(years.get(one, self.ledger) for one in seal.classes)
        ended = datetime.fromtimestamp(seal.ended // SECOND, UTC)
        try:
            until = ended.replace(year=ended.year + kept)
        except ValueError:  # the 29th of February
            until = ended.replace(year=ended.year + kept, month=3, day=1)
        return int(until.timestamp() + 1) * SECOND


class Beginning:
    """The beginning of an archive's log: segments that may go, oldest first.

    None goes that is held, nor one that the oldest state to begin with needs: a snapshot in the archive must
    stand at or after the end of what goes, within the archived log.
    """

    def __init__(self, archive: LogArchive) -> None:
        self.archive = archive
        self.register = Register(archive)
        self.sealed = [number for number in archive.sealed() if number > self.register.removed]
        self.snapshot = max(archive.snapshots(), default=0)

    def free(self) -> Iterator[Seal]:
        """The seals of the segments that no hold and no need keeps, from the oldest on."""
        for number in self.sealed[:-1]:
            seal = self.archive.seal(number)
            if seal.last > self.snapshot or self.register.held(seal):
                return
            yield seal

    def past(self, retention: Retention, now: int) -> int:
        """The last number that goes because its classes have ended at `now`, ns UTC; 0 if none does."""
        through = 0
        for seal in self.free():
            if retention.until(seal) > now:
                break
            through = seal.number
        return through

    def over(self, excess: int) -> int:
        """The last number that goes to make room for `excess` bytes, or less where no more may go."""
        through = 0
        for seal in self.free():
            if excess <= 0:
                break
            excess -= seal.stored
            through = seal.number
        return through


def remove(archive: LogArchive, key: SigningKey, lock: Path, through: int, why: str) -> None:
    """Remove the segments up to number `through`, first entering it in the register; raises as `enter`."""
    enter(archive, key, lock, REMOVE, f"segments/{through:010d}", OWNER, why, through)
    log.warning("Removing archived segments up to %d: %s", through, why)
    sweep(archive)


def sweep(archive: LogArchive) -> int:
    """Remove the objects that the register says are gone: also those that a kill left; how many."""
    removed = Register(archive).removed
    if not removed:
        return 0
    end = archive.seal(removed).last
    names = [name for name in archive.blobs.sizes("segments") if number_in(SEGMENT, name, removed)]
    # A snapshot of before the oldest segment is a state that nothing leads on from. Its object goes last: by
    # its name the next sweep finds what a kill left.
    snapshots = archive.blobs.sizes("snapshots")
    for pattern in (SNAPSHOT_SEAL, SNAPSHOT):
        names += [name for name in snapshots if number_in(pattern, name, end - 1)]
    for name in names:
        archive.blobs.remove(name)
    return len(names)


def number_in(pattern: re.Pattern[str], name: str, last: int) -> bool:
    """Whether `name` is like `pattern`, with a number up to `last`."""
    found = pattern.fullmatch(name)
    return found is not None and int(found[1]) <= last
