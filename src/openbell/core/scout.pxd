cimport cython
from openbell.core.layouts cimport *
from openbell.core.queue cimport Queue
from openbell.core.requests cimport Requests, fingerprint
from openbell.core.tickets cimport Tickets
from openbell.core.vault cimport Vault


@cython.final
cdef class Scout:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Holding[::1] holdings
    cdef Ticket[::1] rows
    cdef BookOrder[::1] orders
    cdef Answer[::1] kept
    cdef const u64[::1] source
    cdef Tickets tickets
    cdef Requests requests
    cdef Vault vault
    cdef Queue queue
    cdef i64 far
    cdef i64 near
    cdef i64 stop

    cdef void begin(self, i64 at, i64 stop) noexcept nogil
    cdef void step(self) noexcept nogil
    cdef void owner(self, i64 ticket, i64 account) noexcept nogil
    cdef i64 after(self, i64 at) noexcept nogil
    cdef i64 look_far(self, i64 at) noexcept nogil
    cdef i64 look_near(self, i64 at) noexcept nogil
