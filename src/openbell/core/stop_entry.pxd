cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.prices cimport collar_price, trail_stop


@cython.final
cdef class StopEntry:
    cdef Asset[::1] assets
    cdef Ticket[::1] rows
    cdef StopTerms[::1] terms
    cdef NewOrder[::1] order
    cdef Modify[::1] change
    cdef Message[::1] letters
    cdef i64 asked
    cdef i64 limit
    cdef i64 observed

    cdef i64 shape(self) noexcept nogil
    cdef i64 well_formed(self, i64 kind, i64 flags, i64 asked) noexcept nogil
    cdef void begin(self, i64 t) noexcept nogil
    cdef i64 cap(self, i64 t, i64 n) noexcept nogil
    cdef i64 behind_mark(self, i64 t, i64 n, i64 trail) noexcept nogil
    cdef i64 collared(self, i64 t, i64 n, i64 stop) noexcept nogil
    cdef void load(self, i64 t, i64 i) noexcept nogil
    cdef void load_change(self, i64 t, i64 i, i64 cap) noexcept nogil
    cdef bint asks(self, i64 t) noexcept nogil
    cdef bint changes(self, i64 t) noexcept nogil
    cdef i64 new_cap(self, i64 t, i64 price) noexcept nogil
