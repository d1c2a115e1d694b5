"""The end of the day in which a test begins: midnight UTC, where the calendar is `always`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

SETTLES_S = 2.0  # after midnight: the exchange's clock has begun the day


def next_midnight() -> tuple[datetime, float]:
    """When the day ends, and in how many seconds."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now, datetime.min.time(), UTC) + timedelta(days=1)
    return midnight, (midnight - now).total_seconds()


def let_the_day_end(within_s: float) -> None:
    """If the day ends within so many seconds, wait until the next one has begun."""
    _, left = next_midnight()
    if left < within_s:
        time.sleep(left + SETTLES_S)
