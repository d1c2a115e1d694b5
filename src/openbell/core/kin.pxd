cimport cython
from openbell.core.layouts cimport *


@cython.final
cdef class Kin:
    cdef BookOrder[::1] orders
    cdef BookExtra[::1] extras
    cdef BookLeg[::1] legs

    cdef i64 sibling(self, i64 slot) noexcept nogil
    cdef i64 parent_open(self, i64 slot) noexcept nogil
    cdef i64 released(self, i64 slot) noexcept nogil
    cdef bint rests(self, i64 slot) noexcept nogil
    cdef i64 beside(self, i64 slot, i64 taken) noexcept nogil
