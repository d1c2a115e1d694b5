"""What a stock is worth: seeded, mean-reverting walks of the market, its sectors and each stock.

The value of stock i is reference x exp(beta x market + sector + own + drift x t), where market, sector and
own are Ornstein-Uhlenbeck processes, stepped exactly (Glasserman, Monte Carlo Methods in Financial
Engineering, section 3.3), so that it does not matter how often a quiet stock is looked at.
"""

from __future__ import annotations

import math
from random import Random

from openbell.simulator.stock import Stock

DAY_S = 86_400.0
DRIFT_PER_DAY = 0.0003  # 8 % in the 250 or so days of a year that people count
MARKET = (0.006, 6 * 3600.0)  # stationary deviation (of the log price), time to revert by a factor e (s)
SECTOR = (0.005, 4 * 3600.0)
OWN = (0.006, 2 * 3600.0)


class Walk:
    """One Ornstein-Uhlenbeck process around zero.

    Args:
        deviation: its long-run standard deviation.
        revert_s: seconds in which a distance from zero shrinks by a factor e.
    """

    __slots__ = ("at_s", "deviation", "random", "revert_s", "value")

    def __init__(self, deviation: float, revert_s: float, random: Random) -> None:
        self.deviation = deviation
        self.revert_s = revert_s
        self.random = random
        self.value = 0.0
        self.at_s = 0.0

    def advance(self, at_s: float) -> float:
        """The value at `at_s` seconds, which never runs back."""
        elapsed = at_s - self.at_s
        if elapsed > 0.0:
            decay = math.exp(-elapsed / self.revert_s)
            noise = self.deviation * math.sqrt(1.0 - decay * decay)
            self.value = self.value * decay + noise * self.random.gauss(0.0, 1.0)
            self.at_s = at_s
        return self.value


class FairValues:
    """The fair value of every stock, as a function of the seed and of the times it was asked for.

    Args:
        stocks: the listed stocks; a stock's `start` is its value at time 0, its `reference` what it
            reverts to.
        seed: the same seed and the same questions give the same values.
    """

    def __init__(self, stocks: list[Stock], seed: int) -> None:
        self._market = Walk(*MARKET, Random(f"{seed}/market"))
        self._sectors = {
            sector: Walk(*SECTOR, Random(f"{seed}/sector/{sector}"))
            for sector in sorted({stock.sector for stock in stocks})
        }
        self._own: dict[str, Walk] = {}
        self._beta: dict[str, float] = {}
        for stock in stocks:
            random = Random(f"{seed}/stock/{stock.symbol}")
            self._beta[stock.symbol] = random.uniform(0.6, 1.5)
            walk = Walk(*OWN, random)
            walk.value = math.log(stock.start / stock.reference)
            self._own[stock.symbol] = walk

    def value(self, stock: Stock, at_s: float) -> float:
        """The stock's fair value in cents, `at_s` seconds after the start."""
        exponent = (
            self._beta[stock.symbol] * self._market.advance(at_s)
            + self._sectors[stock.sector].advance(at_s)
            + self._own[stock.symbol].advance(at_s)
            + DRIFT_PER_DAY * at_s / DAY_S
        )
        return stock.reference * math.exp(exponent)
