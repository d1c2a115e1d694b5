cimport cython
from openbell.core.layouts cimport *
from openbell.core.bands cimport Bands
from openbell.core.channel cimport Channel
from openbell.core.hidden cimport Hidden
from openbell.core.ladder cimport Ladder
from openbell.core.legs cimport Legs
from openbell.core.queue cimport Queue


@cython.final
cdef class BandEnds:
    cdef Level[::1] levels
    cdef Shade[::1] shades
    cdef BookOrder[::1] orders
    cdef Message[::1] letters
    cdef Bands bands
    cdef Ladder ladder
    cdef Queue queue
    cdef Hidden hidden
    cdef Legs legs
    cdef Channel mail

    cdef void run(self, i64 n, i64 cause) noexcept nogil
    cdef void end_beyond(self, i64 n, i64 side, i64 cause) noexcept nogil
