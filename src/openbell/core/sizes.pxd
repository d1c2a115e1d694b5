cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.limits cimport Limits
from openbell.core.notional cimport Notional
from openbell.core.numbers cimport value_down, value_up
from openbell.core.vault cimport Vault


@cython.final
cdef class Sizes:
    cdef Ticket[::1] rows
    cdef Asset[::1] assets
    cdef Holding[::1] holdings
    cdef NewOrder[::1] order
    cdef Limits limits
    cdef Vault vault
    cdef Notional notional
    cdef i64 limit
    cdef i64 observed

    cdef i64 within(self, i64 t, i64 n, i64 a, i64 flags) noexcept nogil
    cdef i64 bounded(self, i64 price, i64 quantity) noexcept nogil
    cdef i64 large_enough(self, i64 n, i64 side, i64 price, i64 quantity, i64 a) noexcept nogil
    cdef bint sells_all(self, i64 n, i64 side, i64 quantity, i64 a) noexcept nogil
