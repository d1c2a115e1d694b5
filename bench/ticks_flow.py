"""A steady flow of ticks of many symbols, as the bytes that a feed sends."""

from __future__ import annotations

import numpy as np

from openbell.market.ticks.batch import ASK, BID, BOUGHT, ELIGIBLE, SOLD, TRADE, WIRE

START = 1_767_623_400_000_000_000  # 5 January 2026, 14:30 UTC
SHARE, TICK = 100_000_000, 100
RING = 64  # batches that differ; then they come again, later


class Flow:
    """Batches of `size` ticks at `rate` a second: three in ten are trades, the rest are best prices."""

    def __init__(self, symbols: int, size: int, rate: int, seed: int) -> None:
        self.symbols = [f"S{number:05d}" for number in range(symbols)]
        self.size = size
        self.rate = rate
        self.step = 1_000_000_000 // rate
        dice = np.random.default_rng(seed)
        middle = dice.integers(500, 50_000, symbols) * TICK
        rows = np.zeros((RING, size), WIRE)
        rows["instrument"] = dice.integers(0, symbols, (RING, size))
        rows["kind"] = dice.choice([TRADE, BID, ASK], (RING, size), p=[0.3, 0.35, 0.35])
        trade = rows["kind"] == TRADE
        side = dice.choice([BOUGHT, SOLD], (RING, size))
        rows["flags"] = np.where(trade, side | np.where(dice.random((RING, size)) < 0.95, ELIGIBLE, 0), 0)
        away = np.where(rows["kind"] == BID, -1, 1) * dice.integers(1, 30, (RING, size))
        rows["price"] = middle[rows["instrument"]] + away * TICK
        rows["quantity"] = dice.integers(1, 500, (RING, size)) * SHARE
        self.rows = rows
        self._trade = trade
        self._numbers = np.arange(size, dtype=np.int64)

    def stamp(self, number: int) -> bytes:
        """The bytes of batch `number`, with its times and numbers."""
        at = number % RING
        rows = self.rows[at]
        position = self._numbers + (number * self.size + 1)
        rows["time"] = START + position * self.step
        rows["position"] = position
        rows["trade"] = np.where(self._trade[at], position, 0)
        return rows.tobytes()

    def uses(self, count: int) -> list[int]:
        """How often each batch of the ring is among the first `count`."""
        return [count // RING + (at < count % RING) for at in range(RING)]
