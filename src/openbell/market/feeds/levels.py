"""One side of a book as its orders make it: how much there is at each price, and the best."""

from __future__ import annotations

import heapq


class Levels:
    """Totals by price. The best is the highest price, or the lowest."""

    def __init__(self, highest: bool) -> None:
        self._sign = -1 if highest else 1
        self._totals: dict[int, int] = {}
        self._heap: list[int] = []  # every price that has a total, and some that have none any more

    def add(self, price: int, count: int) -> None:
        """More at a price."""
        if price not in self._totals:
            self._totals[price] = 0
            heapq.heappush(self._heap, self._sign * price)
        self._totals[price] += count

    def take(self, price: int, count: int) -> None:
        """Less at a price; what is there at least."""
        self._totals[price] -= count
        if self._totals[price] <= 0:
            del self._totals[price]

    def best(self) -> tuple[int, int]:
        """The best price and how much there is; (0, 0) of an empty side."""
        while self._heap:
            price = self._sign * self._heap[0]
            if price in self._totals:
                return price, self._totals[price]
            heapq.heappop(self._heap)
        return 0, 0
