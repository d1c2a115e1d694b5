cimport cython
from openbell.core.layouts cimport *
from openbell.core.books cimport Books


@cython.final
cdef class Changes:
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Message[::1] inbox
    cdef Message[::1] letters
    cdef Books books

    cdef void modify(self, i64 i) noexcept nogil
    cdef void replace(self, i64 i, i64 slot, i64 price, i64 leaves) noexcept nogil
    cdef void requeue(self, i64 slot, i64 n, i64 side, i64 price, i64 leaves, i64 display) noexcept nogil
