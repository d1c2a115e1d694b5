cimport cython
from openbell.core.layouts cimport *
from openbell.core.ladder cimport Ladder


@cython.final
cdef class Rehearsal:
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Ladder ladder
    cdef i64 left

    cdef bint crosses(self, i64 side, i64 price, i64 at) noexcept nogil
    cdef bint fillable(self, i64 n, i64 side, i64 price, i64 quantity, i64 owner, i64 mode) noexcept nogil
    cdef bint holds(self, i64 n, i64 side, i64 price, i64 quantity) noexcept nogil
    cdef bint pass_queue(self, i64 slot, i64 owner, i64 mode) noexcept nogil
