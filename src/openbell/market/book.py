"""The public side of one book: price levels as the event stream tells them."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from openbell.core.codes import BUY


class Level(NamedTuple):
    """Price in 1/10,000 USD, total size in 1/1e8 share, and the number of orders that make it up."""

    price: int
    quantity: int
    orders: int


class Side:
    """One side's levels. Prices are kept in a sorted list whose last entry is the best, so that the top of
    the book, where nearly all changes are, is cheap to change."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, side: int) -> None:
        self._sign = 1 if side == BUY else -1
        self._keys: list[int] = []
        self._levels: dict[int, Level] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def set(self, price: int, quantity: int, orders: int) -> None:
        """Give a level its new size; 0 removes it."""
        key = price * self._sign
        if quantity == 0:
            if self._levels.pop(price, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
            return
        if price not in self._levels:
            insort(self._keys, key)
        self._levels[price] = Level(price, quantity, orders)

    def best(self) -> Level | None:
        """The level that trades next, if there is one."""
        return self._levels[self._keys[-1] * self._sign] if self._keys else None

    def at(self, price: int) -> Level:
        """The level at `price`; of size 0 if there is none."""
        return self._levels.get(price) or Level(price, 0, 0)

    def top(self, count: int) -> list[Level]:
        """At most `count` levels, best first."""
        if count <= 0:
            return []
        return [self._levels[key * self._sign] for key in self._keys[: -count - 1 : -1]]
