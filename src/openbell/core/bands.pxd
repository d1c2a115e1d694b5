cimport cython
from openbell.core.layouts cimport *
from openbell.core.ladder cimport Ladder
from openbell.core.outbox cimport Outbox
from openbell.core.prices cimport Prices, collar_width


cdef i64 band_width(i64 tier, i64 close, i64 reference, bint wide, i64 tick) noexcept nogil


@cython.final
cdef class Bands:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Schedule[::1] schedules
    cdef Band[::1] bands
    cdef BandSum[::1] sums
    cdef Event[::1] events
    cdef Ladder ladder
    cdef Prices prices
    cdef Outbox outbox
    cdef bint moved

    cdef i64 clip(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef i64 why_left(self, i64 n, i64 side, i64 price, i64 order_type) noexcept nogil
    cdef bint is_edge(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef void count(self, i64 n, i64 price, i64 now) noexcept nogil
    cdef i64 mean(self, i64 n, i64 slot) noexcept nogil
    cdef void look(self, i64 n, i64 now) noexcept nogil
    cdef void begin(self, i64 n, i64 reference, i64 now) noexcept nogil
    cdef void end(self, i64 n) noexcept nogil
    cdef void restart(self, i64 n, i64 now) noexcept nogil
    cdef void relist(self, i64 n, i64 now) noexcept nogil
    cdef i64 last_print(self, i64 n) noexcept nogil
    cdef void draw(self, i64 n, i64 reference, i64 now) noexcept nogil
    cdef bint is_wide(self, i64 n, i64 now) noexcept nogil
    cdef void settle(self, i64 n, i64 now) noexcept nogil
    cdef i64 due(self, i64 n) noexcept nogil
    cdef void tell(self, i64 n) noexcept nogil
