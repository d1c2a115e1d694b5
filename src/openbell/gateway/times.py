"""Times between people and the log: RFC 3339 in UTC, and nanoseconds since 1970."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_DAY = 86_400 * NS_PER_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return (EPOCH + timedelta(days=days)).strftime("%Y-%m-%d")


def rfc3339(ns: int) -> str:
    """`ns` since 1970 as "2026-03-05T14:30:00.123456Z"; what is below a microsecond is cut."""
    days, rest = divmod(ns, NS_PER_DAY)
    minutes, micros = divmod(rest // 1000, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds, micros = divmod(micros, 1_000_000)
    return f"{_date(days)}T{hours:02d}:{minutes:02d}:{seconds:02d}.{micros:06d}Z"


def milliseconds(ns: int) -> int:
    """Unix milliseconds, as the stream's `ts` is given."""
    return ns // NS_PER_MS


def parse_time(text: str, *, end_of_day: bool = False) -> int:
    """An RFC 3339 time or a date (its start, or its end) as nanoseconds since 1970.

    Raises:
        ValueError: neither, a time without an offset, or before 1970.
    """
    if len(text) == 10:
        day = date.fromisoformat(text)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        extra = NS_PER_DAY if end_of_day else 0
    else:
        # A "+" that was not escaped arrives in a query as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        extra = 0
        if moment.tzinfo is None:
            raise ValueError(f"time {text!r} has no offset; end it with Z")
    delta = moment - EPOCH
    ns = (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000 + extra
    if ns < 0:
        raise ValueError(f"time {text!r} is before 1970")
    return ns
