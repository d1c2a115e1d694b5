"""SET_LIMITS: what an account, each account of a firm, or everybody may do, changed with who and why."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.exposure import Exposure
from openbell.core.restrictions import Restrictions
from openbell.core.scopes import Scopes

if not cython.compiled:
    from openbell.core.codes import (
        E_BAD_AMOUNT,
        E_BAD_NOTIONAL,
        E_BAD_QUANTITY,
        E_FIRMS_FULL,
        E_OK,
        E_OVERFLOW,
        E_RESTRICTIONS_FULL,
        E_UNKNOWN_INSTRUMENT,
        E_UNSUPPORTED,
        EV_LIMITS,
        LIMIT_DUPLICATE,
        LIMIT_EXPOSURE,
        LIMIT_KYC,
        LIMIT_OPEN_ORDERS,
        LIMIT_QUANTITY,
        LIMIT_RATE,
        LIMIT_RESTRICTED,
        LIMIT_TIER,
        LIMIT_VALUE,
        SCOPE_ACCOUNT,
        SCOPE_FIRM,
        SCOPE_VENUE,
    )
    from openbell.core.records import FIRST_ACCOUNT, NOTIONAL_MAX, QUANTITY_MAX
    from openbell.core.rulebook import WATCH_EXPOSURE
    from openbell.core.types import CASH_TOP, DUPLICATE_NS_MAX, i64


class Controls:
    """Applies SET_LIMITS; `limit` and `observed` explain a refusal."""

    def __init__(
        self,
        memory: Any,
        command: Command,
        scopes: Scopes,
        restrictions: Restrictions,
        exposure: Exposure,
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.own = memory["limits"]
        self.firms = memory["firm_limits"]
        self.events = memory["events"]
        self.head = command.head
        self.change = command.set_limits
        self.scopes = scopes
        self.restrictions = restrictions
        self.exposure = exposure
        self.firms_max = len(self.firms)
        self.limit = 0
        self.observed = 0

    def set_limits(self) -> i64:
        """SET_LIMITS: change what its flags name; whole or not at all."""
        scope: i64 = self.change[0].scope
        code: i64 = self.scopes.within(scope, self.scalars[0].firms + 1)
        self.limit = self.scopes.limit
        self.observed = self.scopes.observed
        if code == E_OK:
            code = self.shape(scope)
        if code == E_OK:
            code = self.ranges()
        if code == E_OK and scope == SCOPE_FIRM and self.head[0].firm > self.scalars[0].firms:
            code = self.new_firm()
        if code == E_OK and self.change[0].flags & LIMIT_RESTRICTED:
            code = self.may_restrict()
        if code == E_OK and self.change[0].flags & LIMIT_EXPOSURE:
            code = self.keep_exposure(scope)
        if code != E_OK:
            return code
        self.scalars[0].controlled = 1
        if scope == SCOPE_FIRM:
            self.scalars[0].firms = max(self.scalars[0].firms, cython.cast(i64, self.head[0].firm))
            self.write(self.firms, scope)
        else:
            self.write(self.own, scope)
        if scope == SCOPE_VENUE:
            self.scopes.watch_venue()
        elif scope == SCOPE_ACCOUNT:
            self.scopes.watch_account(self.head[0].account)
        return E_OK

    def shape(self, scope: i64) -> i64:
        """Whether the flags, and what is no number, have a meaning for the scope."""
        known: i64 = LIMIT_QUANTITY | LIMIT_VALUE | LIMIT_OPEN_ORDERS | LIMIT_RATE | LIMIT_EXPOSURE
        known |= LIMIT_DUPLICATE | LIMIT_RESTRICTED
        if scope == SCOPE_ACCOUNT:
            known |= LIMIT_KYC | LIMIT_TIER
        self.limit = known
        self.observed = self.change[0].flags
        if self.observed & ~known or (self.observed == 0 and scope != SCOPE_FIRM):
            return E_UNSUPPORTED
        return E_UNSUPPORTED if self.change[0].kyc > 1 or self.change[0].restricted > 1 else E_OK

    def ranges(self) -> i64:
        self.limit = QUANTITY_MAX
        self.observed = self.change[0].order_quantity_max
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_QUANTITY
        self.limit = NOTIONAL_MAX
        self.observed = self.change[0].order_value_max
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_NOTIONAL
        self.limit = CASH_TOP
        self.observed = self.change[0].exposure_max
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_AMOUNT
        self.limit = DUPLICATE_NS_MAX
        self.observed = self.change[0].duplicate_ns
        return E_BAD_AMOUNT if self.observed < 0 or self.observed > self.limit else E_OK

    def new_firm(self) -> i64:
        self.limit = self.firms_max - 1
        self.observed = self.head[0].firm
        return E_FIRMS_FULL if self.observed > self.limit else E_OK

    def may_restrict(self) -> i64:
        self.limit = self.scalars[0].instruments
        self.observed = self.head[0].instrument
        if self.observed >= self.limit:
            return E_UNKNOWN_INSTRUMENT
        self.limit = self.restrictions.capacity
        self.observed = self.limit + 1
        if self.change[0].restricted != 0 and not self.restrictions.has_room():
            return E_RESTRICTIONS_FULL
        return E_OK

    def keep_exposure(self, scope: i64) -> i64:
        """Start keeping the exposure that the new limit is about; firms' is kept from the start."""
        if scope == SCOPE_FIRM:
            return E_OK
        first: i64 = self.head[0].account
        last: i64 = first
        if scope == SCOPE_VENUE:
            first = FIRST_ACCOUNT
            last = self.scalars[0].accounts - 1
        a: i64
        self.limit = CASH_TOP
        for a in range(first, last + 1):
            self.observed = a
            if not self.exposure.kept(a) and self.exposure.total(a) < 0:
                return E_OVERFLOW
        for a in range(first, last + 1):
            if not self.exposure.kept(a):
                self.exposure.keep(a)
        if scope == SCOPE_VENUE:
            self.scalars[0].watch |= WATCH_EXPOSURE
        else:
            self.accounts[first].watch |= WATCH_EXPOSURE
        return E_OK

    def write(self, rows: Any, scope: i64) -> None:
        """Put what the flags name into the row of the scope, and tell all of it."""
        i: i64 = self.scopes.number(scope)
        flags: i64 = self.change[0].flags
        if flags & LIMIT_QUANTITY:
            rows[i].quantity_max = self.change[0].order_quantity_max
        if flags & LIMIT_VALUE:
            rows[i].value_max = self.change[0].order_value_max
        if flags & LIMIT_OPEN_ORDERS:
            rows[i].open_orders_max = self.change[0].open_orders_max
        if flags & LIMIT_RATE:
            rows[i].rate_max = self.change[0].message_rate
        if flags & LIMIT_EXPOSURE:
            rows[i].exposure_max = self.change[0].exposure_max
        if flags & LIMIT_DUPLICATE:
            rows[i].duplicate_ns = self.change[0].duplicate_ns
        if flags & LIMIT_KYC:
            rows[i].unapproved = 1 - self.change[0].kyc
        if flags & LIMIT_TIER:
            rows[i].tier = self.change[0].tier
        if flags & LIMIT_RESTRICTED:
            if self.change[0].restricted != 0:
                rows[i].restricted += self.restrictions.add(scope, i, self.head[0].instrument)
            else:
                rows[i].restricted -= self.restrictions.drop(scope, i, self.head[0].instrument)
        e: i64 = self.scopes.tell(EV_LIMITS, scope)
        self.events[e].quantity = rows[i].quantity_max
        self.events[e].notional = rows[i].value_max
        self.events[e].filled = rows[i].open_orders_max
        self.events[e].leaves = rows[i].rate_max
        self.events[e].limit = rows[i].exposure_max
        self.events[e].observed = rows[i].duplicate_ns
        self.events[e].status = rows[i].unapproved
        self.events[e].tif = rows[i].tier
        if flags & LIMIT_RESTRICTED:
            self.events[e].instrument = self.head[0].instrument
            self.events[e].reason = self.change[0].restricted
