cimport cython
from openbell.core.layouts cimport *
from openbell.core.bust cimport Busts
from openbell.core.command cimport Command
from openbell.core.controls cimport Controls
from openbell.core.delivery cimport Delivery
from openbell.core.fees cimport Fees
from openbell.core.kill cimport KillSwitches
from openbell.core.sessions cimport Sessions


@cython.final
cdef class Rulings:
    cdef Command command
    cdef Controls controls
    cdef Fees fees
    cdef KillSwitches kills
    cdef Busts busts
    cdef Sessions sessions
    cdef Delivery delivery

    cdef bint takes(self, i64 kind) noexcept nogil
    cdef i64 apply(self, i64 kind) noexcept nogil
    cdef i64 session(self) noexcept nogil
