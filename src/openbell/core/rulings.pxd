cimport cython
from openbell.core.layouts cimport i64, C_BUST, C_KILL, C_LIFT, C_SET_FEES, C_SET_LIMITS, E_OK
from openbell.core.bust cimport Busts
from openbell.core.command cimport Command
from openbell.core.controls cimport Controls
from openbell.core.fees cimport Fees
from openbell.core.kill cimport KillSwitches


@cython.final
cdef class Rulings:
    cdef Command command
    cdef Controls controls
    cdef Fees fees
    cdef KillSwitches kills
    cdef Busts busts

    cdef bint takes(self, i64 kind) noexcept nogil
    cdef i64 apply(self, i64 kind) noexcept nogil
