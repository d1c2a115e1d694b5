cimport cython
from openbell.core.layouts cimport *
from openbell.core.ladder cimport Ladder
from openbell.core.queue cimport Queue


@cython.final
cdef class Hidden:
    cdef Scalars[::1] scalars
    cdef Level[::1] levels
    cdef Shade[::1] shades
    cdef BookOrder[::1] orders
    cdef BookExtra[::1] extras
    cdef Ladder ladder
    cdef Queue queue
    cdef readonly i64 slices_max

    cdef i64 open(self, i64 slot) noexcept nogil
    cdef i64 left(self, i64 slot) noexcept nogil
    cdef i64 display(self, i64 slot) noexcept nogil
    cdef void put(self, i64 slot, i64 n, i64 side, i64 price, i64 leaves) noexcept nogil
    cdef void take(self, i64 slot, i64 level, i64 by) noexcept nogil
    cdef void dress(self, i64 slot, i64 display, i64 least) noexcept nogil
    cdef i64 waiting(self, i64 slot) noexcept nogil
    cdef void append(self, i64 slot, i64 n, i64 side, i64 price, i64 leaves) noexcept nogil
    cdef void append_hidden(self, i64 slot, i64 n, i64 side, i64 price, i64 leaves) noexcept nogil
    cdef void shade(self, i64 level) noexcept nogil
    cdef void detach(self, i64 slot, i64 level) noexcept nogil
    cdef void unlink_hidden(self, i64 slot, i64 level) noexcept nogil
    cdef void remove(self, i64 slot) noexcept nogil
    cdef bint alone(self, i64 slot) noexcept nogil
    cdef bint lower(self, i64 slot, i64 level, i64 by) noexcept nogil
    cdef void shrink(self, i64 slot, i64 leaves) noexcept nogil
    cdef bint refill(self, i64 slot, i64 level) noexcept nogil
