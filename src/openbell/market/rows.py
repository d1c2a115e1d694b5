"""Candles as rows of a numpy array, for what is made and folded by the thousand.

A row is (start, open, high, low, close, volume): ns UTC, prices in 1/10,000 USD, volume in 1/1e8 share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

START, OPEN, HIGH, LOW, CLOSE, VOLUME = range(6)
WIDTH = 6


def none() -> Rows:
    """No rows."""
    return np.empty((0, WIDTH), dtype=np.int64)


def join(parts: Sequence[Rows]) -> Rows:
    """Rows one after another."""
    return np.concatenate(parts) if parts else none()


def fold(rows: Rows, starts: list[int]) -> Rows:
    """One row for each of `starts` (ascending) that has rows at or after it and before the next one.

    The first open, the highest high, the lowest low, the last close, all volume; rows before the first
    start are left out.
    """
    bounds = np.asarray(starts, dtype=np.int64)
    bucket = np.searchsorted(bounds, rows[:, START], side="right") - 1
    rows, bucket = rows[bucket >= 0], bucket[bucket >= 0]
    if not len(rows):
        return none()
    first = np.flatnonzero(np.diff(bucket, prepend=-1))
    last = np.append(first[1:], len(rows)) - 1
    folded = np.empty((len(first), WIDTH), dtype=np.int64)
    folded[:, START] = bounds[bucket[first]]
    folded[:, OPEN] = rows[first, OPEN]
    folded[:, HIGH] = np.maximum.reduceat(rows[:, HIGH], first)
    folded[:, LOW] = np.minimum.reduceat(rows[:, LOW], first)
    folded[:, CLOSE] = rows[last, CLOSE]
    folded[:, VOLUME] = np.add.reduceat(rows[:, VOLUME], first)
    return folded
