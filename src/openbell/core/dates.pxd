from openbell.core.layouts cimport i64, DAY_NS


cdef i64 month_days(i64 year, i64 month) noexcept nogil
cdef bint is_date(i64 date) noexcept nogil
cdef i64 day_after(i64 date) noexcept nogil
cdef bint is_weekend(i64 date) noexcept nogil
cpdef i64 date_of(i64 ts) noexcept nogil
cpdef i64 business_day_after(i64 date) noexcept nogil
