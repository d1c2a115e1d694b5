cimport cython
from openbell.core.layouts cimport i64, NIL, Scalars, Restriction
from openbell.core.table cimport Table


@cython.final
cdef class Restrictions:
    cdef Scalars[::1] scalars
    cdef Restriction[::1] rows
    cdef readonly Table index
    cdef readonly i64 capacity

    cdef i64 key(self, i64 scope, i64 number, i64 n) noexcept nogil
    cdef bint holds(self, i64 scope, i64 number, i64 n) noexcept nogil
    cdef bint has_room(self) noexcept nogil
    cdef i64 add(self, i64 scope, i64 number, i64 n) noexcept nogil
    cdef i64 drop(self, i64 scope, i64 number, i64 n) noexcept nogil
