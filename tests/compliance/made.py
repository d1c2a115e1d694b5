"""A log of several days in small segments, and an archive of it."""

from __future__ import annotations

from pathlib import Path

from openbell.compliance.archive import LogArchive
from openbell.compliance.archiver import Archiver
from openbell.compliance.documents import digest_of
from openbell.compliance.key import load_signing_key
from openbell.core import codes, records
from openbell.log.journal import Journal
from openbell.log.stamp import stamp
from openbell.node.snapshotter import advance
from openbell.ops.settings import Settings

SEGMENT = 1 << 15
BEGIN = 1_700_000_000_000_000_000  # 2023-11-14 22:13:20
HOUR = 3_600_000_000_000
BATCH = 50
SMALL = {"accounts": 64, "instruments": 4, "positions": 64, "orders": 64, "ended_orders": 64, "requests": 256}


class Log:
    """The log in `folder/journal`, and its archive in `folder/archive`; a batch is an hour."""

    def __init__(self, folder: Path, batches: int = 0) -> None:
        self.folder = folder
        self.journal = Journal.open(folder / "journal", segment_bytes=SEGMENT, threads=False)
        self.hours = 0
        if self.journal.last == 0:
            capacities = Settings.load({}).genesis() | SMALL
            genesis = records.Genesis(rules=records.RULES_VERSION, **capacities)
            house = records.OpenAccount(kind=codes.KIND_HOUSE, realm=1)
            self.append(
                records.pack(codes.C_GENESIS, bytes(genesis), b"{}"),
                records.pack(codes.C_OPEN_ACCOUNT, bytes(house), b"a test"),
            )
        self.add(batches)

    def append(self, *commands: bytearray) -> None:
        """One batch, durable."""
        data, first = bytearray().join(commands), self.journal.last + 1
        stamp(data, 0, len(data), first, BEGIN + self.hours * HOUR, 1)
        self.journal.append(bytes(data), first, self.journal.last + len(commands))
        self.journal.flush()
        self.hours += 1

    def add(self, batches: int) -> None:
        """So many batches of deposits."""
        for _ in range(batches):
            amounts = range(self.journal.last + 1, self.journal.last + 1 + BATCH)
            self.append(
                *(
                    records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=one)), account=4, key_low=one)
                    for one in amounts
                )
            )

    def snapshot(self) -> int:
        """Have the node's snapshot written of the log as it is; its position."""
        return advance(self.folder / "journal", self.folder / "snapshots")

    def close(self) -> None:
        self.journal.close()


def archive_of(folder: Path, where: Path | str | None = None) -> LogArchive:
    """The archive of the log in `folder`."""
    data = (folder / "journal" / "0000000001.log").read_bytes()[4096 + 72 :]
    genesis = data[: int.from_bytes(data[:2], "little")]
    key = load_signing_key(folder / "archive.key")
    return LogArchive(where or folder / "archive", digest_of(genesis), key.public)


def archiver_of(folder: Path, where: Path | str | None = None) -> Archiver:
    """What brings the log in `folder` there."""
    archive = archive_of(folder, where)
    key = load_signing_key(folder / "archive.key")
    return Archiver(folder / "journal", folder / "snapshots", archive, key)


def objects(folder: Path) -> dict[str, Path]:
    """The files of the archive in `folder`, by the objects' names."""
    (root,) = (folder / "log").iterdir()
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
