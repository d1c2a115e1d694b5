cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.outbox cimport Outbox
from openbell.core.treasury cimport Treasury
from openbell.core.vault cimport Vault


@cython.final
cdef class Busts:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Holding[::1] holdings
    cdef Deal[::1] deals
    cdef Event[::1] events
    cdef Header[::1] head
    cdef Bust[::1] order
    cdef Outbox outbox
    cdef Treasury treasury
    cdef Vault vault
    cdef i64 recent
    cdef i64 limit
    cdef i64 observed
    cdef i64 lent

    cdef i64 bust(self) noexcept nogil
    cdef i64 party(self, i64 a) noexcept nogil
    cdef i64 lacking(self, i64 d, i64 b) noexcept nogil
    cdef bint has_room(self, i64 d, i64 b, i64 s, i64 lacking) noexcept nogil
    cdef void post(self, i64 d, i64 b, i64 s, i64 lacking) noexcept nogil
    cdef void unsettle(self, i64 d, i64 s) noexcept nogil
    cdef void pay(self, i64 giver, i64 taker, i64 amount) noexcept nogil
    cdef void give(self, i64 d, i64 b, i64 s, i64 lacking) noexcept nogil
    cdef void move(self, i64 giver, i64 taker, i64 amount) noexcept nogil
    cdef void traded(self, i64 giver, i64 taker, i64 n, i64 quantity) noexcept nogil
