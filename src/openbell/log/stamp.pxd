import cython

from openbell.core.layouts cimport COMMAND_LENGTH_MAX, LAYOUT_VERSION, Header, i64, u32, u64
from openbell.log.crc cimport of_record


@cython.locals(at=i64, length=i64, head="Header *")
cpdef u64 stamp(unsigned char[::1] buf, i64 start, i64 stop, u64 seq, i64 ts, u32 term)

@cython.locals(at=i64, length=i64, head="const Header *")
cpdef tuple check(const unsigned char[::1] buf, i64 start, i64 stop, u64 seq)
