cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.restrictions cimport Restrictions


cdef i64 tighter(i64 one, i64 other) noexcept nogil


@cython.final
cdef class Limits:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Limit[::1] own
    cdef Limit[::1] firms
    cdef Limit[::1] listed
    cdef NewOrder[::1] order
    cdef Restrictions restrictions
    cdef i64 quantity_first
    cdef i64 value_first
    cdef i64 open_orders_first
    cdef i64 limit
    cdef i64 observed
    cdef i64 quantity_max
    cdef i64 value_max
    cdef i64 open_orders_max

    cpdef void ordinary(self) noexcept nogil
    cdef i64 admit(self, i64 a, i64 n) noexcept nogil
    cdef i64 killed(self, i64 a, i64 f, i64 n) noexcept nogil
    cdef bint counted(self, i64 a, i64 f) noexcept nogil
    cdef i64 screen(self, i64 a, i64 n, i64 added) noexcept nogil
    cdef i64 repeated(self, i64 a, i64 n) noexcept nogil
    cdef i64 restricted(self, i64 a, i64 f, i64 n) noexcept nogil
    cdef i64 exposed(self, i64 a, i64 f, i64 added) noexcept nogil
