cimport cython
from openbell.core.layouts cimport i64, NIL, BUY, CLEARING_ACCOUNT, FEE_ACCOUNT, Scalars, Account, Asset, Holding
from openbell.core.numbers cimport share_of
from openbell.core.table cimport Table


@cython.final
cdef class Vault:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Asset[::1] assets
    cdef Holding[::1] holdings
    cdef readonly Table index
    cdef readonly i64 capacity

    cdef void roll(self, i64 a) noexcept nogil
    cdef void roll_holding(self, i64 h) noexcept nogil
    cdef i64 find(self, i64 a, i64 n) noexcept nogil
    cdef i64 open(self, i64 a, i64 n) noexcept nogil
    cdef void drop(self, i64 h) noexcept nogil
    cdef void pay(self, i64 a, i64 amount) noexcept nogil
    cdef void give(self, i64 h, i64 quantity, i64 cost) noexcept nogil
    cdef i64 cost_of(self, i64 h, i64 quantity) noexcept nogil
    cdef void charge(self, i64 a, i64 side, i64 fee) noexcept nogil
    cdef i64 withdrawable(self, i64 a) noexcept nogil
    cdef void settle(self, i64 a, i64 h, i64 side, i64 quantity, i64 value) noexcept nogil
