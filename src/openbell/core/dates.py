"""Calendar arithmetic on dates written as yyyymmdd: the business day after a day, for settlement.

Business days are Monday to Friday. What is no date (tests and replays number their days as they like) is
followed by the next number.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from openbell.core.types import DAY_NS, i64


def month_days(year: i64, month: i64) -> i64:
    """How many days a month has; 0 for what is no month."""
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    if month == 4 or month == 6 or month == 9 or month == 11:
        return 30
    return 31 if 1 <= month <= 12 else 0


def is_date(date: i64) -> bool:
    year: i64 = date // 10_000
    month: i64 = date // 100 % 100
    day: i64 = date % 100
    return 1 <= year < 9999 and 1 <= day <= month_days(year, month)


def day_after(date: i64) -> i64:
    """The next day of a date."""
    year: i64 = date // 10_000
    month: i64 = date // 100 % 100
    if date % 100 < month_days(year, month):
        return date + 1
    if month < 12:
        return year * 10_000 + (month + 1) * 100 + 1
    return (year + 1) * 10_000 + 101


def is_weekend(date: i64) -> bool:
    """Whether a date is a Saturday or Sunday (Zeller's congruence)."""
    year: i64 = date // 10_000
    month: i64 = date // 100 % 100
    if month < 3:
        month += 12
        year -= 1
    century: i64 = year // 100
    rest: i64 = year % 100
    day: i64 = (date % 100 + 13 * (month + 1) // 5 + rest + rest // 4 + century // 4 + 5 * century) % 7
    return day < 2


def date_of(ts: i64) -> i64:
    """The UTC date of a time in nanoseconds; not before 1970, nor after 9999."""
    days: i64 = min(max(ts, 0) // DAY_NS, 2_932_896)
    year: i64 = 1970
    month: i64 = 1
    while days >= 337 + month_days(year, 2):
        days -= 337 + month_days(year, 2)
        year += 1
    while days >= month_days(year, month):
        days -= month_days(year, month)
        month += 1
    return year * 10_000 + month * 100 + days + 1


def business_day_after(date: i64) -> i64:
    """The first business day after a date."""
    if not is_date(date):
        return date + 1
    date = day_after(date)
    while is_weekend(date):
        date = day_after(date)
    return date
