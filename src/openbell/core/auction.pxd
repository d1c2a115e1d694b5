cimport cython
from openbell.core.layouts cimport *
from openbell.core.books cimport Books
from openbell.core.channel cimport Channel
from openbell.core.hidden cimport Hidden
from openbell.core.lists cimport Lists
from openbell.core.numbers cimport value_down
from openbell.core.outbox cimport Outbox
from openbell.core.prices cimport collar_price


@cython.final
cdef class Auction:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef Shade[::1] shades
    cdef BookOrder[::1] orders
    cdef Event[::1] events
    cdef Message[::1] letters
    cdef Books books
    cdef Hidden hidden
    cdef Lists lists
    cdef Outbox outbox
    cdef Channel mail
    # the outcome
    cdef i64 price
    cdef i64 bought
    cdef i64 sold
    cdef LegCount[::1] counts
    cdef bint grouped

    cdef void try_price(self, i64 n, i64 price) noexcept nogil
    cdef i64 size(self, i64 level) noexcept nogil
    cdef i64 size_with_legs(self, i64 level) noexcept nogil
    cdef i64 gives(self, i64 slot) noexcept nogil
    cdef bint is_behind(self, i64 slot, i64 other) noexcept nogil
    cdef void tell_group(self, i64 slot, i64 quantity) noexcept nogil
    cdef i64 market_size(self, i64 level, i64 side, i64 price) noexcept nogil
    cdef bint accepts(self, i64 slot, i64 side, i64 price) noexcept nogil
    cdef i64 volume(self) noexcept nogil
    cdef i64 imbalance(self) noexcept nogil
    cdef void find(self, i64 n, i64 reference) noexcept nogil
    cdef i64 best(self, i64 n, i64 side) noexcept nogil
    cdef i64 worst(self, i64 n, i64 side) noexcept nogil
    cdef bint search(self, i64 n, i64 low, i64 steps, i64 tick, i64 reference) noexcept nogil
    cdef i64 first_tied(self, i64 n, i64 low, i64 step, i64 tick, i64 bought, i64 sold) noexcept nogil
    cdef i64 last_tied(self, i64 n, i64 low, i64 step, i64 last, i64 tick, i64 bought, i64 sold) noexcept nogil
    cdef i64 edge(self, i64 n, i64 side, i64 reference) noexcept nogil
    cdef bint is_far(self, i64 n, i64 reference) noexcept nogil
    cdef void collar(self, i64 n, i64 reference) noexcept nogil
    cdef void uncross(self, i64 n) noexcept nogil
    cdef void trade_all(self, i64 n, i64 left) noexcept nogil
    cdef i64 first(self, i64 n, i64 side) noexcept nogil
    cdef i64 from_here(self, i64 n, i64 side, i64 slot) noexcept nogil
    cdef i64 head(self, i64 n, i64 side) noexcept nogil
    cdef i64 front(self, i64 level) noexcept nogil
    cdef i64 after(self, i64 n, i64 side, i64 slot) noexcept nogil
    cdef void finish(self, i64 n, i64 side, i64 slot) noexcept nogil
    cdef void leave(self, i64 n, i64 side, i64 slot) noexcept nogil
    cdef void trade(self, i64 n, i64 buyer, i64 seller, i64 quantity) noexcept nogil
    cdef i64 lower(self, i64 slot, i64 quantity) noexcept nogil
    cdef void fill(self, i64 n, i64 slot, i64 other, i64 quantity, i64 value, i64 trade) noexcept nogil
    cdef i64 letter(self, i64 n, i64 slot, i64 kind) noexcept nogil
    cdef void end(self, i64 n, i64 slot) noexcept nogil
    cdef void end_list(self, i64 n, i64 which) noexcept nogil
    cdef void end_auction_only(self, i64 n, i64 side) noexcept nogil
    cdef void end_crossing(self, i64 n, i64 side) noexcept nogil
