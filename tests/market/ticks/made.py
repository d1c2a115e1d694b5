"""Batches of ticks for tests, and a naive reading of them."""

from __future__ import annotations

import numpy as np

from openbell.market.candles import Tally
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, Ticks, of_rows

SHARE = 100_000_000
SECOND = 1_000_000_000
START = 1_767_623_400 * SECOND  # 5 January 2026, 14:30 UTC

Row = tuple[int, ...]


def trade(instrument: int, price: int, quantity: int = SHARE, time: int = START, position: int = 1) -> Row:
    return (TRADE, ELIGIBLE, instrument, time, price, quantity, position, position << 8)


def small(instrument: int, price: int, quantity: int = 1, time: int = START, position: int = 1) -> Row:
    return (TRADE, 0, instrument, time, price, quantity, position, position << 8)


def bid(instrument: int, price: int, quantity: int = SHARE, time: int = START, position: int = 1) -> Row:
    return (BID, 0, instrument, time, price, quantity, position, 0)


def ask(instrument: int, price: int, quantity: int = SHARE, time: int = START, position: int = 1) -> Row:
    return (ASK, 0, instrument, time, price, quantity, position, 0)


def batch(*rows: Row) -> Ticks:
    return of_rows(rows)


def rows_of(ticks: Ticks) -> list[Row]:
    columns = (ticks.kind, ticks.flags, ticks.instrument, ticks.time, ticks.price, ticks.quantity)
    return list(zip(*(one.tolist() for one in (*columns, ticks.position, ticks.trade)), strict=True))


def random_ticks(seed: int, count: int, instruments: int, step: int = 10_000_000) -> Ticks:
    """Ticks of all kinds whose times go on by `step` ns on average, at positions 1, 2, 3..."""
    dice = np.random.default_rng(seed)
    times = START + np.cumsum(dice.integers(0, 2 * step, count))
    rows = []
    for number in range(count):
        make = (trade, small, bid, ask)[dice.integers(4)]
        price = int(dice.integers(100, 200)) * 100
        quantity = int(dice.integers(1, 100)) * SHARE
        rows.append(make(int(dice.integers(instruments)), price, quantity, int(times[number]), number + 1))
    return of_rows(rows)


def tallies(ticks: Ticks, length: int = SECOND) -> dict[tuple[int, int], Tally]:
    """Candles one trade at a time."""
    made: dict[tuple[int, int], Tally] = {}
    for kind, flags, instrument, time, price, quantity, *_ in rows_of(ticks):
        if kind == TRADE:
            tally = made.setdefault((instrument, time - time % length), Tally())
            tally.add(price, quantity, price * quantity // SHARE, bool(flags & ELIGIBLE))
    return made
