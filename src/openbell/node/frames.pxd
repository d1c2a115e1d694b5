import cython

from cpython.bytearray cimport PyByteArray_FromStringAndSize
from libc.string cimport memcpy

from openbell.core.layouts cimport (
    BLOB_LENGTH_MAX,
    COMMAND_LENGTH_MAX,
    E_BAD_RECORD,
    E_OK,
    E_TOO_LATE,
    LAYOUT_VERSION,
    Answer,
    Header,
    i64,
    u32,
    u64,
)

ctypedef unsigned char byte


cdef u32 word(const byte[::1] data, i64 at) noexcept nogil
cdef u64 double_word(const byte[::1] data, i64 at) noexcept nogil
cdef void put_word(byte[::1] data, i64 at, u32 value) noexcept nogil
cdef void put_double_word(byte[::1] data, i64 at, u64 value) noexcept nogil
cdef void put_bytes(byte[::1] data, i64 at, const byte[::1] source, i64 start, i64 size) noexcept nogil
cdef bytearray blank(i64 size)
cdef i64 events_of(const byte[::1] answers, i64 n) noexcept nogil

@cython.locals(body=i64, blob=i64, padding=i64, head="const Header *")
cdef i64 shape(const byte[::1] data, i64 at, i64 size, const i64[::1] bodies) noexcept nogil

@cython.locals(size=i64, length=i64, verdict=i64, until=i64, head="Header *")
cpdef tuple take_commands(
    const byte[::1] data, i64 at, i64 stop, byte[::1] out, i64 used,
    u64[::1] numbers, i64 count, const i64[::1] bodies, u32 source, i64 now)

@cython.locals(at=i64, count=i64, length=i64)
cpdef tuple cut(const byte[::1] data, i64 start, i64 stop, i64 size, i64 most)

@cython.locals(made=bytearray, view=cython.uchar[::1], i=i64, at=i64)
cpdef bytearray frame_answers(const byte[::1] answers, i64 first, i64 count, const u64[::1] numbers, i64 number)

@cython.locals(
    made=bytearray, view=cython.uchar[::1], size=i64, scan=i64, n=i64, length=i64, count=i64, to=i64)
cpdef tuple pack_units(
    const byte[::1] batch, i64 at, i64 stop, const byte[::1] answers, i64 a, const byte[::1] events, i64 e,
    i64 limit)
