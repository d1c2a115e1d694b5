"""What a command of the exchange's own people is about: an account, a firm, an instrument, or the venue.

`watch` bits, on accounts, assets and the venue, tell the plain way of an order where something is set.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.limits import Limits
from openbell.core.outbox import Outbox

if not cython.compiled:
    from openbell.core.codes import (
        AC_CLOSED,
        E_ACCOUNT_CLOSED,
        E_NOT_ALLOWED,
        E_OK,
        E_UNKNOWN_ACCOUNT,
        E_UNKNOWN_FIRM,
        E_UNSUPPORTED,
        SCOPE_ACCOUNT,
        SCOPE_FIRM,
        SCOPE_INSTRUMENT,
        SCOPE_VENUE,
    )
    from openbell.core.records import FIRST_ACCOUNT
    from openbell.core.rulebook import WATCH_EXPOSURE, WATCH_LIMITS, WATCHED
    from openbell.core.types import i64


class Scopes:
    """Reads the scope of the command on the desk; `limit` and `observed` explain a refusal."""

    def __init__(self, memory: Any, command: Command, outbox: Outbox, limits: Limits) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.assets = memory["assets"]
        self.own = memory["limits"]
        self.listed = memory["instrument_limits"]
        self.events = memory["events"]
        self.head = command.head
        self.outbox = outbox
        self.limits = limits
        self.limit = 0
        self.observed = 0

    def within(self, scope: i64, firms: i64) -> i64:
        """E_OK if the scope names what there is; `firms` are the firms that may be named."""
        self.limit = 0
        if scope == SCOPE_ACCOUNT:
            return self.account()
        self.observed = self.head[0].firm
        if scope == SCOPE_FIRM:
            self.limit = firms
            return E_OK if 0 < self.observed <= firms else E_UNKNOWN_FIRM
        self.observed = scope
        return E_OK if scope == SCOPE_VENUE else E_UNSUPPORTED

    def account(self) -> i64:
        """E_OK if the command's account is one of the customers', and not closed."""
        a: i64 = self.head[0].account
        self.observed = a
        if a == 0:
            return E_UNKNOWN_ACCOUNT
        if a < FIRST_ACCOUNT:
            return E_NOT_ALLOWED
        return E_ACCOUNT_CLOSED if self.accounts[a].status == AC_CLOSED else E_OK

    def number(self, scope: i64) -> i64:
        """The account or firm of a scope, 0 for the venue."""
        if scope == SCOPE_ACCOUNT:
            return self.head[0].account
        return self.head[0].firm if scope == SCOPE_FIRM else 0

    def watch_account(self, a: i64) -> None:
        """Orders of the account are looked at exactly while something is set for it."""
        bits: i64 = self.accounts[a].watch & WATCH_EXPOSURE
        row: i64 = self.own[a].quantity_max | self.own[a].value_max | self.own[a].exposure_max
        row |= self.own[a].duplicate_ns | self.own[a].rate_max | self.own[a].open_orders_max
        row |= self.own[a].killed | self.own[a].unapproved | self.own[a].restricted
        if row != 0 or self.accounts[a].firm != 0:
            bits |= WATCH_LIMITS
        self.accounts[a].watch = bits

    def watch_venue(self) -> None:
        """All orders are looked at exactly while something is set that the plain way does not know."""
        bits: i64 = self.scalars[0].watch & WATCH_EXPOSURE
        row: i64 = self.own[0].exposure_max | self.own[0].rate_max | self.own[0].killed
        if row != 0 or self.own[0].restricted != 0:
            bits |= WATCH_LIMITS
        self.scalars[0].watch = bits
        self.limits.ordinary()

    def watch_instrument(self, n: i64) -> None:
        """Orders in the instrument are looked at exactly while something is set for it."""
        row: i64 = self.listed[n].quantity_max | self.listed[n].value_max | self.listed[n].killed
        self.assets[n].flags &= ~WATCHED
        if row != 0:
            self.assets[n].flags |= WATCHED

    def tell(self, kind: i64, scope: i64) -> i64:
        """A new event about a scope."""
        e: i64 = self.outbox.event(kind, 0, 0, 0)
        self.events[e].order_type = scope
        if scope == SCOPE_ACCOUNT:
            self.events[e].account = self.head[0].account
        elif scope == SCOPE_FIRM:
            self.events[e].other_account = self.head[0].firm
        elif scope == SCOPE_INSTRUMENT:
            self.events[e].instrument = self.head[0].instrument
        return e
