cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.hidden cimport Hidden
from openbell.core.legs cimport Legs
from openbell.core.queue cimport Queue


@cython.final
cdef class SelfTrade:
    cdef BookOrder[::1] orders
    cdef Message[::1] letters
    cdef Queue queue
    cdef Hidden hidden
    cdef Legs legs
    cdef Channel mail

    cdef void end(self, i64 maker, i64 level, i64 cause) noexcept nogil
    cdef bint lower(self, i64 maker, i64 level, i64 by, i64 cause) noexcept nogil
    cdef void lowered(self, i64 order, i64 account, i64 ref, i64 leaves, i64 cause) noexcept nogil
    cdef i64 write(self, i64 kind, i64 maker, i64 cause) noexcept nogil
