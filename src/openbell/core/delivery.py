"""Delivery: hands messages from one machine to the other, and sends those that touch many orders in slices.

At once, or `delay` commands later: books and balances end the same, and a test says so.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.accounts import Accounts
from openbell.core.channel import Channel
from openbell.core.command import Command
from openbell.core.entry import Entry
from openbell.core.floor import Floor
from openbell.core.scout import Scout
from openbell.core.sessions import Sessions
from openbell.core.timers import Timers
from openbell.core.treasury import Treasury

if not cython.compiled:
    from openbell.core.codes import (
        C_PHASE,
        C_RESUME,
        DAY,
        SESSION_LAPSED,
        WHY_DAY_END,
        WHY_EXPIRED,
        WHY_SESSION,
    )
    from openbell.core.records import ANY_INSTRUMENT, ANY_SIDE
    from openbell.core.state import FAULT_CHANNEL, M_PHASE, NIL
    from openbell.core.types import RESUME, i64


class Delivery:
    """The two channels between accounts and books, in both directions."""

    def __init__(
        self,
        memory: Any,
        genesis: Any,
        command: Command,
        floor: Floor,
        machine: Accounts,
        entry: Entry,
        treasury: Treasury,
        scout: Scout,
        timers: Timers,
        sessions: Sessions,
        post: Channel,
        mail: Channel,
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.rows = memory["tickets"]
        self.alarms = memory["alarms"]
        self.tickets = len(memory["tickets"])
        self.assets = memory["assets"]
        self.command = command
        self.head = command.head
        self.phases = floor.phases
        self.floor = floor
        self.election = floor.election
        self.letters = mail.messages
        self.machine = machine
        self.entry = entry
        self.treasury = treasury
        self.scout = scout
        self.timers = timers
        self.sessions = sessions
        self.post = post
        self.mail = mail
        self.slice = genesis.slice
        self.delay = 0
        self.fault = 0

    def run(self, until: i64) -> None:
        """Hand over messages whose cause is at most `until`: all to the books first, then all back."""
        while self.fault == 0:
            i: i64 = self.post.take(until)
            if i >= 0:
                self.floor.handle(i)
                if self.election.head != NIL:
                    self.cascade(until)
                continue
            if i == -2:
                self.fault = FAULT_CHANNEL
            if not self.settle(until):
                return

    def cascade(self, until: i64) -> None:
        """Slice by slice let elected orders have their turns and tell accounts, before any other message."""
        if self.election.head == NIL or self.floor.groups.count != 0:  # half a group has come
            return
        while self.election.head != NIL and self.fault == 0:
            self.floor.take_turns()
            while self.settle(until):
                pass
        self.election.close()

    def settle(self, until: i64) -> bool:
        """Hand the next message to the accounts; whether there was one."""
        j: i64 = self.mail.take(until)
        if cython.compiled and self.mail.taken != self.mail.sent:
            k: i64 = self.mail.next()
            self.scout.owner(self.letters[k].ref, self.letters[k].account)
        if j < 0:
            if j == -2:
                self.fault = FAULT_CHANNEL
            return False
        self.machine.handle(j)
        if self.machine.closing != 0:
            self.treasury.finish(self.machine.closing)
            self.machine.closing = 0
        return True

    def cancel(self, account: i64, n: i64, side: i64, reason: i64) -> i64:
        """Cancel an account's working orders, oldest first; returns how many were sent."""
        return self.sweep(account, account, 0, 0, n, side, reason)

    def sweep(self, first: i64, last: i64, firm: i64, session: i64, n: i64, side: i64, reason: i64) -> i64:
        """Cancel working orders of accounts `first` to `last`, account by account, oldest first.

        Those of one firm, and of one session, alone unless it is 0, of one instrument alone unless it is NIL,
        of one side alone unless it is ANY_SIDE. Returns how many were sent.
        """
        count: i64 = 0
        looked: i64 = 0
        account: i64
        for account in range(first, last + 1):
            if firm != 0 and self.accounts[account].firm != firm:
                continue
            t: i64 = self.accounts[account].work_head
            while t != NIL:
                following: i64 = self.rows[t].next
                if (
                    (n == NIL or self.rows[t].instrument == n)
                    and (side == ANY_SIDE or self.rows[t].side == side)
                    and (session == 0 or self.rows[t].session == session)
                    and self.machine.working(t)  # else a sibling has ended it
                ):
                    self.entry.send_cancel(t, reason)
                    count += 1
                looked += 1
                if looked % self.slice == 0:
                    self.slice_done()
                t = following
        self.slice_done()
        return count

    def expire(self) -> None:
        """Expire every DAY order, account by account, oldest first."""
        looked: i64 = 0
        account: i64
        for account in range(1, self.scalars[0].accounts):
            t: i64 = self.accounts[account].work_head
            while t != NIL:
                following: i64 = self.rows[t].next
                if self.rows[t].tif == DAY and self.machine.working(t):
                    self.entry.send_cancel(t, WHY_DAY_END)
                looked += 1
                if looked % self.slice == 0:
                    self.slice_done()
                t = following
        self.slice_done()

    def fire(self, now: i64) -> None:
        """Let happen what is due, earliest first; at one time orders end, then sessions, then calls."""
        while self.timers.due <= now or self.phases.wake <= now:
            if self.timers.due <= self.phases.wake:
                self.end_due(min(now, self.phases.wake))
            else:
                self.end_calls()

    def end_calls(self) -> None:
        """End the calls that are due next, in the order of their instruments."""
        due: i64 = self.phases.wake
        n: i64
        for n in range(self.scalars[0].instruments):
            self.phases.end_call(n, due)
            self.cascade(self.scalars[0].position - self.delay)
        self.phases.rewind()
        self.slice_done()

    def end_due(self, now: i64) -> None:
        """End every order and session whose time has come, by time; at one time orders first, by id."""
        count: i64 = 0
        while self.timers.due <= now:
            t: i64 = self.timers.first()
            if t >= self.tickets:
                self.slice_done()
                self.end_session(t - self.tickets, SESSION_LAPSED)
                continue
            self.timers.drop(self.alarms[t].timer - 1)
            self.alarms[t].timer = 0
            self.entry.send_cancel(t, WHY_EXPIRED)
            count += 1
            if count % self.slice == 0:
                self.slice_done()
        self.slice_done()

    def end_session(self, s: i64, what: i64) -> i64:
        """Cancel what was entered in a session and forget it; returns how many orders were sent."""
        a: i64 = self.sessions.account_of(s)
        count: i64 = self.sweep(a, a, 0, self.sessions.number_of(s), NIL, ANY_SIDE, WHY_SESSION)
        self.sessions.forget(s, what, count)
        return count

    def follow(self, kind: i64) -> i64:
        """What the books make of a command about instruments; returns how many instruments begin a phase."""
        if kind == C_PHASE:
            return self.phase()
        if kind == C_RESUME:
            self.send_phase(self.head[0].instrument, RESUME)
        self.slice_done()
        return 0

    def phase(self) -> i64:
        """Send the phase of the command on the desk to its instruments; returns to how many."""
        count: i64 = 0
        n: i64 = self.head[0].instrument
        if n != ANY_INSTRUMENT:
            self.send_phase(n, 0)
            count = 1
        else:
            for n in range(self.scalars[0].instruments):
                if self.assets[n].market == self.command.phase[0].market:
                    self.send_phase(n, 0)
                    count += 1
                    if count % self.slice == 0:
                        self.slice_done()
        self.slice_done()
        return count

    def send_phase(self, n: i64, flags: i64) -> None:
        i: i64 = self.post.post(M_PHASE, n, 0, 0, self.head[0].seq)
        self.post.messages[i].flags = flags
        if flags == 0:
            self.post.messages[i].side = self.command.phase[0].phase
            self.post.messages[i].price = self.command.phase[0].ends_ts
            self.post.messages[i].quantity = self.command.phase[0].lock_ns
            self.post.messages[i].ref = self.command.phase[0].date

    def slice_done(self) -> None:
        """Deliver what a sweep sent, unless a delay asks otherwise and there is room to wait."""
        if self.delay == 0 or self.post.sent - self.post.taken > self.slice:
            self.run(self.scalars[0].position)
