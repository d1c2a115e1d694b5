cimport cython
from openbell.core.layouts cimport i64, NIL, EV_LEVEL, Scalars, Level, BookOrder, Event, prefetch
from openbell.core.ladder cimport Ladder
from openbell.core.lists cimport Lists
from openbell.core.outbox cimport Outbox
from openbell.core.table cimport Table


@cython.final
cdef class Queue:
    cdef Scalars[::1] scalars
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef Event[::1] events
    cdef readonly Table index
    cdef Ladder ladder
    cdef readonly Lists lists
    cdef Outbox outbox
    cdef public i64 guess

    cdef i64 find(self, i64 order) noexcept nogil
    cdef i64 fresh(self, i64 order, i64 n, i64 side, i64 filled) noexcept nogil
    cdef void append(self, i64 slot, i64 n, i64 side, i64 price, i64 leaves) noexcept nogil
    cdef void wait(self, i64 slot, i64 which, i64 price, i64 leaves) noexcept nogil
    cdef void link(self, i64 slot, i64 level, i64 price, i64 leaves) noexcept nogil
    cdef void unlink(self, i64 slot, i64 level) noexcept nogil
    cdef void remove(self, i64 slot) noexcept nogil
    cdef void move(self, i64 slot, i64 price, i64 leaves) noexcept nogil
    cdef void shrink(self, i64 slot, i64 leaves) noexcept nogil
    cdef void forget(self, i64 slot) noexcept nogil
    cdef void tell(self, i64 n, i64 side, i64 level) noexcept nogil
