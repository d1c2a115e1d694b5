cimport cython
from openbell.core.layouts cimport i64, Event


@cython.final
cdef class Outbox:
    cdef Event[::1] events
    cdef public i64 count
    cdef public i64 start
    cdef public i64 seq

    cdef void begin(self, i64 seq) noexcept nogil
    cdef i64 event(self, i64 kind, i64 instrument, i64 account, i64 order) noexcept nogil
