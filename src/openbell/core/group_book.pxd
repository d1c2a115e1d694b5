cimport cython
from openbell.core.layouts cimport *
from openbell.core.books cimport Books
from openbell.core.kin cimport Kin
from openbell.core.legs cimport Legs
from openbell.core.phases cimport Phases
from openbell.core.prices cimport Prices, trail_stop
from openbell.core.stop_checks cimport StopChecks
from openbell.core.stops cimport Stops


@cython.final
cdef class GroupBook:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef BookOrder[::1] orders
    cdef BookExtra[::1] extras
    cdef BookLeg[::1] rows
    cdef LegCount[::1] counts
    cdef Event[::1] events
    cdef Message[::1] inbox
    cdef Message[::1] letters
    cdef Books books
    cdef Phases phases
    cdef StopChecks stop_checks
    cdef Legs legs
    cdef Kin kin
    cdef Stops stops
    cdef Prices prices
    cdef i64 first
    cdef i64 second
    cdef i64 third
    cdef readonly i64 count

    cdef void handle(self, i64 i) noexcept nogil
    cdef i64 at(self, i64 k) noexcept nogil
    cdef void refuse(self, i64 count, i64 bad, i64 code) noexcept nogil
    cdef i64 check(self, i64 i) noexcept nogil
    cdef i64 admit(self, i64 i, i64 before) noexcept nogil
    cdef void accept(self, i64 i, bint child) noexcept nogil
    cdef void begin(self, i64 i) noexcept nogil
    cdef void arm(self, i64 n, i64 slot, i64 mark) noexcept nogil
    cdef bint place(self, i64 n, i64 slot) noexcept nogil
    cdef bint ready(self, i64 n, i64 slot) noexcept nogil
    cdef void clip(self, i64 n, i64 slot) noexcept nogil
    cdef bint grow(self, i64 n, i64 slot) noexcept nogil
