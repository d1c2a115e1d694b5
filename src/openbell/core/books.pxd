cimport cython
from openbell.core.layouts cimport *
from openbell.core.band_ends cimport BandEnds
from openbell.core.bands cimport Bands
from openbell.core.channel cimport Channel
from openbell.core.election cimport Election
from openbell.core.checks cimport Checks
from openbell.core.hidden cimport Hidden
from openbell.core.ladder cimport Ladder
from openbell.core.legs cimport Legs
from openbell.core.numbers cimport value_down
from openbell.core.outbox cimport Outbox
from openbell.core.prices cimport Prices
from openbell.core.queue cimport Queue
from openbell.core.rehearsal cimport Rehearsal
from openbell.core.selftrade cimport SelfTrade
from openbell.core.stops cimport Stops


@cython.final
cdef class Books:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Event[::1] events
    cdef Message[::1] inbox
    cdef Message[::1] letters
    cdef readonly Ladder ladder
    cdef readonly Prices prices
    cdef readonly Queue queue
    cdef Shade[::1] shades
    cdef BookExtra[::1] extras
    cdef readonly Hidden hidden
    cdef Rehearsal rehearsal
    cdef readonly Bands bands
    cdef readonly Checks checks
    cdef SelfTrade selftrade
    cdef readonly BandEnds band_ends
    cdef readonly Legs legs
    cdef readonly Election election
    cdef readonly Stops stops
    cdef Outbox outbox
    cdef Channel mail
    cdef i64 shard
    cdef public i64 time
    cdef i64 cause
    # the incoming order
    cdef i64 taker
    cdef i64 taker_ref
    cdef i64 taker_account
    cdef i64 owner
    cdef i64 mode
    cdef i64 cut
    cdef i64 leaves
    cdef i64 leg  # its slot, if it is a leg of a group, else NIL
    cdef i64 beyond  # of a child that is the incoming order: what it waits for
    cdef i64 filled

    cdef bint handle(self, i64 i) noexcept nogil
    cdef void enter(self, i64 i) noexcept nogil
    cdef i64 slot(self, i64 i, i64 n, i64 side) noexcept nogil
    cdef void cancel(self, i64 i) noexcept nogil
    cdef void match(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef i64 sweep(self, i64 n, i64 side, i64 level, i64 at) noexcept nogil
    cdef void sweep_hidden(self, i64 n, i64 side, i64 level, i64 at) noexcept nogil
    cdef void hit_hidden(self, i64 n, i64 side, i64 maker, i64 level, i64 at) noexcept nogil
    cdef bint meet_own(self, i64 maker, i64 level) noexcept nogil
    cdef void trade(self, i64 n, i64 side, i64 maker, i64 price, i64 quantity) noexcept nogil
    cdef void fill(
        self, i64 n, i64 side, i64 maker, i64 price, i64 quantity, i64 value, i64 trade, i64 left
    ) noexcept nogil
    cdef void note_leaves(self) noexcept nogil
    cdef void forget(self, i64 slot) noexcept nogil
    cdef bint rests(self, i64 i) noexcept nogil
    cdef void take_on(self, i64 i) noexcept nogil
    cdef void stand(self, i64 n, i64 owner, i64 flags) noexcept nogil
    cdef void end_cut(self, i64 i) noexcept nogil
    cdef void accept(self, i64 i, i64 n, i64 side, i64 price) noexcept nogil
    cdef void reprice(self, i64 i, i64 price) noexcept nogil
    cdef i64 reply(self, i64 i, i64 kind) noexcept nogil
    cdef void end(self, i64 i, i64 reason) noexcept nogil
    cdef void refuse(self, i64 i, i64 kind, i64 code) noexcept nogil
    cdef void publish(self, i64 n) noexcept nogil
