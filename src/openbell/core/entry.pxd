cimport cython
from openbell.core.layouts cimport *
from openbell.core.accounts cimport Accounts
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.limits cimport Limits
from openbell.core.notional cimport Notional
from openbell.core.numbers cimport value_down, value_up
from openbell.core.prices cimport collar_price
from openbell.core.requests cimport Requests
from openbell.core.sessions cimport Sessions
from openbell.core.sizes cimport Sizes
from openbell.core.stop_entry cimport StopEntry
from openbell.core.terms cimport Terms
from openbell.core.tickets cimport Tickets
from openbell.core.vault cimport Vault


@cython.final
cdef class Entry:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Asset[::1] assets
    cdef Holding[::1] holdings
    cdef Ticket[::1] rows
    cdef Charge[::1] charges
    cdef Header[::1] head
    cdef NewOrder[::1] order
    cdef Modify[::1] change
    cdef Message[::1] letters
    cdef Command command
    cdef Tickets tickets
    cdef Requests requests
    cdef Vault vault
    cdef Accounts machine
    cdef Terms terms
    cdef Channel post
    cdef Limits limits
    cdef Sessions sessions
    cdef i64 watched
    cdef StopEntry stop_entry
    cdef Notional notional
    cdef Sizes sizes
    cdef i64 limit
    cdef i64 observed

    cdef i64 new(self, i64 order, u64 body) noexcept nogil
    cdef i64 examine(self, i64 t, i64 n) noexcept nogil
    cdef i64 ticket(self, i64 order, i64 a, i64 n, u64 body) noexcept nogil
    cdef i64 shape(self) noexcept nogil
    cdef i64 extras(self) noexcept nogil
    cdef i64 cap(self, i64 t, i64 n) noexcept nogil
    cdef i64 allowed(self, i64 a, i64 n) noexcept nogil
    cdef i64 explained(self, i64 code) noexcept nogil
    cdef i64 screened(self, i64 t, i64 price, i64 leaves) noexcept nogil
    cdef i64 sized(self, i64 code) noexcept nogil
    cdef i64 hold(self, i64 t, i64 a, i64 n) noexcept nogil
    cdef i64 covered(self, i64 side, i64 a, i64 h, i64 amount) noexcept nogil
    cdef void send(self, i64 t) noexcept nogil
    cdef i64 own(self, u64 order) noexcept nogil
    cdef i64 cancel(self, u64 order) noexcept nogil
    cdef void send_cancel(self, i64 t, i64 reason) noexcept nogil
    cdef i64 modify(self) noexcept nogil
    cdef i64 change_shape(self, i64 t, i64 price, i64 total) noexcept nogil
    cdef i64 change_allowed(self, i64 t, i64 price, i64 total) noexcept nogil
    cdef i64 change_large_enough(self, i64 t, i64 price, i64 total) noexcept nogil
    cdef void send_modify(self, i64 t, i64 price, i64 cap, i64 total) noexcept nogil
