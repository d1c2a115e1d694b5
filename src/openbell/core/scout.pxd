cimport cython
from openbell.core.layouts cimport *
from openbell.core.ladder cimport Ladder
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
    cdef Level[::1] levels
    cdef Request[::1] asked
    cdef Answer[::1] kept
    cdef Mark[::1] marks
    cdef const u64[::1] source
    cdef Tickets tickets
    cdef Requests requests
    cdef Vault vault
    cdef Queue queue
    cdef Ladder ladder
    cdef u64 shard
    cdef i64 far
    cdef i64 stop
    cdef i64 count
    cdef i64 old
    cdef i64 newest

    cdef void begin(self, i64 at, i64 stop) noexcept nogil
    cdef void step(self) noexcept nogil
    cdef void suggest(self, i64 m) noexcept nogil
    cdef void owner(self, i64 ticket, i64 account) noexcept nogil
    cdef void fresh(self) noexcept nogil
    cdef void empty(self) noexcept nogil
    cdef void cells(self, i64 number) noexcept nogil
    cdef void records(self, i64 number) noexcept nogil
    cdef void links(self, i64 number) noexcept nogil
    cdef void beside(self, i64 ticket, bint holding) noexcept nogil
    cdef void aim(self, i64 m) noexcept nogil
    cdef void makers(self, i64 number) noexcept nogil
    cdef void owners(self, i64 number) noexcept nogil
    cdef void oldest(self) noexcept nogil
