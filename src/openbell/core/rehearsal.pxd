cimport cython
from openbell.core.layouts cimport *
from openbell.core.kin cimport Kin
from openbell.core.ladder cimport Ladder


@cython.final
cdef class Rehearsal:
    cdef Level[::1] levels
    cdef Shade[::1] shades
    cdef BookOrder[::1] orders
    cdef BookExtra[::1] extras
    cdef Ladder ladder
    cdef Kin kin
    cdef Tour[::1] tours
    cdef i64 tour
    cdef i64 left

    cdef bint crosses(self, i64 side, i64 price, i64 at) noexcept nogil
    cdef bint fillable(self, i64 n, i64 side, i64 price, i64 quantity, i64 owner, i64 mode) noexcept nogil
    cdef bint holds(self, i64 n, i64 side, i64 price, i64 quantity) noexcept nogil
    cdef bint pass_level(self, i64 level, i64 owner, i64 mode) noexcept nogil
    cdef i64 gives(self, i64 slot) noexcept nogil
    cdef bint pass_hidden(self, i64 slot, i64 owner, i64 mode) noexcept nogil
    cdef i64 asks(self, i64 slot) noexcept nogil
    cdef i64 meets(self, i64 n, i64 side, i64 price, i64 quantity) noexcept nogil
