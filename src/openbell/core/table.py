"""A hash table from a 64-bit key to a slot: open addressing, Robin Hood probing, backward-shift deletion.

Cells of one run are ordered by their home, so a search ends at the first cell that is nearer to its home
than the key would be, and a deletion at the first cell that is at home. Keys may repeat (request keys use
a fingerprint); key 0 is not allowed. Never more than half full, because `Memory` gives it twice the cells
of the records it indexes.

With `dense` 0 keys are spread by Fibonacci hashing. Order ids grow with the log, so their tables leave out
the id's lowest `dense` bits and spread blocks of eight positions: orders of one time lie side by side, in
the same cache lines, and yet old orders that stay do not crowd the cells that new ones come to.
"""

from __future__ import annotations

from typing import Any

import cython

if not cython.compiled:
    from openbell.core.types import BLOCK, BLOCK_BITS, GOLDEN, WORD, i64, prefetch, u64


class Table:
    """Cells over one array of `Cell` records; the length must be a power of two."""

    def __init__(self, cells: Any, dense: int) -> None:
        self.cells = cells
        self.mask = len(cells) - 1
        self.shift = 64 - (len(cells).bit_length() - 1)
        self.dense = dense

    def home(self, key: u64) -> i64:
        """Where a key's search starts."""
        mixed: u64
        if self.dense != 0:
            key = key >> self.dense
            mixed = ((key >> BLOCK_BITS) * GOLDEN) & WORD
            return (mixed >> self.shift & ~BLOCK) | (key & BLOCK)
        mixed = (key * GOLDEN) & WORD
        return mixed >> self.shift

    def expect(self, key: u64) -> None:
        """Ask the processor for the cell of a key that will be looked up soon."""
        prefetch(cython.address(self.cells[self.home(key)]))

    def first(self, key: u64) -> i64:
        """The cell of the first entry with `key`, or -1."""
        i: i64 = self.home(key)
        distance: i64 = 0
        while self.cells[i].key != 0:
            if self.cells[i].key == key:
                return i
            if ((i - self.home(self.cells[i].key)) & self.mask) < distance:
                return -1
            i = (i + 1) & self.mask
            distance += 1
        return -1

    def following(self, cell: i64, key: u64) -> i64:
        """The cell of the next entry with `key` after `cell`, or -1."""
        i: i64 = (cell + 1) & self.mask
        home: i64 = self.home(key)
        while self.cells[i].key != 0:
            if self.cells[i].key == key:
                return i
            if ((i - self.home(self.cells[i].key)) & self.mask) < ((i - home) & self.mask):
                return -1
            i = (i + 1) & self.mask
        return -1

    def find(self, key: u64) -> i64:
        """The slot stored under `key`, or -1."""
        i: i64 = self.first(key)
        if i < 0:
            return -1
        return self.cells[i].value

    def insert(self, key: u64, slot: i64) -> None:
        """Add an entry, also beside others with the same key; those farther from home keep their cells."""
        i: i64 = self.home(key)
        distance: i64 = 0
        while self.cells[i].key != 0:
            there: u64 = self.cells[i].key
            away: i64 = (i - self.home(there)) & self.mask
            if away < distance:
                value: i64 = self.cells[i].value
                self.cells[i].key = key
                self.cells[i].value = slot
                key = there
                slot = value
                distance = away
            i = (i + 1) & self.mask
            distance += 1
        self.cells[i].key = key
        self.cells[i].value = slot

    def remove(self, key: u64) -> None:
        """Remove the first entry with `key`, if there is one."""
        i: i64 = self.first(key)
        if i >= 0:
            self.remove_cell(i)

    def remove_cell(self, cell: i64) -> None:
        """Empty a cell and move the rest of its run one cell nearer to home."""
        i: i64 = cell
        following: i64 = (i + 1) & self.mask
        while self.cells[following].key != 0 and self.home(self.cells[following].key) != following:
            self.cells[i].key = self.cells[following].key
            self.cells[i].value = self.cells[following].value
            i = following
            following = (i + 1) & self.mask
        self.cells[i].key = 0
