cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.exposure cimport Exposure
from openbell.core.fees cimport Fees
from openbell.core.groups cimport Groups
from openbell.core.numbers cimport value_up
from openbell.core.outbox cimport Outbox
from openbell.core.requests cimport Requests
from openbell.core.tickets cimport Tickets
from openbell.core.timers cimport Timers
from openbell.core.vault cimport Vault


@cython.final
cdef class Accounts:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Asset[::1] assets
    cdef Holding[::1] holdings
    cdef Ticket[::1] rows
    cdef Alarm[::1] alarms
    cdef OrderTerms[::1] terms
    cdef StopTerms[::1] stop_terms
    cdef Answer[::1] answers
    cdef Event[::1] events
    cdef Message[::1] mail
    cdef Command command
    cdef Outbox outbox
    cdef Tickets tickets
    cdef Requests requests
    cdef Vault vault
    cdef Timers timers
    cdef Exposure exposure
    cdef Fees fees
    cdef Groups groups
    cdef i64 fee
    cdef Deal[::1] deals
    cdef i64 recent
    cdef public i64 closing

    cdef i64 need(self, i64 t, i64 price, i64 leaves) noexcept nogil
    cdef void reserve(self, i64 t, i64 amount) noexcept nogil
    cdef void handle(self, i64 i) noexcept nogil
    cdef void fill(self, i64 i, i64 t) noexcept nogil
    cdef void note_deal(self, i64 i, i64 side, i64 fee) noexcept nogil
    cdef void end(self, i64 i, i64 t) noexcept nogil
    cdef void refused(self, i64 i, i64 t) noexcept nogil
    cdef void reject(self, i64 t, i64 code, i64 limit, i64 observed) noexcept nogil
    cdef void elected(self, i64 i, i64 t) noexcept nogil
    cdef void priced(self, i64 i, i64 t) noexcept nogil
    cdef void modified(self, i64 i, i64 t) noexcept nogil
    cdef void display(self, i64 t, i64 display) noexcept nogil
    cdef void reduced(self, i64 i, i64 t) noexcept nogil
    cdef void not_modified(self, i64 i, i64 t) noexcept nogil
    cdef void settle_reserve(self, i64 t, i64 leaves) noexcept nogil
    cdef void over(self, i64 t) noexcept nogil
    cdef void leave(self, i64 t) noexcept nogil
    cdef void touch(self, i64 t) noexcept nogil
    cdef i64 event(self, i64 kind, i64 t) noexcept nogil
    cdef bint answers_now(self, i64 i) noexcept nogil
    cdef void answer(self, i64 t) noexcept nogil
    cdef bint working(self, i64 t) noexcept nogil
