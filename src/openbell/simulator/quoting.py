"""What a market maker wants to show: prices and sizes around a fair value, leaning against its inventory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from openbell.simulator.stock import Stock

LEVELS = 3
SIZE_SPREAD = 0.5  # sigma of the lognormal sizes
LEVEL_CLIPS = 3.0  # a level is worth about so many usual orders
INVENTORY_LEVELS = 12.0  # so many levels' worth of inventory lean the quotes as far as they go
SKEW_HALF_SPREADS = 1.5  # how far that is


@dataclass(frozen=True, slots=True)
class Quote:
    """One level of one side: price in cents, quantity in whole shares (0: nothing to show)."""

    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Both sides, best first."""

    bids: tuple[Quote, ...]
    asks: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """What the maker has for one stock: shares now, shares it wants to hold, cents for its bids."""

    shares: int
    target: int
    cash: int


def lognormal_shares(value: float, price: int, random: Random) -> int:
    """Whole shares worth about `value` cents at `price` cents, at least one."""
    return max(1, round(value / price * random.lognormvariate(0.0, SIZE_SPREAD)))


def skew(stock: Stock, fair: float, means: Means) -> float:
    """Cents by which the quotes are moved so that trades bring the inventory back to its target."""
    scale = INVENTORY_LEVELS * LEVEL_CLIPS * stock.clip / fair
    lean = max(-1.0, min(1.0, (means.shares - means.target) / scale))
    return -lean * SKEW_HALF_SPREADS * max(1.0, fair * stock.half_spread)


def ladder(stock: Stock, fair: float, means: Means, random: Random, levels: int = LEVELS) -> Ladder:
    """The quotes for a fair value of `fair` cents; a side that the means cannot carry has quantity 0."""
    half = max(0.5, fair * stock.half_spread)
    middle = fair + skew(stock, fair, means)
    step = max(1.0, half * 0.8)
    best_bid = max(1, math.floor(middle - half))
    best_ask = max(best_bid + 1, math.ceil(middle + half))
    bids, asks = [], []
    shares = max(0, means.shares)
    cash = max(0, means.cash)
    for level in range(levels):
        away = round(step * level)
        value = LEVEL_CLIPS * stock.clip * (1.0 + 0.5 * level)
        bid = best_bid - away
        if bid >= 1:
            wanted = lognormal_shares(value, bid, random)
            bids.append(Quote(bid, min(wanted, cash // levels // bid)))
        wanted = lognormal_shares(value, best_ask + away, random)
        asks.append(Quote(best_ask + away, min(wanted, -(-shares // levels))))
    return Ladder(tuple(bids), tuple(asks))
