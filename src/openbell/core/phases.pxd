cimport cython
from openbell.core.layouts cimport *
from openbell.core.auction cimport Auction
from openbell.core.books cimport Books
from openbell.core.channel cimport Channel
from openbell.core.lists cimport Lists
from openbell.core.outbox cimport Outbox
from openbell.core.spending cimport Spending


@cython.final
cdef class Phases:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Schedule[::1] schedules
    cdef Level[::1] levels
    cdef Shade[::1] shades
    cdef BookOrder[::1] orders
    cdef Event[::1] events
    cdef Message[::1] inbox
    cdef Message[::1] letters
    cdef Books books
    cdef Auction auction
    cdef Spending spending
    cdef Lists lists
    cdef Outbox outbox
    cdef i64 wake

    cdef void handle(self, i64 i) noexcept nogil
    cdef void enter(self, i64 i, i64 n) noexcept nogil
    cdef i64 take(self, i64 n, i64 tif) noexcept nogil
    cdef void collect(self, i64 slot, i64 price, i64 leaves) noexcept nogil
    cdef void tell_status(self, i64 n, i64 slot, i64 status) noexcept nogil
    cdef i64 until(self, i64 n) noexcept nogil
    cdef void begin(self, i64 i, i64 n) noexcept nogil
    cdef void resume(self, i64 n) noexcept nogil
    cdef void call(self, i64 n, i64 target) noexcept nogil
    cdef void end_call(self, i64 n, i64 due) noexcept nogil
    cdef void settle_band(self, i64 n) noexcept nogil
    cdef void rewind(self) noexcept nogil
    cdef void move(self, i64 n, i64 to) noexcept nogil
    cdef void band(self, i64 n, i64 to) noexcept nogil
    cdef bint uncross(self, i64 n, i64 before, i64 to) noexcept nogil
    cdef void reach_stops(self, i64 n, i64 to) noexcept nogil
    cdef bint collects(self, i64 phase) noexcept nogil
    cdef void open_pending(self, i64 n) noexcept nogil
    cdef void open_queue(self, i64 n, i64 slot) noexcept nogil
    cdef void release(self, i64 n) noexcept nogil
    cdef void tick(self) noexcept nogil
    cdef void tell_auction(self, i64 n, i64 reference, i64 now) noexcept nogil
    cdef void tell(self, i64 n, i64 before) noexcept nogil
