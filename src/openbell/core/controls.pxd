cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.exposure cimport Exposure
from openbell.core.restrictions cimport Restrictions
from openbell.core.scopes cimport Scopes


@cython.final
cdef class Controls:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Limit[::1] own
    cdef Limit[::1] firms
    cdef Event[::1] events
    cdef Header[::1] head
    cdef SetLimits[::1] change
    cdef Scopes scopes
    cdef Restrictions restrictions
    cdef Exposure exposure
    cdef i64 firms_max
    cdef i64 limit
    cdef i64 observed

    cdef i64 set_limits(self) noexcept nogil
    cdef i64 shape(self, i64 scope) noexcept nogil
    cdef i64 ranges(self) noexcept nogil
    cdef i64 new_firm(self) noexcept nogil
    cdef i64 may_restrict(self) noexcept nogil
    cdef i64 keep_exposure(self, i64 scope) noexcept nogil
    cdef void write(self, Limit[::1] rows, i64 scope) noexcept nogil
