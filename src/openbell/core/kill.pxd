cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.delivery cimport Delivery
from openbell.core.scopes cimport Scopes


@cython.final
cdef class KillSwitches:
    cdef Scalars[::1] scalars
    cdef Limit[::1] own
    cdef Limit[::1] firms
    cdef Limit[::1] listed
    cdef Answer[::1] answers
    cdef Event[::1] events
    cdef Header[::1] head
    cdef Kill[::1] switch
    cdef Command command
    cdef Scopes scopes
    cdef Delivery delivery
    cdef i64 limit
    cdef i64 observed

    cdef i64 set_switch(self, bint on) noexcept nogil
    cdef bint is_set(self, i64 scope) noexcept nogil
    cdef void throw(self, i64 scope, bint on) noexcept nogil
    cdef i64 sweep(self, i64 scope) noexcept nogil
