"""Which kind of file a file is, by its name and how it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from openbell.market.feeds import lean, lobster, pcap
from openbell.market.feeds.formats import FORMATS
from openbell.market.feeds.itch import Itch, framed
from openbell.market.feeds.lines import opened
from openbell.market.feeds.source import Bad, Chunk, FeedError, Number, Row, chunked, new_york

# Dates in names: 01302019.NASDAQ_ITCH50, S013019-v50.txt, ...2019-01-30..., ...20190130...
DATES = (
    (re.compile(r"(?<!\d)(\d\d)(\d\d)((?:19|20)\d\d)(?!\d)"), (3, 1, 2)),
    (re.compile(r"(?<!\d)((?:19|20)\d\d)-?(\d\d)-?(\d\d)(?!\d)"), (1, 2, 3)),
    (re.compile(r"(?<![\dA-Za-z])S(\d\d)(\d\d)(\d\d)(?!\d)"), (3, 1, 2)),
)


def format_of(path: Path) -> str:
    """The format of a file.

    Raises:
        FeedError: it is like none that is known.
        OSError: it cannot be read.
    """
    if lobster.NAME.fullmatch(path.name):
        return "lobster"
    if lean.NAME.fullmatch(path.name) or path.suffix.lower() == ".zip":
        return "lean"
    with opened(path) as file:
        begins = file.read(4)
    if begins in pcap.MAGICS or begins == pcap.NEXT_GENERATION:
        return "pcap"
    if (
        len(begins) >= 3 and begins[:2] == b"\x00\x0c" and begins[2:3] == b"S"
    ):  # a day begins with a system event
        return "itch"
    raise FeedError(f"{path} is like no format that is known; name one with --format: {', '.join(FORMATS)}")


def chunks(path: Path, form: str, day: date | None, number: Number) -> Iterator[Chunk]:
    """The ticks of a file in the format `form`; `day` is its date where the name has none.

    Raises:
        FeedError: it is not of that format, or its date is not known.
        OSError: it cannot be read.
    """
    if form == "lean":
        return lean.read(path, number)
    if form == "lobster":
        return lobster.read(path, number)
    if form not in FORMATS:
        raise FeedError(f"{form!r} is no format; there are {', '.join(FORMATS)}")
    found = day or date_in(path.name)
    if found is None:
        raise FeedError(f"{path.name} does not tell its date; name it with --date 2019-01-30")
    return chunked(_messages(path, form, Itch(new_york(found), number)))


def date_in(name: str) -> date | None:
    """The date in a file's name, if there is one."""
    for pattern, (year, month, day) in DATES:
        if match := pattern.search(name):
            full = int(match[year]) + (2_000 if len(match[year]) == 2 else 0)
            try:
                return date(full, int(match[month]), int(match[day]))
            except ValueError:
                continue
    return None


def _messages(path: Path, form: str, itch: Itch) -> Iterator[Row | Bad]:
    with opened(path) as file:
        yield from itch.read(pcap.messages(file, path.name) if form == "pcap" else framed(file, path.name))
