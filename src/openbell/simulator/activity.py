"""Which stock is next: a weighted choice, by activity."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random

from openbell.simulator.stock import Stock


class Activity:
    """Draws stocks in proportion to their activity.

    Raises:
        ValueError: there are no stocks to draw from.
    """

    def __init__(self, stocks: list[Stock], random: Random) -> None:
        if not stocks:
            raise ValueError("no stocks to draw from; the exchange listed none")
        self._stocks = stocks
        self._edges = list(accumulate(stock.activity for stock in stocks))
        self._random = random

    def draw(self) -> Stock:
        """The next stock."""
        point = self._random.random() * self._edges[-1]
        return self._stocks[min(bisect_right(self._edges, point), len(self._stocks) - 1)]
