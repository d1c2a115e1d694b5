cimport cython
from openbell.core.layouts cimport i64, NIL, ST_NONE, F_FEES, Scalars, Account, Ticket, Charge
from openbell.core.table cimport Table


@cython.final
cdef class Tickets:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Ticket[::1] tickets
    cdef Charge[::1] charges
    cdef readonly Table index
    cdef readonly i64 capacity
    cdef readonly i64 working_max
    cdef public i64 guess

    cdef i64 find(self, i64 order) noexcept nogil
    cdef bint has_room(self) noexcept nogil
    cdef i64 new(self, i64 order, i64 account, i64 instrument, i64 session) noexcept nogil
    cdef void free(self, i64 t) noexcept nogil
    cdef void link(self, i64 t) noexcept nogil
    cdef void unlink(self, i64 t) noexcept nogil
