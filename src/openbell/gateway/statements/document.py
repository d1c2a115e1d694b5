"""What a statement or a confirmation says, before it is a file: facts and tables of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from openbell.gateway.times import NS_PER_S

FRIDAY = 4
NOTICE = "Simulated market: prices are made by participants of the exchange, and the money is not real."


@dataclass(frozen=True)
class Table:
    """A captioned table. `columns` are (heading, relative width, whether it holds numbers)."""

    caption: str
    columns: Sequence[tuple[str, int, bool]]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Document:
    """Everything of one file, in order. `made_at` is the time (ns UTC) of the newest thing in it, so that the
    same content is the same file whenever it is asked for."""

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    made_at: int


def day_of(ns: int) -> date:
    """The date of a time, UTC."""
    return datetime.fromtimestamp(ns // NS_PER_S, UTC).date()


def settlement_day(traded: date) -> date:
    """The business day (Monday to Friday) after a trade's."""
    following = traded + timedelta(days=1)
    while following.weekday() > FRIDAY:
        following += timedelta(days=1)
    return following


def time_text(ns: int) -> str:
    """A time as a line shows it, to the second."""
    return datetime.fromtimestamp(ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
