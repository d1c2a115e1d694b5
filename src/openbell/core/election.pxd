cimport cython
from openbell.core.layouts cimport *
from openbell.core.bands cimport Bands
from openbell.core.channel cimport Channel
from openbell.core.prices cimport collar_price


@cython.final
cdef class Election:
    cdef Instrument[::1] instruments
    cdef BookOrder[::1] orders
    cdef Message[::1] letters
    cdef Bands bands
    cdef Channel mail
    cdef readonly i64 head
    cdef i64 tail
    cdef i64 cause

    cdef void add(self, i64 slot, i64 stop, i64 price) noexcept nogil
    cdef i64 limit(self, i64 slot, i64 price) noexcept nogil
    cdef i64 take(self) noexcept nogil
