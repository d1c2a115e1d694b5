cimport cython
from openbell.core.layouts cimport *
from openbell.core.command cimport Command
from openbell.core.numbers cimport value_down
from openbell.core.outbox cimport Outbox
from openbell.core.vault cimport Vault


@cython.final
cdef class Treasury:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Asset[::1] assets
    cdef Holding[::1] holdings
    cdef Answer[::1] answers
    cdef Event[::1] events
    cdef Header[::1] head
    cdef Command command
    cdef Outbox outbox
    cdef Vault vault
    cdef i64 accounts_max
    cdef i64 limit
    cdef i64 observed

    cdef bint exists(self, i64 a) noexcept nogil
    cdef i64 usable(self, i64 a) noexcept nogil
    cdef i64 afford(self, i64 a, i64 amount) noexcept nogil
    cdef i64 settled(self, i64 a, i64 amount) noexcept nogil
    cdef i64 same_realm(self, i64 wanted, i64 found) noexcept nogil
    cdef void blank(self, i64 a, i64 kind, i64 realm) noexcept nogil
    cdef i64 open(self) noexcept nogil
    cdef i64 may_open(self, i64 kind, i64 realm, i64 grant, i64 source) noexcept nogil
    cdef i64 deposit(self) noexcept nogil
    cdef i64 withdraw(self) noexcept nogil
    cdef i64 transfer(self) noexcept nogil
    cdef i64 may_transfer(self, i64 a, i64 b, i64 cash, i64 quantity) noexcept nogil
    cdef i64 may_give(self, i64 a, i64 b, i64 n, i64 quantity) noexcept nogil
    cdef i64 issue(self) noexcept nogil
    cdef i64 may_issue(self, i64 a, i64 n, i64 quantity, i64 price) noexcept nogil
    cdef i64 lock(self, i64 kind) noexcept nogil
    cdef i64 close(self) noexcept nogil
    cdef void finish(self, i64 a) noexcept nogil
    cdef void hand_over(self, i64 a, i64 b, i64 h) noexcept nogil
    cdef void move_cash(self, i64 a, i64 b, i64 amount, i64 why) noexcept nogil
    cdef void move_shares(self, i64 a, i64 b, i64 n, i64 quantity, i64 why) noexcept nogil
    cdef void tell_cash(self, i64 a, i64 amount, i64 other, i64 why) noexcept nogil
    cdef void tell_shares(self, i64 a, i64 n, i64 quantity, i64 cost, i64 other, i64 why) noexcept nogil
    cdef void tell_account(self, i64 a) noexcept nogil
