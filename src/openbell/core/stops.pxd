cimport cython
from openbell.core.layouts cimport *
from openbell.core.election cimport Election
from openbell.core.heap cimport Heap
from openbell.core.prices cimport trail_stop


@cython.final
cdef class Stops:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef BookOrder[::1] orders
    cdef StopSide[::1] sides
    cdef Election election
    cdef Heap ladder
    cdef Heap marks
    cdef Heap trails

    cdef void open(self, i64 n) noexcept nogil
    cdef void wait(self, i64 slot, i64 asked, i64 mark, bint percent) noexcept nogil
    cdef void follow_along(self, i64 s, i64 slot, i64 trail, i64 mark) noexcept nogil
    cdef void drop(self, i64 slot) noexcept nogil
    cdef void take_out(self, i64 s, i64 slot) noexcept nogil
    cdef void lead(self, i64 slot, i64 mark) noexcept nogil
    cdef void step_down(self, i64 s, i64 slot) noexcept nogil
    cdef i64 stop_at(self, i64 slot, i64 mark) noexcept nogil
    cdef i64 mark_of(self, i64 slot) noexcept nogil
    cdef i64 stop_of(self, i64 slot) noexcept nogil
    cdef i64 asked_of(self, i64 slot) noexcept nogil
    cdef i64 age_of(self, i64 slot) noexcept nogil
    cdef i64 flags_of(self, i64 slot) noexcept nogil
    cdef void trade(self, i64 n, i64 price, i64 cause) noexcept nogil
    cdef void move_marks(self, i64 n, i64 price) noexcept nogil
    cdef void elect_all(self, i64 n, i64 price, i64 cause) noexcept nogil
    cdef void follow(self, i64 s, i64 side, i64 price) noexcept nogil
    cdef void elect(self, i64 s, i64 price, i64 key) noexcept nogil
    cdef void elect_if_held(self, i64 slot) noexcept nogil
