"""An account's equity curve, computed: from days as the ledger keeps them, and within a day from what
happened in it. Whole units throughout; docs/portfolio.md has the formulas."""

from __future__ import annotations

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


class Flow(NamedTuple):
    """What changed of cash (tables.CASH) or of an instrument's shares after so many marks; `moved` of it
    without a trade."""

    bucket: int
    asset: int
    amount: int
    moved: int


class Closes:
    """The last price of a stock at any time of the day: the close of the last whole candle, at first the
    official close."""

    def __init__(self, close: int, candles: Iterable[tuple[int, int]]) -> None:
        """Args: candles: (end in ns, closing price), oldest first."""
        self._close = close
        self._candles = list(candles)

    def along(self, times: Iterable[int]) -> list[int]:
        """The price at each of `times`, which rise."""
        found, price, place = [], self._close, 0
        candles, count = self._candles, len(self._candles)
        for ts in times:
            while place < count and candles[place][0] <= ts:
                price = candles[place][1]
                place += 1
            found.append(price)
        return found


def intraday(
    start_cash: int,
    held: Mapping[int, Held],
    times: Sequence[int],
    flows: Iterable[Flow],
    prices: Mapping[int, Closes],
) -> list[Point]:
    """The points of a day at `times`; their profit is counted from the day roll.

    Args:
        start_cash: cash at the roll.
        held: every stock that was held at the roll or that `flows` name.
        flows: with `times` as marks.
        prices: of every stock in `held`.
    """
    changes: dict[int, list[Flow]] = {}
    for flow in flows:
        changes.setdefault(flow.bucket, []).append(flow)
    cash, base_cash = start_cash, start_cash
    # Stocks by their place, so that a mark is a sum along two lists: there can be 60,000 prices in a day.
    places = {instrument: place for place, instrument in enumerate(held)}
    now = [one.quantity for one in held.values()]
    base = list(now)
    begun = sum(value(one.close, one.quantity) for one in held.values())
    at_marks = zip(*(prices[instrument].along(times) for instrument in held), strict=True) if held else ()
    at_mark = iter(at_marks)
    points = []
    for mark, ts in enumerate(times):
        for flow in changes.get(mark, ()):
            if flow.asset == CASH:
                cash += flow.amount
                base_cash += flow.moved
                continue
            place = places[flow.asset]
            now[place] += flow.amount
            if flow.moved:
                close = held[flow.asset].close
                begun += value(close, base[place] + flow.moved) - value(close, base[place])
                base[place] += flow.moved
        worth = sum(map(value, next(at_mark, ()), now))
        points.append(Point(ts, cash, worth, cash + worth - base_cash - begun))
    return points
