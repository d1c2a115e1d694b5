from openbell.core.layouts cimport *


cdef i64 body_words(i64 kind) noexcept nogil
