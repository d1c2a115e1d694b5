"""Columns that batches are copied into, one after the other, and that are used again when they are done with:
fresh memory would cost more than the copy."""

from __future__ import annotations

import numpy as np

from openbell.market.ticks.batch import COLUMNS, TYPES, Ticks

ROWS_FIRST = 16_384


class Buffer:
    """Ticks in memory; it grows to the most that it ever held."""

    def __init__(self) -> None:
        self.count = 0
        self._room = 0
        self._columns = {name: np.empty(0, TYPES.get(name, np.int64)) for name in COLUMNS}

    def __len__(self) -> int:
        return self.count

    def add(self, ticks: Ticks) -> None:
        """Copy a batch to the end."""
        end = self.count + len(ticks)
        if end > self._room:
            self._room = max(ROWS_FIRST, 2 * self._room, end)
            for name, kept in self._columns.items():
                self._columns[name] = np.empty(self._room, kept.dtype)
                self._columns[name][: self.count] = kept[: self.count]
        for name, column in self._columns.items():
            column[self.count : end] = getattr(ticks, name)
        self.count = end

    def ticks(self) -> Ticks:
        """All rows, as they lie here: good until the buffer is cleared and added to again."""
        return Ticks(*(column[: self.count] for column in self._columns.values()))

    def clear(self) -> None:
        """Be empty."""
        self.count = 0
