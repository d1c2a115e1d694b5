"""The archive of one exchange's log: names, objects that are written once, and their signed documents.

    log/<exchange>/segments/0000000001.log.zst    a segment, compressed
                   segments/0000000001.seal       its seal, written after it
                   snapshots/<position>.zst, .seal
                   roots/2026-11-22               a day's root
                   register/00000001              holds, releases and removals
                   keys/<first 16 digits>.pub     the public key of what is signed

Importing this module imports pyarrow.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from openbell.compliance.documents import (
    D,
    Document,
    Entry,
    Root,
    Seal,
    SnapshotSeal,
    Wrong,
    digest_of,
    read,
    write,
)
from openbell.compliance.key import PublicKey, SigningKey
from openbell.ops.blobs import Blobs

FOLDER = "log"
EXCHANGE_DIGITS = 16  # of an exchange's SHA-256, in a folder's name
CONTENT_BYTES_MAX = 4 << 30  # of one object, decompressed
LEVEL = 3
SEAL = ".seal"

SEGMENT_SEAL = re.compile(r"segments/(\d{10})\.seal")
SEGMENT = re.compile(r"segments/(\d{10})\.log\.zst")
SNAPSHOT_SEAL = re.compile(r"snapshots/(\d{20})\.seal")
SNAPSHOT = re.compile(r"snapshots/(\d{20})\.zst")
ROOT = re.compile(r"roots/(\d{4}-\d\d-\d\d)")
ENTRY = re.compile(r"register/(\d{8})")
KEY = re.compile(r"keys/([0-9a-f]{16})\.pub")
PATTERNS = (SEGMENT_SEAL, SEGMENT, SNAPSHOT_SEAL, SNAPSHOT, ROOT, ENTRY, KEY)


class ArchiveConflict(Exception):
    """The archive holds another object of a name that is to be written: it is never written over."""


class NoSuchArchive(Exception):
    """There is no log in the archive, or not the one that was asked for; the message says what to do."""


def segment_name(number: int) -> str:
    """The object of segment `number`."""
    return f"segments/{number:010d}.log.zst"


def segment_seal_name(number: int) -> str:
    """The seal of segment `number`."""
    return f"segments/{number:010d}{SEAL}"


def snapshot_name(position: int) -> str:
    """The object of the snapshot at `position`."""
    return f"snapshots/{position:020d}.zst"


def snapshot_seal_name(position: int) -> str:
    """Its seal."""
    return f"snapshots/{position:020d}{SEAL}"


def root_name(date: str) -> str:
    """The root of a day."""
    return f"roots/{date}"


def entry_name(number: int) -> str:
    """An entry of the register."""
    return f"register/{number:08d}"


def key_name(key: PublicKey) -> str:
    """Where the public key is."""
    return f"keys/{key.hex[:16]}.pub"


def compress(data: bytes) -> bytes:
    """As zstd, with a checksum of ours elsewhere."""
    return bytes(pa.Codec("zstd", compression_level=LEVEL).compress(data, asbytes=True))


def decompress(data: bytes, length: int, name: str) -> bytes:
    """The `length` bytes in the object `name`; raises Wrong if it holds others."""
    if length > CONTENT_BYTES_MAX:
        raise Wrong(name, f"{length} bytes are more than an object may hold ({CONTENT_BYTES_MAX})")
    try:
        return bytes(pa.Codec("zstd").decompress(data, decompressed_size=length, asbytes=True))
    except (OSError, pa.ArrowInvalid) as error:
        raise Wrong(name, f"it cannot be decompressed: {error}") from None


def exchanges(where: str | Path) -> list[str]:
    """The first digits of the exchanges whose logs are in the archive `where`; raises as `Blobs`."""
    return Blobs(where, FOLDER).folders()


def choose_exchange(where: str | Path, wanted: str | None) -> str:
    """The folder of the exchange whose digits begin with `wanted`, or of the only one.

    Raises:
        NoSuchArchive: there is none, or more than one.
        ArchiveError: the URL cannot be used.
    """
    found = [one for one in exchanges(where) if one.startswith((wanted or "")[:EXCHANGE_DIGITS])]
    if not found:
        which = f" of an exchange that begins with {wanted}" if wanted else ""
        raise NoSuchArchive(f"there is no log{which} in the archive {where}; name it with --archive-url")
    if len(found) > 1:
        raise NoSuchArchive(
            f"the archive {where} holds the logs of {len(found)} exchanges: choose one with --exchange"
            f" ({', '.join(found)})"
        )
    return found[0]


class LogArchive:
    """The log of one exchange in the archive `where`; raises as `Blobs`.

    Args:
        exchange: SHA-256 of the log's first record as hexadecimal digits, or at least the first 16.
        key: what its documents must be signed by.
    """

    def __init__(self, where: str | Path, exchange: str, key: PublicKey) -> None:
        self.exchange = exchange
        self.key = key
        self.blobs = Blobs(where, f"{FOLDER}/{exchange[:EXCHANGE_DIGITS]}", private=True)

    def identify(self) -> None:
        """Learn the exchange's whole digest from the newest seal, where only its first digits were given.

        Raises:
            NoSuchArchive: nothing is sealed yet; Wrong, OSError as `seal`.
        """
        sealed = self.sealed()
        if not sealed:
            raise NoSuchArchive(
                "no segment of the log is complete in the archive yet: there is nothing to hold"
            )
        self.exchange = self.seal(sealed[-1]).exchange

    def found(self, pattern: re.Pattern[str]) -> list[str]:
        """What the names that are like `pattern` have at its group, ascending. Raises OSError."""
        below = pattern.pattern.partition("/")[0]
        names = (pattern.fullmatch(name) for name in self.blobs.sizes(below))
        return sorted(name[1] for name in names if name)

    def sealed(self) -> list[int]:
        """The numbers of the sealed segments, ascending."""
        return [int(one) for one in self.found(SEGMENT_SEAL)]

    def snapshots(self) -> list[int]:
        """The positions of the sealed snapshots, ascending."""
        return [int(one) for one in self.found(SNAPSHOT_SEAL)]

    def dates(self) -> list[str]:
        """The days that have a root, ascending."""
        return self.found(ROOT)

    def document(self, name: str, kind: type[D]) -> tuple[D, str]:
        """A document and its digest.

        Raises:
            Wrong: it is missing, or not what it must be.
            OSError: the store cannot be reached.
        """
        data = self.fetch(name)
        return read(data, kind, name, self.key, self.exchange), digest_of(data)

    def fetch(self, name: str) -> bytes:
        """An object; raises Wrong if it is missing, OSError."""
        try:
            return self.blobs.get(name)
        except FileNotFoundError:
            raise Wrong(name, "it is missing") from None

    def seal(self, number: int) -> Seal:
        """The seal of segment `number`; raises as `document`."""
        name = segment_seal_name(number)
        seal = self.document(name, Seal)[0]
        if seal.number != number:
            raise Wrong(name, f"it is of segment {seal.number}")
        return seal

    def content(self, name: str, seal: Seal | SnapshotSeal) -> bytes:
        """The object `name`, checked against its seal and decompressed; raises as `document`."""
        data = self.fetch(name)
        if len(data) != seal.stored:
            raise Wrong(name, f"it has {len(data)} bytes, its seal says {seal.stored}")
        if digest_of(data) != seal.digest:
            raise Wrong(name, "its digest is not the one in its seal")
        content = decompress(data, seal.length, name)
        if digest_of(content) != seal.content:
            raise Wrong(name, "its content's digest is not the one in its seal")
        return content

    def put_content(self, name: str, content: bytes) -> bytes:
        """Store `content` compressed as `name`, unless it is there; the bytes of the object.

        Another build may have compressed it otherwise: what counts is what is inside.

        Raises:
            ArchiveConflict: there is another object of that name.
            OSError: the store did not take it.
        """
        try:
            there = self.blobs.get(name)
        except FileNotFoundError:
            made = compress(content)
            self.blobs.put_bytes(name, made)
            return made
        try:
            same = decompress(there, len(content), name) == content
        except Wrong:
            same = False
        if not same:
            raise ArchiveConflict(
                f"{name} is in the archive already and holds something else; look at it with"
                " `openbell archive verify`, and take it away by hand if it is an unfinished copy"
            )
        return there

    def put_document(self, name: str, document: Document, key: SigningKey) -> str:
        """Write a document unless the same is there; its digest.

        Raises:
            ArchiveConflict: there is another one of that name.
            OSError: the store did not take it.
        """
        data = write(document, key)
        try:
            if self.blobs.get(name) != data:
                raise ArchiveConflict(
                    f"{name} is in the archive already and says something else: is this data folder a copy"
                    " of another that still runs, or was it restored without its archive.key?"
                )
        except FileNotFoundError:
            self.blobs.put_bytes(name, data)
        return digest_of(data)

    def newest_root(self) -> tuple[Root, str] | None:
        """The newest root and its digest; raises as `document`."""
        dates = self.dates()
        return self.document(root_name(dates[-1]), Root) if dates else None

    def entries(self) -> list[tuple[Entry, str]]:
        """The register, checked: every entry with its digest, in order; raises as `document`."""
        entries: list[tuple[Entry, str]] = []
        for number, digits in enumerate(self.found(ENTRY), 1):
            if int(digits) != number:
                raise Wrong(entry_name(number), "it is missing")
            entry, digest = self.document(entry_name(number), Entry)
            if entry.number != number:
                raise Wrong(entry_name(number), f"it is entry {entry.number}")
            if entry.previous != (entries[-1][1] if entries else ""):
                raise Wrong(entry_name(number), "it does not name the entry before it")
            entries.append((entry, digest))
        return entries
