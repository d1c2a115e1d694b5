"""Brings the log into the archive: complete segments, snapshots, and a root for each day that is over.

Where it is, it asks the archive itself: a segment is brought when its seal is there, and the seal is written
after the segment. So a process killed at any moment brings the same object again, and goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from openbell.compliance.archive import (
    ArchiveConflict,
    LogArchive,
    key_name,
    root_name,
    segment_name,
    segment_seal_name,
    snapshot_name,
    snapshot_seal_name,
)
from openbell.compliance.documents import Listed, Root, Seal, SnapshotSeal, digest_of
from openbell.compliance.key import SigningKey
from openbell.compliance.register import Register
from openbell.compliance.retention import CLASSES
from openbell.compliance.segment import DayEnd, Image, complete, day_ends, examine
from openbell.log.disk import RealDisk
from openbell.log.formats import ARCHIVED, CHAIN_ZERO
from openbell.log.reader import JournalReader
from openbell.log.segment import open_segment, segment_numbers, segment_path

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 16  # segments, after which a snapshot is archived even within a day


class ArchiveGap(Exception):
    """The log does not go back to where the archive ends; the message says what to do."""


class Done(NamedTuple):
    """How many segments, roots and snapshots were brought."""

    segments: int
    roots: int
    snapshots: int


class Archiver:
    """Keeps `archive` up with the journal in `folder`, one `step` after the other; one archiver an archive.

    Args:
        folder: the journal's; it is told (the mark `archived`) up to where it may forget.
        snapshots: the folder of the node's snapshots.
        archive: of this log's exchange, by its whole digest.
        key: signs; its public half is the archive's.
    """

    def __init__(
        self,
        folder: Path,
        snapshots: Path,
        archive: LogArchive,
        key: SigningKey,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.snapshot_folder = snapshots
        self.archive = archive
        self.key = key
        self.now = now
        self.disk = RealDisk()
        self.newest: Seal | None = None  # of the last segment that the archive has
        self.known = False  # whether `newest` was asked for
        self.snapshot = 0  # the position of the newest snapshot that the archive has
        self.since_snapshot = 0  # segments brought after it
        self.day_looked_at = ""

    def step(self) -> Done:
        """Bring what is due.

        Raises:
            ArchiveGap: segments are gone that the archive lacks.
            ArchiveConflict: the archive holds something else under a name that is due.
            Wrong: the archive's newest documents are not what they must be.
            LogError: the log is damaged; nothing of a damaged segment is brought.
            OSError: the disk or the archive refused something. What is left is done the next time.
        """
        self._begin()
        durable = self._durable()
        segments = sum(1 for number in complete(self.disk, self.folder, durable) if self._bring(number))
        roots = self._make_roots(durable)
        snapshots = self._bring_snapshot(roots > 0)
        self._note()
        return Done(segments, roots, snapshots)

    def _durable(self) -> int:
        reader = JournalReader(self.folder)
        try:
            return reader.recorded()
        finally:
            reader.close()

    def _begin(self) -> None:
        """Learn where the archive ends; leave the public key there."""
        if self.known:
            return
        name, text = key_name(self.key.public), f"{self.key.public.hex}\n".encode()
        try:
            if self.archive.blobs.get(name) != text:
                raise ArchiveConflict(f"{name} in the archive is not this data folder's key")
        except FileNotFoundError:
            self.archive.blobs.put_bytes(name, text)
        sealed = self.archive.sealed()
        self.newest = self.archive.seal(sealed[-1]) if sealed else None
        self.snapshot = max(self.archive.snapshots(), default=0)
        self.known = True

    def _bring(self, number: int) -> bool:
        """Bring segment `number` unless it is there; whether it was brought."""
        newest = self.newest
        if newest is not None and number <= newest.number:
            return False
        if newest is not None and number != newest.number + 1:
            raise ArchiveGap(
                f"segment {newest.number + 1} is gone from {self.folder}, and the archive ends before it:"
                f" restore {segment_path(self.folder, newest.number + 1).name}, or use another archive"
            )
        file = open_segment(self.disk, self.folder, number)
        try:
            image = Image(file.path, file.read(0, file.size), file.size)
        finally:
            file.close()
        before = CHAIN_ZERO if number == 1 else None
        if newest is not None:
            before = bytes.fromhex(newest.after)
        content = examine(image, number, before)
        if newest is not None and content.first != newest.last + 1:
            raise ArchiveGap(f"{file.path} begins at {content.first}; the archive ends at {newest.last}")
        data = image.data[: content.length]
        stored = self.archive.put_content(segment_name(number), data)
        seal = Seal(
            exchange=self.archive.exchange,
            number=number,
            first=content.first,
            last=content.last,
            began=content.began,
            ended=content.ended,
            size=image.size,
            length=content.length,
            content=digest_of(data),
            digest=digest_of(stored),
            stored=len(stored),
            before="" if content.before is None else content.before.hex(),
            after=content.after.hex(),
            classes=CLASSES,
        )
        self.archive.put_document(segment_seal_name(number), seal, self.key)
        self.newest = seal
        self.since_snapshot += 1
        log.info("Archived segment %d: commands %d to %d", number, seal.first, seal.last)
        return True

    def _make_roots(self, durable: int) -> int:
        """Write a root for each day that is over and has none; how many."""
        today = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d")
        if self.day_looked_at == today:
            return 0
        newest = self.archive.newest_root()
        if newest is not None and newest[0].position > durable:
            raise ArchiveConflict(
                f"{root_name(newest[0].date)} speaks of {newest[0].position} commands, the log ends at"
                f" {durable}: it was restored from before that, and needs another archive"
            )
        ends, date = day_ends(self.disk, self.folder, newest[0].position if newest else 0, durable)
        for end in ends:
            newest = self._make_root(end, newest)
        if date == today:
            self.day_looked_at = today
        return len(ends)

    def _make_root(self, end: DayEnd, before: tuple[Root, str] | None) -> tuple[Root, str]:
        name = root_name(end.date)
        segments, through = self._complete_by(end.position, before[0].through if before else 0)
        root = Root(
            exchange=self.archive.exchange,
            date=end.date,
            previous=before[1] if before else "",
            position=end.position,
            chain=end.chain.hex(),
            segments=segments,
            through=through,
            register=Register(self.archive).last,
        )
        digest = self.archive.put_document(name, root, self.key)
        log.info("Signed the root of %s: %d commands, %d segments", end.date, end.position, len(segments))
        return root, digest

    def _complete_by(self, position: int, after: int) -> tuple[tuple[Listed, ...], int]:
        """The sealed segments after number `after` that end by `position`, and the number of the last."""
        listed = []
        for number in self.archive.sealed():
            if number > after:
                seal, digest = self.archive.document(segment_seal_name(number), Seal)
                if seal.last > position:
                    break
                listed.append(Listed(number, digest))
        return tuple(listed), listed[-1].number if listed else after

    def _bring_snapshot(self, day_over: bool) -> int:
        """Bring the newest snapshot that the archived log reaches, each day or after many segments."""
        if self.newest is None:
            return 0
        reached = [one for one in self._local_snapshots() if self.snapshot < one <= self.newest.last]
        if not reached or not (day_over or not self.snapshot or self.since_snapshot >= SNAPSHOT_EVERY):
            return 0
        position = max(reached)
        try:
            data = (self.snapshot_folder / f"{position:020d}.snapshot").read_bytes()
        except FileNotFoundError:  # the node has a newer one
            return 0
        stored = self.archive.put_content(snapshot_name(position), data)
        seal = SnapshotSeal(
            exchange=self.archive.exchange,
            position=position,
            length=len(data),
            content=digest_of(data),
            digest=digest_of(stored),
            stored=len(stored),
        )
        self.archive.put_document(snapshot_seal_name(position), seal, self.key)
        self.snapshot, self.since_snapshot = position, 0
        return 1

    def _local_snapshots(self) -> list[int]:
        stems = [path.stem for path in self.snapshot_folder.glob("*.snapshot")]
        return [int(stem) for stem in stems if stem.isdecimal()]

    def _note(self) -> None:
        """Tell the node what it may forget: only after the days that end in it have their roots."""
        if self.newest is None or not segment_numbers(self.disk, self.folder):
            return
        mark = self.disk.mark(self.folder / ARCHIVED, writable=True)
        try:
            mark.store(self.newest.last)
        finally:
            mark.close()
