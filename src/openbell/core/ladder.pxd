cimport cython
from openbell.core.layouts cimport i64, BUY, NIL, NEAR, Scalars, Instrument, Rung, Level


@cython.final
cdef class Ladder:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Rung[::1] rungs
    cdef Level[::1] levels
    cdef readonly i64 depth
    cdef public i64 guess

    cdef i64 count(self, i64 n, i64 side) noexcept nogil
    cdef i64 best(self, i64 n, i64 side) noexcept nogil
    cdef i64 at(self, i64 n, i64 side, i64 rank) noexcept nogil
    cdef i64 place(self, i64 n, i64 side, i64 key) noexcept nogil
    cdef bint holds(self, i64 base, i64 count, i64 place, i64 key) noexcept nogil
    cdef i64 search(self, i64 base, i64 high, i64 key) noexcept nogil
    cdef i64 find(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef i64 add(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef void drop(self, i64 n, i64 side, i64 level) noexcept nogil
