cimport cython
from openbell.core.layouts cimport *


@cython.final
cdef class Command:
    cdef object desk
    cdef u64[::1] words
    cdef Header[::1] head
    cdef List[::1] listing
    cdef Issue[::1] issue
    cdef OpenAccount[::1] open_account
    cdef Amount[::1] amount
    cdef Transfer[::1] transfer
    cdef Close[::1] close
    cdef NewOrder[::1] new_order
    cdef NewGroup[::1] new_group
    cdef Cancel[::1] cancel
    cdef Modify[::1] modify
    cdef CancelAll[::1] cancel_all
    cdef SetListing[::1] set_listing
    cdef Session[::1] session
    cdef Bust[::1] bust
    cdef SetFees[::1] set_fees
    cdef SetLimits[::1] set_limits
    cdef Kill[::1] kill
    cdef Phase[::1] phase
    cdef DayRoll[::1] day_roll
    cdef Answer[::1] answers
    cdef i64 shard
    cdef public i64 count
    cdef i64 size
    cdef readonly i64 capacity
    cdef i64 room

    cdef i64 load(self, const u64[::1] source, i64 at, i64 stop) noexcept nogil
    cdef i64 check(self, i64 body_words) noexcept nogil
    cdef bint explained(self, i64 kind) noexcept nogil
    cdef u64 reserved(self, i64 kind) noexcept nogil
    cdef u64 text(self, i64 body_words, i64 i) noexcept nogil
    cdef u64 body_hash(self) noexcept nogil
    cdef i64 begin(self) noexcept nogil
    cdef void fail(self, i64 code, i64 limit, i64 observed) noexcept nogil
