cimport cython
from openbell.core.layouts cimport *
from openbell.core.channel cimport Channel
from openbell.core.election cimport Election
from openbell.core.hidden cimport Hidden
from openbell.core.kin cimport Kin
from openbell.core.queue cimport Queue
from openbell.core.stops cimport Stops


@cython.final
cdef class Legs:
    cdef Scalars[::1] scalars
    cdef Instrument[::1] instruments
    cdef Level[::1] levels
    cdef BookOrder[::1] orders
    cdef BookExtra[::1] extras
    cdef BookLeg[::1] legs
    cdef LegCount[::1] counts
    cdef Message[::1] letters
    cdef Queue queue
    cdef Hidden hidden
    cdef Stops stops
    cdef Election election
    cdef Channel mail
    cdef Kin kin

    cdef void hit(self, i64 maker, i64 quantity, i64 cause, i64 level) noexcept nogil
    cdef void traded(self, i64 slot, i64 quantity, i64 cause, i64 level) noexcept nogil
    cdef void decremented(self, i64 slot, i64 by, i64 cause, i64 level) noexcept nogil
    cdef void emptied(self, i64 slot, i64 cause, i64 level) noexcept nogil
    cdef void spent(self, i64 slot, i64 before, i64 filled, i64 cause) noexcept nogil
    cdef void release(self, i64 parent) noexcept nogil
    cdef void lower(self, i64 slot, i64 by, i64 cause, i64 level) noexcept nogil
    cdef void show(self, i64 slot, i64 shown, i64 level) noexcept nogil
    cdef void shrink_children(self, i64 parent, i64 by, i64 cause, i64 level) noexcept nogil
    cdef void shrink(self, i64 child, i64 by, i64 cause, i64 level) noexcept nogil
    cdef void tell_left(self, i64 slot, i64 left, i64 cause) noexcept nogil
    cdef void end(self, i64 slot, i64 cause, i64 level) noexcept nogil
    cdef void take_out(self, i64 slot, i64 level) noexcept nogil
    cdef void unlink(self, i64 slot, i64 level) noexcept nogil
    cdef void forget(self, i64 slot, i64 cause, i64 level) noexcept nogil
    cdef void again(self, i64 slot, i64 price) noexcept nogil
    cdef i64 letter(self, i64 kind, i64 slot, i64 cause) noexcept nogil
