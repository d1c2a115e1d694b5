cimport cython
from openbell.core.layouts cimport i64, u64, Message


@cython.final
cdef class Channel:
    cdef Message[::1] messages
    cdef readonly i64 mask
    cdef readonly i64 shard
    cdef public i64 sent
    cdef public i64 taken
    cdef i64 base

    cdef i64 post(self, i64 kind, i64 instrument, i64 account, i64 order, i64 cause) noexcept nogil
    cdef i64 next(self) noexcept nogil
    cdef i64 take(self, i64 until) noexcept nogil
