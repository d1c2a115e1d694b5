from openbell.core.layouts cimport i64, i128, QUANTITY_SCALE, EASY, CASH_TOP, MILLION


cdef i64 value_down(i64 price, i64 quantity) noexcept nogil
cdef i64 value_up(i64 price, i64 quantity) noexcept nogil
cdef i64 share_of(i64 total, i64 part, i64 whole) noexcept nogil
cdef i64 rated(
    i64 making, i64 maker, i64 taking, i64 taker, i64 auctioned, i64 auction, i64 more, i64 dearest
) noexcept nogil
cdef i64 lots_for(i64 cash, i64 price, i64 lot) noexcept nogil
