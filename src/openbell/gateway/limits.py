"""Rate limits: token buckets that act before the log."""

from __future__ import annotations

import math
import time

BUCKETS_MAX = 100_000


class RateLimiter:
    """At most `limit` trading messages a second for each account, a second's worth at once.

    Gateways of one node count each other's messages too: `spend` is called for every command of an
    account that the event stream shows and this gateway did not send.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        # account -> [tokens left, when they were counted]. A full bucket says nothing: the least
        # recently made go first when there are too many.
        self._buckets: dict[int, list[float]] = {}

    def take(self, account: int, limit: int | None = None) -> float:
        """Spend one message of `account`; 0 if it may pass, else in how many seconds the next may."""
        rate = limit or self.limit
        bucket = self._bucket(account, rate)
        if bucket[0] < 1:
            return (1 - bucket[0]) / rate
        bucket[0] -= 1
        return 0.0

    def spend(self, account: int, limit: int | None = None) -> None:
        """Count a message of `account` that passed elsewhere; at most a second's worth is owed."""
        rate = limit or self.limit
        bucket = self._bucket(account, rate)
        bucket[0] = max(bucket[0] - 1, -float(rate))

    def left(self, account: int, limit: int | None = None) -> int:
        """How many messages `account` may send right now."""
        rate = limit or self.limit
        return max(0, math.floor(self._bucket(account, rate)[0]))

    def _bucket(self, account: int, rate: int) -> list[float]:
        now = time.monotonic()
        bucket = self._buckets.get(account)
        if bucket is None:
            if len(self._buckets) >= BUCKETS_MAX:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[account] = [float(rate), now]
        else:
            bucket[0] = min(float(rate), bucket[0] + (now - bucket[1]) * rate)
            bucket[1] = now
        return bucket


def headers(limit: int, left: int) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """`RateLimit-Policy` and `RateLimit` of an answer to a trading message."""
    return (
        (b"ratelimit-policy", b'"orders";q=%d;w=1' % limit),
        (b"ratelimit", b'"orders";r=%d;t=1' % left),
    )
