"""Reads an archive of the log again, all of it, and names the first thing that is wrong with its object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from openbell.compliance.archive import (
    PATTERNS,
    SEGMENT,
    LogArchive,
    root_name,
    segment_name,
    segment_seal_name,
    snapshot_name,
    snapshot_seal_name,
)
from openbell.compliance.documents import Root, Seal, SnapshotSeal, Wrong
from openbell.compliance.register import Register
from openbell.compliance.segment import Content, Image, examine
from openbell.log.errors import LogCorrupt, LogUnknown
from openbell.log.formats import CHAIN_ZERO
from openbell.log.segment import heads

Report = Callable[[int, int], None]


class Checked(NamedTuple):
    """What was found sound.

    Attributes:
        segments: read whole; removed: of which only the seals are kept; first, last: the positions in the
            segments read, 0 without any; roots, snapshots, entries: documents checked.
        beyond: the newest root's date if it speaks of more of the log than is archived yet, else "".
        unsealed: segments that are there without a seal: of a process that was killed; it brings them again.
    """

    segments: int
    removed: int
    first: int
    last: int
    roots: int
    snapshots: int
    entries: int
    beyond: str
    unsealed: int


class Read(NamedTuple):
    """A segment with its seal and the digest of that; `image` is None where only the seal is kept."""

    seal: Seal
    digest: str
    image: Image | None


def verify(archive: LogArchive, report: Report = lambda _at, _of: None) -> Checked:
    """Check every object; `report` is told (segments read, segments).

    Raises:
        Wrong: the first thing that is wrong.
        OSError: the archive cannot be read.
    """
    register = Register(archive)
    roots = _Roots(archive)
    seals: list[Seal] = []
    count = len(archive.sealed())
    for read in read_segments(archive, register.removed):
        roots.take(read)
        seals.append(read.seal)
        report(len(seals), count)
    whole = [seal for seal in seals if seal.number > register.removed]
    positions = archive.snapshots()
    for position in positions:
        seal, _ = archive.document(snapshot_seal_name(position), SnapshotSeal)
        if seal.position != position:
            raise Wrong(snapshot_seal_name(position), f"it is of the snapshot at {seal.position}")
        archive.content(snapshot_name(position), seal)
    gone = max((seal.last for seal in seals if seal.number <= register.removed), default=0)
    if gone and not any(position >= gone for position in positions):
        raise Wrong("snapshots", f"none is at or after {gone}, where the log begins")
    unsealed = check_names(archive, seals, register.removed)
    return Checked(
        segments=len(whole),
        removed=len(seals) - len(whole),
        first=whole[0].first if whole else 0,
        last=whole[-1].last if whole else 0,
        roots=len(roots.all),
        snapshots=len(positions),
        entries=register.count,
        beyond=roots.finish(),
        unsealed=unsealed,
    )


def read_segments(archive: LogArchive, removed: int) -> Iterator[Read]:
    """Every sealed segment in order, checked byte for byte, each as the one that follows the last.

    Args:
        removed: the last number whose object is not kept.

    Raises:
        Wrong, OSError: as `verify`.
    """
    before: Seal | None = None
    for number in archive.sealed():
        name = segment_seal_name(number)
        if before is not None and number != before.number + 1:
            raise Wrong(segment_seal_name(before.number + 1), "it is missing")
        seal, digest = archive.document(name, Seal)
        if seal.number != number:
            raise Wrong(name, f"it is of segment {seal.number}")
        if before is None and number > 1 and seal.before:
            raise Wrong(segment_seal_name(number - 1), "it is missing")
        if before is None and number == 1 and seal.before != CHAIN_ZERO.hex():
            raise Wrong(name, "the log does not begin with it")
        if before is not None and (seal.first != before.last + 1 or seal.before != before.after):
            raise Wrong(name, f"it does not follow segment {before.number}")
        image = check_segment(archive, seal) if number > removed else None
        yield Read(seal, digest, image)
        before = seal


def check_segment(archive: LogArchive, seal: Seal) -> Image:
    """The segment of `seal`, checked; raises as `read_segments`."""
    name = segment_name(seal.number)
    data = archive.content(name, seal)
    image = Image(Path(name), data, seal.size)
    try:
        found = examine(image, seal.number, bytes.fromhex(seal.before) if seal.before else None)
    except (LogCorrupt, LogUnknown) as error:
        what = f"at offset {error.offset}: {error.what}" if isinstance(error, LogCorrupt) else str(error)
        raise Wrong(name, what) from None
    if found != Content(
        seal.first, seal.last, seal.began, seal.ended, found.before, bytes.fromhex(seal.after), seal.length
    ):
        raise Wrong(name, f"it holds {found.first} to {found.last}, which is not what its seal says")
    return image


class _Roots:
    """The roots of an archive, held against the segments as they come."""

    def __init__(self, archive: LogArchive) -> None:
        self.all: list[Root] = []
        self.listed: dict[int, tuple[str, str]] = {}  # number -> digest of its seal, and the root's name
        self.last = 0
        previous = ""
        for date in archive.dates():
            name = root_name(date)
            root, digest = archive.document(name, Root)
            if root.date != date:
                raise Wrong(name, f"it is of {root.date}")
            if root.previous != previous:
                raise Wrong(name, "it does not name the root before it")
            if self.all and root.position <= self.all[-1].position:
                raise Wrong(name, f"it ends at {root.position}, the one before it at {self.all[-1].position}")
            for one in root.segments:
                self.listed[one.number] = (one.seal, name)
            self.all.append(root)
            previous = digest
        self.open = list(self.all)  # whose positions were not come to

    def take(self, read: Read) -> None:
        """Hold a segment against the roots that speak of it."""
        seal = read.seal
        digest, name = self.listed.pop(seal.number, (read.digest, ""))
        if digest != read.digest:
            raise Wrong(segment_seal_name(seal.number), f"it is not the one that {name} lists")
        chains: dict[int, str] | None = None
        while self.open and self.open[0].position <= seal.last:
            root = self.open.pop(0)
            if root.position < seal.first:
                continue  # before where the archive's log begins
            if chains is None and read.image is not None:
                chains = {batch.last: batch.chain.hex() for batch in heads(read.image)}
            if chains is not None and chains.get(root.position) != root.chain:
                raise Wrong(root_name(root.date), f"the log has another chain value at {root.position}")
        self.last = seal.last

    def finish(self) -> str:
        """The date of the newest root whose position is not archived yet, "" if all are."""
        if self.listed:
            number = min(self.listed)
            raise Wrong(segment_seal_name(number), f"it is missing; {self.listed[number][1]} lists it")
        return self.open[-1].date if self.open else ""


def check_names(archive: LogArchive, seals: list[Seal], removed: int) -> int:
    """How many segments wait for their seal; raises Wrong for an object that nothing speaks of."""
    sealed = {seal.number for seal in seals}
    unsealed = 0
    for name in sorted(archive.blobs.sizes()):
        if not any(pattern.fullmatch(name) for pattern in PATTERNS):
            raise Wrong(name, "it is no object of an archive; take it away")
        found = SEGMENT.fullmatch(name)
        if found is not None and int(found[1]) not in sealed:
            if seals and int(found[1]) != seals[-1].number + 1:
                raise Wrong(name, "it has no seal")
            unsealed += 1
    return unsealed
