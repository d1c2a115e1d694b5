cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.entry cimport Entry
from openbell.core.groups cimport Groups
from openbell.core.requests cimport Requests


@cython.final
cdef class GroupEntry:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Ticket[::1] rows
    cdef TicketLeg[::1] legs
    cdef u64[::1] words
    cdef Header[::1] head
    cdef NewOrder[::1] order
    cdef Message[::1] letters
    cdef Command command
    cdef Entry entry
    cdef Requests requests
    cdef Groups groups
    cdef Channel post
    cdef i64 capacity
    cdef i64 kind
    cdef i64 count
    cdef i64 first
    cdef i64 second
    cdef i64 third
    cdef i64 side
    cdef i64 quantity

    cdef i64 new(self, i64 order, u64 body) noexcept nogil
    cdef bint is_whole(self) noexcept nogil
    cdef void set_aside(self) noexcept nogil
    cdef void load(self, i64 k) noexcept nogil
    cdef void write(self, i64 order, u64 body, i64 n) noexcept nogil
    cdef i64 role(self, i64 k) noexcept nogil
    cdef i64 at(self, i64 k) noexcept nogil
    cdef i64 check_all(self, i64 n) noexcept nogil
    cdef i64 fits(self, i64 k) noexcept nogil
    cdef i64 hold(self, i64 t, i64 n) noexcept nogil
    cdef void reject(self, i64 bad) noexcept nogil
    cdef void send(self) noexcept nogil
    cdef i64 shown(self) noexcept nogil
