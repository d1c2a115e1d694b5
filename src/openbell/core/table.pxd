cimport cython
from openbell.core.layouts cimport i64, u64, Cell, BLOCK, BLOCK_BITS, GOLDEN, WORD, prefetch


@cython.final
cdef class Table:
    cdef Cell[::1] cells
    cdef readonly i64 mask
    cdef readonly i64 shift
    cdef readonly i64 dense

    cdef i64 home(self, u64 key) noexcept nogil
    cdef void expect(self, u64 key) noexcept nogil
    cdef i64 first(self, u64 key) noexcept nogil
    cdef i64 following(self, i64 cell, u64 key) noexcept nogil
    cdef i64 find(self, u64 key) noexcept nogil
    cdef void insert(self, u64 key, i64 slot) noexcept nogil
    cdef void remove(self, u64 key) noexcept nogil
    cdef void remove_cell(self, i64 cell) noexcept nogil
