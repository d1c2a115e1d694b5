cimport cython
from openbell.core.layouts cimport *
from openbell.core.bands cimport Bands
from openbell.core.hidden cimport Hidden
from openbell.core.ladder cimport Ladder
from openbell.core.prices cimport Prices, collar_price
from openbell.core.rehearsal cimport Rehearsal


@cython.final
cdef class Checks:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Ladder ladder
    cdef Prices prices
    cdef Bands bands
    cdef Hidden hidden
    cdef Rehearsal rehearsal
    cdef public i64 limit
    cdef public i64 observed

    cdef i64 check(self, i64 n, i64 side, i64 order_type, i64 price, i64 quantity) noexcept nogil
    cdef bint has_room(self, i64 n, i64 side, i64 price, i64 leaving) noexcept nogil
    cdef i64 special(self, i64 n, i64 side, i64 price, i64 quantity, i64 flags, i64 display) noexcept nogil
    cdef i64 change(
        self, i64 slot, i64 n, i64 side, bint kept, i64 price, i64 leaves, i64 display
    ) noexcept nogil
    cdef i64 slices(self, i64 n, i64 quantity, i64 display) noexcept nogil
