"""The register of an archive: what is held, and what was removed. An entry stays, signed and chained."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openbell.compliance.archive import LogArchive, entry_name
from openbell.compliance.documents import Entry, Seal
from openbell.compliance.key import SigningKey
from openbell.compliance.segment import date_of

HOLD, RELEASE, REMOVE = "hold", "release", "remove"
EVERYTHING = "all"
SEGMENT_NAME = re.compile(r"segments/(\d{10})(\.log\.zst|\.seal)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
WORDS_MAX = 500
NAME_HELP = "name a segment (segments/0000000007), a date of the log (2026-11-22), or all"


class CannotHold(ValueError):
    """A hold or its release cannot be entered; the message says what to change."""


class Register:
    """The entries of `archive` as they are now; raises as `LogArchive.entries`.

    Attributes:
        holds: what is held, each with its newest entry; removed: the last segment that is no longer kept.
        last: digest of the newest entry, "" without one.
    """

    def __init__(self, archive: LogArchive) -> None:
        self.holds: dict[str, Entry] = {}
        self.removed = 0
        self.last = ""
        self.count = 0
        for entry, digest in archive.entries():
            self.take(entry)
            self.last, self.count = digest, entry.number

    def take(self, entry: Entry) -> None:
        """Let an entry count."""
        if entry.action == HOLD:
            self.holds[entry.name] = entry
        elif entry.action == RELEASE:
            self.holds.pop(entry.name, None)
        elif entry.action == REMOVE:
            self.removed = max(self.removed, entry.through)

    def held(self, seal: Seal) -> str:
        """The name of a hold that keeps this segment; "" if none does."""
        for name in self.holds:
            if name == EVERYTHING or name == f"segments/{seal.number:010d}":
                return name
            if DATE.fullmatch(name) and date_of(seal.began) <= name <= date_of(seal.ended):
                return name
        return ""


def held_name(name: str) -> str:
    """The form of `name` that the register has; raises CannotHold."""
    found = SEGMENT_NAME.fullmatch(name)
    if found is not None:
        return f"segments/{found[1]}"
    if name == EVERYTHING or DATE.fullmatch(name):
        return name
    raise CannotHold(f"{name!r} is nothing that can be held: {NAME_HELP}")


def checked_words(option: str, text: str) -> str:
    """`text` without spaces around it; raises CannotHold if nothing, or too much, is left."""
    text = text.strip()
    if not text or len(text) > WORDS_MAX or not text.isprintable():
        raise CannotHold(f"{option} must be 1 to {WORDS_MAX} printable characters, not {text[:40]!r}")
    return text


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Write the register alone: entries are numbered, and two must not get one number."""
    fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def enter(
    archive: LogArchive,
    key: SigningKey,
    lock: Path,
    action: str,
    name: str,
    who: str,
    why: str,
    through: int = 0,
    now: Callable[[], int] = time.time_ns,
) -> Entry:
    """Write the next entry: `action` on `name` because of `why`.

    Raises:
        CannotHold: what is released is not held, what is held was removed already, or what is removed is
            held.
        Wrong, ArchiveConflict, OSError: as `LogArchive` says.
    """
    with alone(lock):
        register = Register(archive)
        if action == RELEASE and name not in register.holds:
            held = ", ".join(register.holds) or "nothing"
            raise CannotHold(f"{name} is not held; held: {held}")
        found = SEGMENT_NAME.fullmatch(name)
        if action == HOLD and found is not None and int(found[1]) <= register.removed:
            raise CannotHold(f"{name} was removed already; segments up to {register.removed} are gone")
        going = [one for one in archive.sealed() if register.removed < one <= through] if through else []
        for number in going:
            if hold := register.held(archive.seal(number)):
                raise CannotHold(f"segment {number} is held by {hold!r} meanwhile: nothing was removed")
        entry = Entry(
            exchange=archive.exchange,
            number=register.count + 1,
            previous=register.last,
            action=action,
            name=name,
            through=through,
            who=who,
            why=why,
            at=now(),
        )
        archive.put_document(entry_name(entry.number), entry, key)
        return entry
