cimport cython
from openbell.core.layouts cimport i64, BUY, SELL, CLOSES, NIL, Scalars, Schedule, Level


@cython.final
cdef class Lists:
    cdef Scalars[::1] scalars
    cdef Schedule[::1] schedules
    cdef Level[::1] levels

    cdef i64 find(self, i64 n, i64 which) noexcept nogil
    cdef i64 count(self, i64 n) noexcept nogil
    cdef i64 open(self, i64 n, i64 which) noexcept nogil
    cdef void drop(self, i64 n, i64 level) noexcept nogil
    cdef i64 which(self, i64 n, i64 level) noexcept nogil
    cdef void put(self, i64 n, i64 which, i64 level) noexcept nogil
