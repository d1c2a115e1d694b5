cimport cython
from openbell.core.layouts cimport *
from openbell.core.books cimport Books
from openbell.core.election cimport Election
from openbell.core.changes cimport Changes
from openbell.core.group_book cimport GroupBook
from openbell.core.phases cimport Phases
from openbell.core.stop_checks cimport StopChecks
from openbell.core.stops cimport Stops


@cython.final
cdef class Floor:
    cdef Instrument[::1] instruments
    cdef BookOrder[::1] orders
    cdef Event[::1] events
    cdef Message[::1] letters
    cdef Message[::1] inbox
    cdef Books books
    cdef readonly Phases phases
    cdef StopChecks stop_checks
    cdef Changes changes
    cdef GroupBook groups
    cdef BookExtra[::1] extras
    cdef readonly Stops stops
    cdef readonly Election election
    cdef i64 slice

    cdef void handle(self, i64 i) noexcept nogil
    cdef void apply(self, i64 i) noexcept nogil
    cdef void enter(self, i64 i) noexcept nogil
    cdef void elect_if_held(self, i64 n, i64 slot) noexcept nogil
    cdef void accept(self, i64 i, i64 slot) noexcept nogil
    cdef i64 trail_of(self, i64 slot) noexcept nogil
    cdef void modify(self, i64 i) noexcept nogil
    cdef void modify_waiting(self, i64 i, i64 slot) noexcept nogil
    cdef void replace(self, i64 i, i64 slot, i64 price, i64 asked, i64 total) noexcept nogil
    cdef void take_turns(self) noexcept nogil
    cdef void turn(self, i64 n, i64 slot) noexcept nogil
    cdef void match(self, i64 n, i64 slot, bint grouped) noexcept nogil
    cdef void use_up(self, i64 slot, bint grouped) noexcept nogil
    cdef bint fillable(self, i64 n, i64 side, i64 price) noexcept nogil
    cdef void finish(self, i64 slot, i64 leaves, i64 reason) noexcept nogil
