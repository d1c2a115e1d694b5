cimport cython
from openbell.core.layouts cimport *
from openbell.core.accounts cimport Accounts
from openbell.core.bodies cimport body_words
from openbell.core.books cimport Books
from openbell.core.bust cimport Busts
from openbell.core.channel cimport Channel
from openbell.core.command cimport Command
from openbell.core.controls cimport Controls
from openbell.core.delivery cimport Delivery
from openbell.core.entry cimport Entry
from openbell.core.floor cimport Floor
from openbell.core.group_entry cimport GroupEntry
from openbell.core.exposure cimport Exposure
from openbell.core.fees cimport Fees
from openbell.core.kept cimport Kept
from openbell.core.kill cimport KillSwitches
from openbell.core.limits cimport Limits
from openbell.core.listings cimport Listings
from openbell.core.outbox cimport Outbox
from openbell.core.phases cimport Phases
from openbell.core.requests cimport Requests
from openbell.core.restrictions cimport Restrictions
from openbell.core.rulings cimport Rulings
from openbell.core.scopes cimport Scopes
from openbell.core.scout cimport Scout
from openbell.core.sessions cimport Sessions
from openbell.core.terms cimport Terms
from openbell.core.tickets cimport Tickets
from openbell.core.timers cimport Timers
from openbell.core.treasury cimport Treasury
from openbell.core.vault cimport Vault


@cython.final
cdef class Exchange:
    cdef readonly bytes genesis
    cdef readonly object memory
    cdef Scalars[::1] scalars
    cdef Account[::1] accounts
    cdef Answer[::1] answers_
    cdef readonly Kept kept
    cdef Event[::1] events_
    cdef Ticket[::1] rows
    cdef Request[::1] requests_
    cdef Header[::1] head
    cdef const u64[::1] source
    cdef readonly Outbox outbox
    cdef readonly Command command
    cdef readonly Channel post
    cdef readonly Channel mail
    cdef readonly Tickets tickets
    cdef readonly Requests requests
    cdef readonly Vault vault
    cdef readonly Timers timers
    cdef readonly Terms terms
    cdef readonly Books books
    cdef readonly Phases phases
    cdef readonly Floor floor
    cdef readonly Accounts machine
    cdef readonly Entry entry
    cdef readonly GroupEntry group_entry
    cdef readonly Treasury treasury
    cdef readonly Listings listings
    cdef readonly Exposure exposure
    cdef readonly Fees fees
    cdef readonly Sessions sessions
    cdef readonly Restrictions restrictions
    cdef readonly Limits limits
    cdef readonly Scopes scopes
    cdef readonly Controls controls
    cdef readonly KillSwitches kills
    cdef readonly Busts busts
    cdef readonly Rulings rulings
    cdef Scout scout
    cdef readonly i64 shard
    cdef readonly Delivery delivery
    cdef readonly i64 fault

    cdef i64 advance(self, i64 at, i64 stop) noexcept nogil
    cdef void step(self) noexcept nogil
    cdef void order_command(self, i64 a, i64 kind) noexcept nogil
    cdef void close_request(self, i64 a, i64 r, i64 kind) noexcept nogil
    cdef bint repeats(self, i64 a, i64 account, u64 body) noexcept nogil
    cdef i64 remember(self, i64 account, u64 body) noexcept nogil
    cdef void other_command(self, i64 a, i64 kind) noexcept nogil
    cdef i64 account_command(self, i64 kind) noexcept nogil
    cdef void explain(self, i64 kind, i64 code) noexcept nogil
    cdef void refuse(self, i64 a, i64 code) noexcept nogil
    cdef void cancel_all(self, i64 a, i64 account) noexcept nogil
