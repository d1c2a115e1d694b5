"""Names of files of ticks: `date=2026-11-22/group=3/<first>-<last>.parquet`.

First and last are log positions: a file holds every tick of its date and group that the commands from first
to last made. So a name says what is inside, and two files whose spans overlap cannot both be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from openbell.market.calendar import DAY, SECOND

GROUPS = 8  # instruments are spread over so many by their number
NAME = re.compile(r"date=(\d{4}-\d\d-\d\d)/group=(\d)/(\d{16})-(\d{16})\.parquet")


class TickFile(NamedTuple):
    """One file, by its place and its span; sorted by these."""

    date: str
    group: int
    first: int
    last: int
    size: int

    @property
    def name(self) -> str:
        """Its path below the folder of a tier."""
        return f"date={self.date}/group={self.group}/{self.first:016d}-{self.last:016d}.parquet"


def tick_file(name: str, size: int) -> TickFile | None:
    """The file called `name`; None if no file of ticks is called so."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    date, group, first, last = found.groups()
    return TickFile(date, int(group), int(first), int(last), size)


def date_of(day: int) -> str:
    """The date of a day since 1970, UTC."""
    return datetime.fromtimestamp(day * (DAY // SECOND), UTC).strftime("%Y-%m-%d")


def end_of(date: str) -> int:
    """When a date is over, ns UTC."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * SECOND + DAY


def found_in(folder: Path) -> list[TickFile]:
    """The files of ticks in a folder, in order; a file that disappears meanwhile is left out."""
    found = []
    for path in folder.glob("date=*/group=*/*.parquet"):
        try:
            file = tick_file(path.relative_to(folder).as_posix(), path.stat().st_size)
        except FileNotFoundError:
            continue
        if file is not None:
            found.append(file)
    return sorted(found)


def standing(files: Iterable[TickFile]) -> list[TickFile]:
    """Files without those whose span lies within another's of the same date and group: what was merged into a
    longer one is in that one."""
    kept: list[TickFile] = []
    for file in sorted(files, key=lambda one: (one.date, one.group, one.first, -one.last)):
        before = kept[-1] if kept else None
        inside = before is not None and (before.date, before.group) == (file.date, file.group)
        if not (inside and before is not None and file.last <= before.last):
            kept.append(file)
    return kept
