cimport cython
from openbell.core.layouts cimport i64, u64, NIL, GOLDEN, WORD, Scalars, Account, Request
from openbell.core.table cimport Table
from openbell.core.tickets cimport Tickets


cdef u64 fingerprint(i64 account, u64 low, u64 high) noexcept nogil


@cython.final
cdef class Requests:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Request[::1] requests
    cdef readonly Table index
    cdef Tickets tickets
    cdef readonly i64 capacity
    cdef readonly i64 ended_max
    cdef readonly i64 ttl
    cdef readonly i64 evicted
    cdef u64 mark

    cdef i64 find(self, i64 account, u64 low, u64 high) noexcept nogil
    cdef bint make_rooms(self, i64 count) noexcept nogil
    cdef bint make_room(self) noexcept nogil
    cdef i64 add(self, i64 account, u64 low, u64 high, u64 body, i64 ticket) noexcept nogil
    cdef void end(self, i64 r, i64 a, i64 now) noexcept nogil
    cdef void trim(self, i64 account) noexcept nogil
    cdef void expire(self, i64 now) noexcept nogil
    cdef void evict(self, i64 r) noexcept nogil
    cdef void free(self, i64 r) noexcept nogil
    cdef void unindex(self, i64 r) noexcept nogil
