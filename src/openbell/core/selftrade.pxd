cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.queue cimport Queue


@cython.final
cdef class SelfTrade:
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Message[::1] letters
    cdef Queue queue
    cdef Channel mail

    cdef void end(self, i64 maker, i64 level, i64 cause) noexcept nogil
    cdef void lower(self, i64 maker, i64 level, i64 by, i64 cause) noexcept nogil
    cdef void lowered(self, i64 order, i64 account, i64 ref, i64 leaves, i64 cause) noexcept nogil
    cdef i64 write(self, i64 kind, i64 maker, i64 cause) noexcept nogil
