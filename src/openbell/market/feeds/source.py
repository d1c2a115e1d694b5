"""What every source gives: rows of ticks and what could not be read, some thousands at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openbell.core.records import QUANTITY_SCALE
from openbell.market.calendar import SECOND

# Why something is no row of ticks; rows that cannot be have the names of `ticks.ingest`.
BAD_LINE = "BAD_LINE"
LONG_LINE = "LONG_LINE"
UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
UNKNOWN_ORDER = "UNKNOWN_ORDER"
UNKNOWN_TRADE = "UNKNOWN_TRADE"
BAD_TIME = "BAD_TIME"
UNKNOWN_MESSAGE = "UNKNOWN_MESSAGE"
BAD_LENGTH = "BAD_LENGTH"
BAD_FRAME = "BAD_FRAME"
TOO_MUCH = "TOO_MUCH"
TRUNCATED = "TRUNCATED"
CORRUPT = "CORRUPT"
GAP = "GAP"

ROWS = 10_000  # of a chunk
SAMPLE_BYTES = 200  # of what could not be read, in the quarantine
NUMBER_MAX = 1 << 62
SHARE = QUANTITY_SCALE
DAY_MAX = 25 * 3_600 * SECOND  # the longest day there is
SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.\-+=#^*$]{0,15}")
WHOLE = re.compile(r"-?[0-9]{1,19}")
NEW_YORK = ZoneInfo("America/New_York")

# (kind, flags, instrument, time, price, quantity, 0, trade): `batch.of_rows`, its position not given yet.
Row = tuple[int, int, int, int, int, int, int, int]
Number = Callable[[str], int | None]  # an instrument's number in the feed's store; None: no known symbol


class FeedError(Exception):
    """The source cannot be used as what it is said to be; the message says why and what to do."""


class Bad(NamedTuple):
    """Something that was set aside: why, where in its source, and how it begins."""

    reason: str
    where: str
    sample: bytes


class Chunk(NamedTuple):
    """Rows in order, and what was set aside between them. A source gives the same chunks each time."""

    rows: list[Row]
    bad: list[Bad]


def chunked(items: Iterator[Row | Bad]) -> Iterator[Chunk]:
    """Rows and what is between them, in chunks of ROWS."""
    chunk = Chunk([], [])
    for item in items:
        if isinstance(item, Bad):
            chunk.bad.append(item)
        else:
            chunk.rows.append(item)
        if len(chunk.rows) + len(chunk.bad) >= ROWS:
            yield chunk
            chunk = Chunk([], [])
    if chunk.rows or chunk.bad:
        yield chunk


def whole(text: str) -> int:
    """A whole number of a text; a fraction of zeros is none.

    Raises:
        ValueError: it is no whole number, or larger than any price, size or time can be.
    """
    head, _, fraction = text.strip().partition(".")
    if fraction.strip("0"):
        raise ValueError(f"{text[:32]!r} is not whole")
    if not WHOLE.fullmatch(head):
        raise ValueError(f"{text[:32]!r} is no number of a feed")
    value = int(head)
    if abs(value) >= NUMBER_MAX:
        raise ValueError(f"{text[:32]!r} is too large")
    return value


def fixed(text: str, digits: int) -> int:
    """A decimal of a text times 10 ** digits; what is finer is cut.

    Raises:
        ValueError: it is no decimal, or too large.
    """
    head, _, fraction = text.strip().partition(".")
    if not ((fraction.isdigit() and fraction.isascii()) or not fraction):
        raise ValueError(f"{text[:32]!r} is no decimal")
    return whole(head + fraction[:digits].ljust(digits, "0"))


def of_day(midnight: int, text: str, digits: int) -> int:
    """A time after midnight, told in units of 10 ** (`digits` - 9) seconds, as ns UTC.

    Raises:
        ValueError: it is no time of a day: one such would put all that follows into the past.
    """
    after = fixed(text, digits)
    if not 0 <= after < DAY_MAX:
        raise ValueError(f"{text[:32]!r} is no time of a day")
    return midnight + after


def shares(count: int) -> int:
    """A count of shares as a quantity; what is too large to be one stays too large."""
    return count * SHARE if abs(count) < NUMBER_MAX // SHARE else NUMBER_MAX if count > 0 else -NUMBER_MAX


def new_york(day: date) -> int:
    """Midnight of a date in New York, ns UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp()) * SECOND
