cimport cython
from openbell.core.layouts cimport i64, NIL, WATCH_EXPOSURE, CASH_TOP, Scalars, Account, Ticket, Charge, Limit
from openbell.core.numbers cimport value_up


@cython.final
cdef class Exposure:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Ticket[::1] rows
    cdef Charge[::1] charges
    cdef Limit[::1] own
    cdef Limit[::1] firms

    cdef i64 value(self, i64 t) noexcept nogil
    cdef void update(self, i64 t, bint over) noexcept nogil
    cdef bint kept(self, i64 a) noexcept nogil
    cdef i64 total(self, i64 a) noexcept nogil
    cdef void keep(self, i64 a) noexcept nogil
