"""The exchange: one deterministic function over a log of commands.

`run` applies command records and leaves answers and events behind; nothing in here reads a clock, a
file or a random number. The account machine and the book machine talk only through two channels of
messages, which this class delivers: at once, or `delay` commands later, to show that it does not matter.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core import codes, records, state
from openbell.core import memory as memories
from openbell.core.accounts import Accounts
from openbell.core.books import Books
from openbell.core.bust import Busts
from openbell.core.channel import Channel
from openbell.core.command import Command
from openbell.core.controls import Controls
from openbell.core.dates import business_day_after, date_of
from openbell.core.delivery import Delivery
from openbell.core.entry import Entry
from openbell.core.exposure import Exposure
from openbell.core.fees import Fees
from openbell.core.floor import Floor
from openbell.core.group_entry import GroupEntry
from openbell.core.kept import Kept
from openbell.core.kill import KillSwitches
from openbell.core.limits import Limits
from openbell.core.listings import Listings
from openbell.core.outbox import Outbox
from openbell.core.phases import Phases
from openbell.core.requests import Requests
from openbell.core.restrictions import Restrictions
from openbell.core.rulings import Rulings
from openbell.core.scopes import Scopes
from openbell.core.scout import Scout
from openbell.core.sessions import Sessions
from openbell.core.stop_entry import StopEntry
from openbell.core.terms import Terms
from openbell.core.tickets import Tickets
from openbell.core.timers import Timers
from openbell.core.treasury import Treasury
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.bodies import body_words
    from openbell.core.codes import (
        C_CANCEL,
        C_CLOCK_JUMP,
        C_CLOSE_ACCOUNT,
        C_DAY_ROLL,
        C_DEPOSIT,
        C_ISSUE,
        C_LIST,
        C_MODIFY,
        C_NEW_GROUP,
        C_NEW_ORDER,
        C_OPEN_ACCOUNT,
        C_PHASE,
        C_RESUME,
        C_SET_LISTING,
        C_SUSPEND,
        C_TICK,
        C_TRANSFER,
        C_WITHDRAW,
        E_KEY_REUSED,
        E_OK,
        E_REQUESTS_FULL,
        E_UNKNOWN_ACCOUNT,
        EV_REFUSED,
        WHY_ACCOUNT_CLOSED,
        WHY_USER,
    )
    from openbell.core.records import ANY_INSTRUMENT, ANY_SIDE
    from openbell.core.state import FAULT_LENGTH, FAULT_SEQUENCE, FAULT_TIME, NIL, OUTPUT_RECORDS
    from openbell.core.types import TIME_MAX, i64, u64


class CoreError(Exception):
    """The log holds what no sequencer writes, or the core broke its own rules: the node must stop."""


class Exchange:
    """Accounts and books of one shard, made by a GENESIS command record.

    Raises:
        CoreError: the record is no genesis, or of a layout or rules version that this build does not know,
            or of impossible capacities.
    """

    def __init__(self, genesis: bytes) -> None:
        head = records.Header.from_buffer_copy(genesis)
        if head.type != codes.C_GENESIS or head.layout != records.LAYOUT_VERSION:
            raise CoreError(
                f"not a genesis of layout {records.LAYOUT_VERSION}: type {head.type}, layout {head.layout}"
            )
        body = state.genesis_of(genesis)
        if flaw := state.flaw(body, head.ts):
            raise CoreError(f"genesis: {flaw}")
        self.genesis = bytes(genesis)
        self.memory = memories.Memory(body)
        memory = self.memory
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.answers_ = memory["answers"]
        self.kept = Kept(memory)
        self.events_ = memory["events"]
        self.rows = memory["tickets"]
        self.requests_ = memory["requests"]
        self.outbox = Outbox(memory)
        self.command = Command(memory, body.shard)
        self.head = self.command.head
        self.post = Channel(memory["post"], body.shard)
        self.mail = Channel(memory["mail"], body.shard)
        self.tickets = Tickets(memory, body)
        self.requests = Requests(memory, body, self.tickets)
        self.vault = Vault(memory)
        self.timers = Timers(memory)
        self.sessions = Sessions(memory, self.command, self.timers, self.outbox)
        self.books = Books(memory, body, self.outbox, self.post, self.mail)
        self.exposure = Exposure(memory)
        self.fees = Fees(memory, self.command, self.outbox, self.vault)
        self.restrictions = Restrictions(memory)
        self.limits = Limits(memory, body, self.command, self.restrictions)
        self.scopes = Scopes(memory, self.command, self.outbox, self.limits)
        self.make_desks(body)
        self.phases = Phases(memory, self.books, self.outbox, self.mail)
        self.floor = Floor(memory, body, self.books, self.phases)
        self.treasury = Treasury(memory, body, self.command, self.outbox, self.vault)
        self.listings = Listings(memory, self.command, self.outbox, self.scopes, self.books, self.phases)
        self.controls = Controls(memory, self.command, self.scopes, self.restrictions, self.exposure)
        self.scout = Scout(
            memory, body.shard, self.tickets, self.requests, self.vault, self.books.queue, self.books.ladder
        )
        self.shard = body.shard
        self.delivery = Delivery(
            memory,
            body,
            self.command,
            self.floor,
            self.machine,
            self.entry,
            self.treasury,
            self.scout,
            self.timers,
            self.sessions,
            self.post,
            self.mail,
        )
        self.kills = KillSwitches(memory, self.command, self.scopes, self.delivery)
        self.busts = Busts(memory, self.command, self.outbox, self.treasury, self.vault)
        self.rulings = Rulings(self.command, self.controls, self.fees, self.kills, self.busts, self.delivery)
        self.fault = 0
        self.begin(head.seq, head.ts)

    def make_desks(self, body: Any) -> None:
        """Where orders enter, and where what the books say is settled."""
        self.machine = Accounts(
            self.memory,
            self.command,
            self.outbox,
            self.tickets,
            self.requests,
            self.vault,
            self.timers,
            self.exposure,
            self.fees,
            self.mail,
        )
        stops = StopEntry(self.memory, self.command, self.post)
        self.terms = Terms(self.memory, self.command, self.timers, stops)
        self.entry = Entry(
            self.memory,
            body,
            self.command,
            self.tickets,
            self.requests,
            self.vault,
            self.machine,
            self.terms,
            self.limits,
            self.sessions,
            self.post,
        )
        self.group_entry = GroupEntry(self.memory, body, self.entry)

    def begin(self, seq: i64, ts: i64) -> None:
        """The state right after genesis: empty lists and the exchange's own accounts."""
        for name in ("book_free", "level_free", "ticket_free", "holding_free", "request_free", "turn_head"):
            setattr(self.memory["scalars"][0], name, state.NIL)
        for name in ("ended_head", "ended_tail", "restriction_free", "fee_free", "session_free", "turn_tail"):
            setattr(self.memory["scalars"][0], name, state.NIL)
        self.scalars[0].rounds = 1
        self.scalars[0].position = seq
        self.scalars[0].time = ts
        self.scalars[0].day = 1
        self.scalars[0].settlement = business_day_after(date_of(ts))
        kind: i64
        for kind in range(records.FIRST_ACCOUNT):
            self.treasury.blank(kind, kind, 0)
        self.accounts[0].status = codes.AC_NONE

    # -- what is asked from outside --------------------------------------------------------------

    @property
    def position(self) -> int:
        """Log position of the last applied command."""
        return self.scalars[0].position

    @property
    def time(self) -> int:
        """Nanoseconds UTC of the last applied command."""
        return self.scalars[0].time

    @property
    def answer_count(self) -> int:
        return self.command.count

    @property
    def event_count(self) -> int:
        return self.outbox.count

    def answers(self, first: int, count: int) -> bytes:
        """`count` Answer records from index `first`, in the order of the commands."""
        data: bytes = self.memory.bytes_of("answers", first, count)
        return data

    def events(self, first: int, count: int) -> bytes:
        """`count` Event records from index `first`."""
        data: bytes = self.memory.bytes_of("events", first, count)
        return data

    def clear(self) -> None:
        """Forget answers and events that were taken."""
        self.command.count = 0
        self.outbox.count = 0

    def run(self, buffer: Any, start: i64, stop: i64) -> i64:
        """Apply the sequenced command records in `buffer[start:stop]` (bytes; offsets multiples of 8).

        Returns the offset after the last one applied: less than `stop` when the output should be taken
        and cleared first.

        Raises:
            CoreError: a record that no sequencer writes; the state must not be used any further.
        """
        self.source = memoryview(buffer).cast("B").cast("Q")
        self.scout.read(self.source)
        at: i64
        with cython.nogil:
            at = self.advance(start // 8, stop // 8)
        if self.fault != 0:
            raise CoreError(f"after position {self.position}: {state.FAULTS[self.fault]}")
        return at * 8

    @property
    def delay(self) -> int:
        """How many commands later messages between the machines arrive; 0: at once."""
        return self.delivery.delay

    @delay.setter
    def delay(self, commands: int) -> None:
        self.delivery.delay = commands

    def flush(self) -> None:
        """Deliver every message that a delay still holds back."""
        self.outbox.begin(self.scalars[0].position)
        self.delivery.run(self.scalars[0].position)

    def lookup_order(self, order: u64) -> i64:
        """The ticket of an order that works or ended lately, or -1."""
        return self.tickets.find(order)

    def lookup_request(self, account: i64, low: u64, high: u64) -> i64:
        """The request of an account with this key, or -1."""
        return self.requests.find(account, low, high)

    def restore(self, sent: i64, answered: i64) -> None:
        """Make everything derived anew, after a snapshot's arrays were put into memory."""
        self.post.sent = sent
        self.post.taken = sent
        self.mail.sent = answered
        self.mail.taken = answered
        self.books.queue.reindex()
        self.tickets.reindex()
        self.vault.reindex()
        self.requests.reindex()
        self.terms.restart()
        self.restrictions.reindex()
        self.fees.reindex()
        self.sessions.reindex()
        self.limits.ordinary()
        self.phases.rewind()
        self.books.election.restore()

    # -- one command -----------------------------------------------------------------------------

    def advance(self, at: i64, stop: i64) -> i64:
        """Apply records from word `at` of the source until `stop`, a fault, or well-filled output."""
        if cython.compiled:
            self.scout.begin(at, stop)
        while at < stop and self.fault == 0:
            if self.outbox.count >= OUTPUT_RECORDS or self.command.count >= self.command.capacity:
                break
            size: i64 = self.command.load(self.source, at, stop)
            if size < 0:
                self.fault = FAULT_LENGTH
            elif self.head[0].seq != self.scalars[0].position + 1:
                self.fault = FAULT_SEQUENCE
            elif self.head[0].ts < self.scalars[0].time or self.head[0].ts > TIME_MAX:
                self.fault = FAULT_TIME
            else:
                if cython.compiled:
                    self.scout.step()
                self.step()
                at += size
        self.kept.settle()
        return at

    def step(self) -> None:
        """Apply the command on the desk; timers due by its time first."""
        self.scalars[0].position = self.head[0].seq
        self.scalars[0].time = self.head[0].ts
        self.books.time = self.head[0].ts
        self.outbox.begin(self.head[0].seq)
        self.requests.expire(self.head[0].ts)
        if self.timers.due <= self.head[0].ts or self.phases.wake <= self.head[0].ts:
            self.delivery.fire(self.head[0].ts)
        a: i64 = self.command.begin()
        kind: i64 = self.head[0].type
        code: i64 = self.command.check(body_words(kind))
        if code != E_OK:
            self.refuse(a, code)
        elif kind >= C_NEW_ORDER and kind <= C_NEW_GROUP:
            self.order_command(a, kind)
        elif kind == C_TICK:
            self.phases.tick()
            self.delivery.slice_done()
        elif kind != C_CLOCK_JUMP:
            self.other_command(a, kind)
        if self.delivery.delay != 0:
            self.delivery.run(self.scalars[0].position - self.delivery.delay)
        if self.delivery.fault != 0:
            self.fault = self.delivery.fault
        self.answers_[a].events = self.outbox.count - self.outbox.start

    def order_command(self, a: i64, kind: i64) -> None:
        """NEW_ORDER, NEW_GROUP, CANCEL, MODIFY, CANCEL_ALL of an account that exists."""
        account: i64 = self.head[0].account
        if not self.treasury.exists(account):
            self.command.fail(E_UNKNOWN_ACCOUNT, 0, account)
            self.refuse(a, E_UNKNOWN_ACCOUNT)
            return
        body: u64 = self.command.body_hash()
        if self.repeats(a, account, body):
            return
        self.accounts[account].last_activity = self.head[0].ts
        t: i64 = -1
        r: i64 = NIL
        if kind == C_NEW_ORDER:
            t = self.entry.new(self.shard << 53 | self.scalars[0].position << 8, body)
        elif kind == C_NEW_GROUP:
            t = self.group_entry.new(self.shard << 53 | self.scalars[0].position << 8, body)
        else:
            r = self.remember(account, body)
            if r < 0:
                self.refuse(a, E_REQUESTS_FULL)
                return
            if kind == C_CANCEL:
                t = self.entry.cancel(self.command.cancel[0].order)
            elif kind == C_MODIFY:
                t = self.entry.modify()
            else:
                self.cancel_all(a, account)
        if self.delivery.delay == 0:
            self.delivery.run(self.scalars[0].position)
        if t >= 0:
            self.machine.answer(t if kind != C_NEW_GROUP else self.group_entry.shown())
            if kind == C_NEW_ORDER or kind == C_NEW_GROUP:
                r = self.rows[t].request
        self.close_request(a, r, C_NEW_ORDER if kind == C_NEW_GROUP else kind)

    def close_request(self, a: i64, r: i64, kind: i64) -> None:
        """Keep the first answer with its request; a refusal that left no order is an event."""
        if self.answers_[a].code != E_OK and (kind != C_NEW_ORDER or self.answers_[a].order == 0):
            self.refuse(a, self.answers_[a].code)
        if r != NIL:
            self.kept.keep(r, a)
        self.requests.trim(self.head[0].account)

    def repeats(self, a: i64, account: i64, body: u64) -> bool:
        """Answer a request key that was used before: the first answer again, or a refusal."""
        low: u64 = self.head[0].key_low
        high: u64 = self.head[0].key_high
        if low == 0 and high == 0:
            return False
        r: i64 = self.requests.find(account, low, high)
        if r < 0:
            return False
        if self.requests_[r].body != body:
            self.command.fail(E_KEY_REUSED, 0, 0)
            return True
        self.kept.repeat(r, a)
        return True

    def remember(self, account: i64, body: u64) -> i64:
        """A request that is over at once; NIL if the command has no key, -1 if there is no room."""
        if self.head[0].key_low == 0 and self.head[0].key_high == 0:
            return NIL
        if not self.requests.make_room():
            return -1
        r: i64 = self.requests.add(account, self.head[0].key_low, self.head[0].key_high, body, NIL)
        self.requests.end(r, account, self.head[0].ts)
        return r

    def other_command(self, a: i64, kind: i64) -> None:
        """Commands about accounts, instruments and the day."""
        account: i64 = self.head[0].account
        if account != 0 and not self.treasury.exists(account):
            self.command.fail(E_UNKNOWN_ACCOUNT, 0, account)
            self.refuse(a, E_UNKNOWN_ACCOUNT)
            return
        body: u64 = self.command.body_hash()
        if self.repeats(a, account, body):
            return
        r: i64 = self.remember(account, body)
        if r < 0:
            self.refuse(a, E_REQUESTS_FULL)
            return
        code: i64
        if kind == C_LIST:
            code = self.listings.list()
        elif kind == C_SUSPEND or kind == C_RESUME:
            code = self.listings.suspend(kind)
        elif kind == C_DAY_ROLL:
            code = self.listings.day_roll()
        elif kind == C_SET_LISTING:
            code = self.listings.set_listing()
        elif kind == C_PHASE:
            code = self.listings.phase()
        elif self.rulings.takes(kind):
            code = self.rulings.apply(kind)
        else:
            code = self.account_command(kind)
        if code != E_OK:
            self.explain(kind, code)
        elif kind == C_DAY_ROLL:
            self.delivery.slice_done()
            self.delivery.expire()
            self.listings.tell_day()
        elif kind < C_OPEN_ACCOUNT:
            self.answers_[a].count = self.delivery.follow(kind)
        elif kind == C_CLOSE_ACCOUNT:
            self.delivery.cancel(account, NIL, ANY_SIDE, WHY_ACCOUNT_CLOSED)
            self.treasury.finish(account)
        self.close_request(a, r, kind)

    def account_command(self, kind: i64) -> i64:
        if kind == C_TRANSFER:
            return self.treasury.transfer()
        if kind == C_OPEN_ACCOUNT:
            return self.treasury.open()
        if kind == C_DEPOSIT:
            return self.treasury.deposit()
        if kind == C_WITHDRAW:
            return self.treasury.withdraw()
        if kind == C_ISSUE:
            return self.treasury.issue()
        if kind == C_CLOSE_ACCOUNT:
            return self.treasury.close()
        return self.treasury.lock(kind)

    def explain(self, kind: i64, code: i64) -> None:
        """Put a refusal's numbers into the answer."""
        if self.rulings.takes(kind):
            return
        if (kind < C_OPEN_ACCOUNT and kind != C_ISSUE) or kind == C_DAY_ROLL:
            self.command.fail(code, self.listings.limit, self.listings.observed)
        else:
            self.command.fail(code, self.treasury.limit, self.treasury.observed)

    def refuse(self, a: i64, code: i64) -> None:
        """A refusal that belongs to no order, as an event for the audit trail."""
        self.answers_[a].code = code
        e: i64 = self.outbox.event(EV_REFUSED, self.head[0].instrument, self.head[0].account, 0)
        self.events_[e].order = self.answers_[a].order
        self.events_[e].order_type = self.head[0].type
        self.events_[e].code = code
        self.events_[e].limit = self.answers_[a].limit
        self.events_[e].observed = self.answers_[a].observed

    def cancel_all(self, a: i64, account: i64) -> None:
        n: i64 = self.head[0].instrument
        if n == ANY_INSTRUMENT:
            n = NIL
        self.answers_[a].count = self.delivery.cancel(account, n, self.command.cancel_all[0].side, WHY_USER)
