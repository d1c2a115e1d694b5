cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.outbox cimport Outbox
from openbell.core.table cimport Table
from openbell.core.timers cimport Timers


@cython.final
cdef class Sessions:
    cdef Scalars[::1] scalars
    cdef SessionTimer[::1] rows
    cdef SessionCount[::1] counts
    cdef Event[::1] events
    cdef Header[::1] head
    cdef Session[::1] order
    cdef Table index
    cdef Timers timers
    cdef i64 tickets
    cdef Outbox outbox
    cdef i64 capacity
    cdef i64 limit
    cdef i64 observed

    cdef i64 find(self) noexcept nogil
    cdef i64 shape(self) noexcept nogil
    cdef i64 session(self) noexcept nogil
    cdef i64 open(self) noexcept nogil
    cdef void keep(self) noexcept nogil
    cdef void begin(self, i64 s, i64 what) noexcept nogil
    cdef i64 room(self) noexcept nogil
    cdef void start(self, i64 s) noexcept nogil
    cdef i64 account_of(self, i64 s) noexcept nogil
    cdef i64 number_of(self, i64 s) noexcept nogil
    cdef void forget(self, i64 s, i64 what, i64 cancelled) noexcept nogil
    cdef void tell(self, i64 s, i64 what, i64 cancelled) noexcept nogil
