cimport cython
from openbell.core.layouts cimport i64, NEVER, NIL, Timer


@cython.final
cdef class Timers:
    cdef Timer[::1] timers
    cdef readonly i64 due
    cdef readonly i64 count
    cdef i64 used
    cdef i64 free

    cdef i64 add(self, i64 due, i64 key, i64 ref) noexcept nogil
    cdef i64 first(self) noexcept nogil
    cdef void drop(self, i64 slot) noexcept nogil
    cdef void put(self, i64 place, i64 slot) noexcept nogil
    cdef bint before(self, i64 one, i64 other) noexcept nogil
    cdef void swap(self, i64 one, i64 other) noexcept nogil
    cdef void rise(self, i64 place) noexcept nogil
    cdef void sink(self, i64 place) noexcept nogil
