cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.limits cimport Limits
from openbell.core.outbox cimport Outbox


@cython.final
cdef class Scopes:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Asset[::1] assets
    cdef Limit[::1] own
    cdef Limit[::1] listed
    cdef Event[::1] events
    cdef Header[::1] head
    cdef Outbox outbox
    cdef Limits limits
    cdef i64 limit
    cdef i64 observed

    cdef i64 within(self, i64 scope, i64 firms) noexcept nogil
    cdef i64 account(self) noexcept nogil
    cdef i64 number(self, i64 scope) noexcept nogil
    cdef void watch_account(self, i64 a) noexcept nogil
    cdef void watch_venue(self) noexcept nogil
    cdef void watch_instrument(self, i64 n) noexcept nogil
    cdef i64 tell(self, i64 kind, i64 scope) noexcept nogil
