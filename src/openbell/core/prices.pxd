cimport cython
from openbell.core.layouts cimport i64, BUY, SELL, IN_CONTINUOUS, BASIS, PRICE_MAX, PROTECTIONS_OFF, Scalars, Instrument, Level
from openbell.core.ladder cimport Ladder


cdef i64 collar_width(i64 price, i64 basis_points, i64 tick) noexcept nogil
cdef i64 collar_price(i64 side, i64 price, i64 basis_points, i64 tick) noexcept nogil

cdef i64 trail_stop(i64 side, i64 mark, i64 trail, bint percent, i64 tick) noexcept nogil


@cython.final
cdef class Prices:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef Ladder ladder

    cdef i64 best_price(self, i64 n, i64 side) noexcept nogil
    cdef i64 reference(self, i64 n) noexcept nogil
    cdef i64 near_close(self, i64 n, i64 price) noexcept nogil
    cdef void print_trade(self, i64 n, i64 price, i64 quantity, i64 value, i64 now, bint eligible) noexcept nogil
