cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.numbers cimport rated, value_up
from openbell.core.outbox cimport Outbox
from openbell.core.table cimport Table
from openbell.core.vault cimport Vault


@cython.final
cdef class Fees:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Limit[::1] limits
    cdef Ticket[::1] rows
    cdef Charge[::1] charges
    cdef Tariff[::1] tariffs
    cdef Event[::1] events
    cdef readonly Table index
    cdef Header[::1] head
    cdef SetFees[::1] change
    cdef Outbox outbox
    cdef Vault vault
    cdef readonly i64 capacity
    cdef i64 limit
    cdef i64 observed

    cdef i64 key(self, i64 tier, i64 n) noexcept nogil
    cdef i64 set_fees(self) noexcept nogil
    cdef i64 shape(self) noexcept nogil
    cdef i64 room(self, i64 key) noexcept nogil
    cdef void tell(self, i64 s) noexcept nogil
    cdef void stamp(self, i64 t) noexcept nogil
    cdef void release(self, i64 t) noexcept nogil
    cdef i64 total(self, i64 t, i64 more, i64 leaves) noexcept nogil
    cdef i64 most(self, i64 t, i64 value, i64 leaves) noexcept nogil
    cdef i64 charge(self, i64 t, i64 value, i64 role) noexcept nogil
