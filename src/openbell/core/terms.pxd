cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.stop_entry cimport StopEntry
from openbell.core.timers cimport Timers


@cython.final
cdef class Terms:
    cdef Scalars[::1] scalars
    cdef OrderTerms[::1] terms
    cdef Ticket[::1] rows
    cdef Alarm[::1] alarms
    cdef Header[::1] head
    cdef NewOrder[::1] order
    cdef Modify[::1] desk
    cdef Timers timers
    cdef StopEntry stops
    cdef public i64 flags
    cdef readonly i64 limit
    cdef readonly i64 observed

    cdef i64 shape(self) noexcept nogil
    cdef i64 shape_notional(self) noexcept nogil
    cdef i64 shape_display(self) noexcept nogil
    cdef i64 display(self, i64 t) noexcept nogil
    cdef bint rests(self) noexcept nogil
    cdef bint changes(self, i64 kind) noexcept nogil
    cdef i64 change(self, i64 t, i64 total) noexcept nogil
    cdef i64 change_display(self, i64 t, i64 total, i64 display) noexcept nogil
    cdef i64 shape_flags(self) noexcept nogil
    cdef i64 shape_expiry(self) noexcept nogil
    cdef void keep(self, i64 t) noexcept nogil
    cdef void start(self, i64 t) noexcept nogil
    cdef void restart(self) noexcept nogil
    cdef bint works(self, i64 t) noexcept nogil
