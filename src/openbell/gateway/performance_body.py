"""The equity curve as the answer shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from openbell.gateway import decimals
from openbell.gateway.account_body import CURRENCY
from openbell.gateway.curve import Point
from openbell.gateway.decimals import money
from openbell.gateway.times import rfc3339
from openbell.gateway.words import Decimal, Time, one_of

RANGES = ("1D", "1W", "1M", "3M", "1Y", "ALL")
Range = Annotated[str, one_of(*RANGES)]


class PerformancePointBody(Struct, rename="camel", kw_only=True):
    """What the account was worth at a time. `pnl` counts from the curve's first point, deposits and shares
    that were moved in taken out; `pnl_percent` is that of what there would be without it."""

    timestamp: Time
    total_value: Decimal
    cash_balance: Decimal
    holdings_value: Decimal
    pnl: Decimal
    pnl_percent: Decimal


class PerformanceBody(Struct, rename="camel", kw_only=True):
    """An equity curve: `points`, oldest first, the last one now. `net_deposits` is what came in meanwhile
    other than by profit. `complete` is false while history has not caught up with the account."""

    range: Range
    currency: str
    start_value: Decimal
    end_value: Decimal
    net_deposits: Decimal
    pnl: Decimal
    pnl_percent: Decimal
    points: Sequence[PerformancePointBody]
    complete: bool
    timestamp: Time
    seq: int
    simulated: bool = True


def point_body(point: Point) -> PerformancePointBody:
    """A point of the curve."""
    return PerformancePointBody(
        timestamp=rfc3339(point.ts),
        total_value=money(point.total),
        cash_balance=money(point.cash),
        holdings_value=money(point.holdings),
        pnl=money(point.profit),
        pnl_percent=decimals.percent(point.profit, point.base),
    )


def performance_body(word: str, points: Sequence[Point], complete: bool, seq: int) -> PerformanceBody:
    """The curve of a range, with the account at log position `seq` as its last point."""
    first, last = points[0], points[-1]
    return PerformanceBody(
        range=word,
        currency=CURRENCY,
        start_value=money(first.total),
        end_value=money(last.total),
        net_deposits=money(last.base - first.total),
        pnl=money(last.profit),
        pnl_percent=decimals.percent(last.profit, last.base),
        points=[point_body(point) for point in points],
        complete=complete,
        timestamp=rfc3339(last.ts),
        seq=seq,
    )
