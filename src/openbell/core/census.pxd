from openbell.core.layouts cimport AC_NONE, AC_OPEN, Account, i64


cpdef tuple count_cash(const Account[::1] accounts, i64 stop)
cpdef list find_idle(const Account[::1] accounts, i64 stop, i64 kind, i64 before, i64 limit)
