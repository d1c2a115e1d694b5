cimport cython
from openbell.core.layouts cimport *
from openbell.core.books cimport Books
from openbell.core.numbers cimport lots_for, value_up


@cython.final
cdef class Spending:
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef Event[::1] events
    cdef Message[::1] inbox
    cdef Books books

    cdef void enter(self, i64 i, i64 n, i64 code) noexcept nogil
    cdef void spend(self, i64 i, i64 n, i64 side, i64 price) noexcept nogil
