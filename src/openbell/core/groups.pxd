cimport cython
from openbell.core.layouts cimport *
from openbell.core.exposure cimport Exposure


@cython.final
cdef class Groups:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Holding[::1] holdings
    cdef Ticket[::1] rows
    cdef TicketLeg[::1] legs
    cdef Exposure exposure
    cdef i64 cash
    cdef i64 shares

    cdef void join(self, i64 t, i64 before, i64 role, i64 kind) noexcept nogil
    cdef void leave(self, i64 t) noexcept nogil
    cdef void reserve(self, i64 t, i64 amount, i64 fee) noexcept nogil
    cdef i64 extra(self, i64 t, i64 amount, i64 fee) noexcept nogil
    cdef void need(self, i64 t, i64 amount, i64 fee) noexcept nogil
    cdef i64 released(self, i64 t) noexcept nogil
    cdef void weigh(self, i64 t) noexcept nogil
