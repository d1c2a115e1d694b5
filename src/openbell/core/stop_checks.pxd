cimport cython
from openbell.core.layouts cimport *
from openbell.core.checks cimport Checks
from openbell.core.prices cimport collar_price


@cython.final
cdef class StopChecks:
    cdef Instrument[::1] instruments
    cdef Checks checks

    cdef i64 check(
        self, i64 n, i64 side, i64 kind, i64 price, i64 asked, i64 quantity, bint percent, bint anew
    ) noexcept nogil
