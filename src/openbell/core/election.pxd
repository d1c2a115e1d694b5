cimport cython
from openbell.core.layouts cimport *
from openbell.core.bands cimport Bands
from openbell.core.channel cimport Channel
from openbell.core.prices cimport collar_price


@cython.final
cdef class Election:
    cdef Scalars[::1] scalars
    cdef Turn[::1] turns
    cdef BookLeg[::1] legs
    cdef Instrument[::1] instruments
    cdef BookOrder[::1] orders
    cdef Message[::1] letters
    cdef Bands bands
    cdef Channel mail
    cdef readonly i64 head
    cdef i64 tail
    cdef i64 late_head
    cdef i64 late_tail
    cdef i64 cause

    cdef void add(self, i64 slot, i64 stop, i64 price) noexcept nogil
    cdef i64 limit(self, i64 slot, i64 price) noexcept nogil
    cdef void push(self, i64 slot, bint late) noexcept nogil
    cdef void pull(self, i64 slot) noexcept nogil
    cdef void close(self) noexcept nogil
    cdef void keep(self) noexcept nogil
    cpdef void restore(self)
    cdef i64 take(self) noexcept nogil
