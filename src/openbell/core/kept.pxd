cimport cython
from openbell.core.layouts cimport *


@cython.final
cdef class Kept:
    cdef Answer[::1] answers
    cdef Answer[::1] kept
    cdef i64 request
    cdef i64 answer
    cdef void keep(self, i64 r, i64 a) noexcept nogil
    cdef void settle(self) noexcept nogil
    cdef void repeat(self, i64 r, i64 a) noexcept nogil
