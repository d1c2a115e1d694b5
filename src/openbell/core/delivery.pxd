cimport cython
from openbell.core.layouts cimport *
from openbell.core.accounts cimport Accounts
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.election cimport Election
from openbell.core.entry cimport Entry
from openbell.core.floor cimport Floor
from openbell.core.phases cimport Phases
from openbell.core.scout cimport Scout
from openbell.core.sessions cimport Sessions
from openbell.core.timers cimport Timers
from openbell.core.treasury cimport Treasury


@cython.final
cdef class Delivery:
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Ticket[::1] rows
    cdef Alarm[::1] alarms
    cdef Asset[::1] assets
    cdef Header[::1] head
    cdef Command command
    cdef Phases phases
    cdef Floor floor
    cdef Election election
    cdef Message[::1] letters
    cdef Accounts machine
    cdef Entry entry
    cdef Treasury treasury
    cdef Scout scout
    cdef Timers timers
    cdef Sessions sessions
    cdef Channel post
    cdef Channel mail
    cdef i64 slice
    cdef i64 tickets
    cdef public i64 delay
    cdef readonly i64 fault

    cdef void run(self, i64 until) noexcept nogil
    cdef void cascade(self, i64 until) noexcept nogil
    cdef bint settle(self, i64 until) noexcept nogil
    cdef i64 cancel(self, i64 account, i64 n, i64 side, i64 reason) noexcept nogil
    cdef i64 sweep(
        self, i64 first, i64 last, i64 firm, i64 session, i64 n, i64 side, i64 reason
    ) noexcept nogil
    cdef i64 end_session(self, i64 s, i64 what) noexcept nogil
    cdef void expire(self) noexcept nogil
    cdef void fire(self, i64 now) noexcept nogil
    cdef void end_calls(self) noexcept nogil
    cdef void end_due(self, i64 now) noexcept nogil
    cdef i64 phase(self) noexcept nogil
    cdef i64 follow(self, i64 kind) noexcept nogil
    cdef void send_phase(self, i64 n, i64 flags) noexcept nogil
    cdef void slice_done(self) noexcept nogil
