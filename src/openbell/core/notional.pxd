cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.limits cimport Limits
from openbell.core.numbers cimport lots_for, share_of, value_down


@cython.final
cdef class Notional:
    cdef Asset[::1] assets
    cdef Ticket[::1] rows
    cdef Charge[::1] charges
    cdef Tariff[::1] tariffs
    cdef NewOrder[::1] order
    cdef Limits limits
    cdef i64 most
    cdef i64 budget
    cdef i64 surcharge
    cdef i64 limit
    cdef i64 observed

    cdef i64 within(self, i64 t, i64 n) noexcept nogil
    cdef i64 shares(self, i64 n, i64 price) noexcept nogil
    cdef i64 large_enough(self, i64 n) noexcept nogil
    cdef i64 reserve(self, i64 t) noexcept nogil
