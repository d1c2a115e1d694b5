"""An account's equity curve, computed: from days as the ledger keeps them, and within a day from what
happened in it. Whole units throughout; docs/portfolio.md has the formulas."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from openbell.gateway.decimals import value
from openbell.ledger.tables import CASH

MINUTE = 60 * 1_000_000_000
# Lengths between two marks of a day, by the name of the candles that price them.
STEPS = (("5m", 5 * MINUTE), ("15m", 15 * MINUTE), ("1h", 60 * MINUTE), ("1d", 1440 * MINUTE))
MARKS_MAX = 300


class Point(NamedTuple):
    """What an account had at a time (ns UTC), and its profit since the curve's first point. 1/10,000 USD."""

    ts: int
    cash: int
    holdings: int
    profit: int

    @property
    def total(self) -> int:
        """Cash and holdings together."""
        return self.cash + self.holdings

    @property
    def base(self) -> int:
        """What the account would have without the profit."""
        return self.total - self.profit


def daily(first: Point, days: Iterable[Mapping[str, Any]]) -> list[Point]:
    """The curve from `first` on over day rolls, as `PortfolioReads.days` gives them."""
    points = [first]
    for day in days:
        last = points[-1]
        if day["base"] is None:
            points.append(last._replace(ts=day["ts"]))
            continue
        cash, holdings = day["cash"], day["holdings"]
        profit = last.profit + cash + holdings - day["base"]
        points.append(Point(day["ts"], cash, holdings, profit))
    return points


def ended(points: Sequence[Point], now: int, cash: int, holdings: int, day_profit: int) -> list[Point]:
    """The curve with the account as it is now; `day_profit` is its profit since the last day roll."""
    return [*points, Point(now, cash, holdings, points[-1].profit + day_profit)]


def marks(start: int, end: int) -> tuple[str, int, list[int]]:
    """Round times after `start`, up to `end`: (the candles between them, their length, the times).

    As dense as MARKS_MAX of them allow; of a day that is longer than that, the last.
    """
    fitting = [step for step in STEPS if end // step[1] - start // step[1] <= MARKS_MAX]
    name, length = fitting[0] if fitting else STEPS[-1]
    return name, length, list(range(start - start % length + length, end + 1, length))[-MARKS_MAX:]


class Held(NamedTuple):
    """What an account held of a stock when the day began, and the official close then."""

    quantity: int
    close: int


class Closes:
    """The last price of a stock at any time of the day: the close of the last whole candle, at first the
    official close."""

    def __init__(self, close: int, candles: Iterable[tuple[int, int]]) -> None:
        """Args: candles: (end in ns, closing price), oldest first."""
        self._close = close
        found = list(candles)
        self._ends = [end for end, _ in found]
        self._prices = [price for _, price in found]

    def at(self, ts: int) -> int:
        """The price at `ts`."""
        place = bisect_right(self._ends, ts)
        return self._prices[place - 1] if place else self._close


def intraday(
    start_cash: int,
    held: Mapping[int, Held],
    times: Sequence[int],
    flows: Iterable[Mapping[str, Any]],
    prices: Mapping[int, Closes],
) -> list[Point]:
    """The points of a day at `times`; their profit is counted from the day roll.

    Args:
        start_cash: cash at the roll.
        held: every stock that was held at the roll or that `flows` name.
        flows: as `PortfolioReads.flows` gives them, with `times` as marks.
        prices: of every stock in `held`.
    """
    changes: dict[int, list[Mapping[str, Any]]] = {}
    for flow in flows:
        changes.setdefault(flow["bucket"], []).append(flow)
    cash, base_cash = start_cash, start_cash
    now = {instrument: one.quantity for instrument, one in held.items()}
    base = dict(now)
    points = []
    for place, ts in enumerate(times):
        for flow in changes.get(place, ()):
            if flow["asset"] == CASH:
                cash += flow["amount"]
                base_cash += flow["moved"]
            else:
                now[flow["asset"]] += flow["amount"]
                base[flow["asset"]] += flow["moved"]
        worth = sum(value(prices[number].at(ts), units) for number, units in now.items() if units)
        begun = sum(value(held[number].close, units) for number, units in base.items())
        points.append(Point(ts, cash, worth, cash + worth - base_cash - begun))
    return points
