cimport cython
from openbell.core.layouts cimport i64, NIL, Knot


@cython.final
cdef class Heap:
    cdef Knot[::1] knots

    cdef i64 push(self, i64 root, i64 slot, i64 key, i64 stamp) noexcept nogil
    cdef i64 remove(self, i64 root, i64 slot) noexcept nogil
    cdef bint is_root(self, i64 slot) noexcept nogil
    cdef i64 second(self, i64 root) noexcept nogil
    cdef i64 root(self, i64 slot) noexcept nogil
    cdef bint before(self, i64 one, i64 other) noexcept nogil
    cdef i64 meld(self, i64 one, i64 other) noexcept nogil
    cdef i64 rank(self, i64 slot) noexcept nogil
    cdef bint settle(self, i64 slot) noexcept nogil
