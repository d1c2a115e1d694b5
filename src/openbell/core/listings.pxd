cimport cython
from openbell.core.layouts cimport *
from openbell.core.bands cimport Bands
from openbell.core.books cimport Books
from openbell.core.command cimport Command
from openbell.core.dates cimport business_day_after
from openbell.core.outbox cimport Outbox
from openbell.core.phases cimport Phases
from openbell.core.scopes cimport Scopes


@cython.final
cdef class Listings:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Schedule[::1] schedules
    cdef Asset[::1] assets
    cdef Answer[::1] answers
    cdef Event[::1] events
    cdef Header[::1] head
    cdef List[::1] listing
    cdef SetListing[::1] change
    cdef Limit[::1] listed
    cdef Scopes scopes
    cdef Command command
    cdef Outbox outbox
    cdef Books books
    cdef Bands bands
    cdef Phases phases
    cdef i64 capacity
    cdef i64 limit
    cdef i64 observed

    cdef i64 list(self) noexcept nogil
    cdef void set_tier(self, i64 n, i64 tier) noexcept nogil
    cdef i64 may_list(self) noexcept nogil
    cdef bint is_symbol(self) noexcept nogil
    cdef i64 well_formed(self) noexcept nogil
    cdef i64 set_listing(self) noexcept nogil
    cdef i64 may_change(self, i64 n) noexcept nogil
    cdef void tell_change(self, i64 n) noexcept nogil
    cdef i64 known(self, i64 n) noexcept nogil
    cdef i64 suspend(self, i64 kind) noexcept nogil
    cdef i64 phase(self) noexcept nogil
    cdef i64 day_roll(self) noexcept nogil
    cdef void fix_close(self, i64 n, i64 date) noexcept nogil
    cdef void tell_day(self) noexcept nogil
    cdef i64 tell(self, i64 n, i64 status) noexcept nogil
