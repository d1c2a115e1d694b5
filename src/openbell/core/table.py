"""A hash table from a 64-bit key to a slot: open addressing, linear probing, backward-shift deletion.

Keys may repeat (request keys use a fingerprint); key 0 is not allowed. Never more than half full,
because `Memory` gives it twice the cells of the records it indexes.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.types import GOLDEN, WORD, i64, u64


class Table:
    """Cells over one array of `Cell` records; the length must be a power of two."""

    def __init__(self, cells: Any) -> None:
        self.cells = cells
        self.mask = len(cells) - 1
        self.shift = 64 - (len(cells).bit_length() - 1)

    def home(self, key: u64) -> i64:
        mixed: u64 = (key * GOLDEN) & WORD
        return mixed >> self.shift

    def first(self, key: u64) -> i64:
        """The cell of the first entry with `key`, or -1."""
        i: i64 = self.home(key)
        while self.cells[i].key != 0:
            if self.cells[i].key == key:
                return i
            i = (i + 1) & self.mask
        return -1

    def following(self, cell: i64, key: u64) -> i64:
        """The cell of the next entry with `key` after `cell`, or -1."""
        i: i64 = (cell + 1) & self.mask
        while self.cells[i].key != 0:
            if self.cells[i].key == key:
                return i
            i = (i + 1) & self.mask
        return -1

    def find(self, key: u64) -> i64:
        """The slot stored under `key`, or -1."""
        i: i64 = self.first(key)
        if i < 0:
            return -1
        return self.cells[i].value

    def insert(self, key: u64, slot: i64) -> None:
        i: i64 = self.home(key)
        while self.cells[i].key != 0:
            i = (i + 1) & self.mask
        self.cells[i].key = key
        self.cells[i].value = slot

    def remove(self, key: u64) -> None:
        """Remove the first entry with `key`, if there is one."""
        i: i64 = self.first(key)
        if i >= 0:
            self.remove_cell(i)

    def remove_cell(self, cell: i64) -> None:
        """Empty a cell and move back what probing would no longer find."""
        hole: i64 = cell
        j: i64 = cell
        while True:
            j = (j + 1) & self.mask
            if self.cells[j].key == 0:
                break
            home: i64 = self.home(self.cells[j].key)
            if ((j - home) & self.mask) >= ((j - hole) & self.mask):
                self.cells[hole].key = self.cells[j].key
                self.cells[hole].value = self.cells[j].value
                hole = j
        self.cells[hole].key = 0
