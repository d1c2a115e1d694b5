"""Kill switches: KILL cancels what is open in a scope and refuses what is new there, until LIFT.

Cancels always pass; what is already a fill stays one.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.delivery import Delivery
from openbell.core.scopes import Scopes

if not cython.compiled:
    from openbell.core.codes import (
        E_NOT_ALLOWED,
        E_OK,
        E_UNKNOWN_INSTRUMENT,
        EV_KILLED,
        SCOPE_ACCOUNT,
        SCOPE_FIRM,
        SCOPE_INSTRUMENT,
        WHY_KILL,
    )
    from openbell.core.records import ANY_SIDE, FIRST_ACCOUNT
    from openbell.core.state import NIL
    from openbell.core.types import i64


class KillSwitches:
    """Applies KILL and LIFT; `limit` and `observed` explain a refusal."""

    def __init__(self, memory: Any, command: Command, scopes: Scopes, delivery: Delivery) -> None:
        self.scalars = memory["scalars"]
        self.own = memory["limits"]
        self.firms = memory["firm_limits"]
        self.listed = memory["instrument_limits"]
        self.answers = memory["answers"]
        self.events = memory["events"]
        self.command = command
        self.head = command.head
        self.switch = command.kill
        self.scopes = scopes
        self.delivery = delivery
        self.limit = 0
        self.observed = 0

    def set_switch(self, on: bool) -> i64:
        """KILL, LIFT. To kill what is killed sweeps it once more."""
        scope: i64 = self.switch[0].scope
        code: i64 = E_OK
        if scope == SCOPE_INSTRUMENT:
            self.limit = self.scalars[0].instruments
            self.observed = self.head[0].instrument
            if self.observed >= self.limit:
                return E_UNKNOWN_INSTRUMENT
        else:
            code = self.scopes.within(scope, self.scalars[0].firms)
            self.limit = self.scopes.limit
            self.observed = self.scopes.observed
        if code == E_OK and not on and not self.is_set(scope):
            self.limit = 0
            code = E_NOT_ALLOWED
        if code != E_OK:
            return code
        self.scalars[0].controlled = 1
        self.throw(scope, on)
        count: i64 = self.sweep(scope) if on else 0
        e: i64 = self.scopes.tell(EV_KILLED, scope)
        self.events[e].status = on
        self.events[e].quantity = count
        self.answers[self.command.count - 1].count = count
        return E_OK

    def is_set(self, scope: i64) -> bool:
        if scope == SCOPE_INSTRUMENT:
            return self.listed[self.head[0].instrument].killed != 0
        if scope == SCOPE_FIRM:
            return self.firms[self.head[0].firm].killed != 0
        return self.own[self.scopes.number(scope)].killed != 0

    def throw(self, scope: i64, on: bool) -> None:
        """Set or lift the switch."""
        i: i64 = self.scopes.number(scope)
        if scope == SCOPE_INSTRUMENT:
            self.listed[self.head[0].instrument].killed = on
            self.scopes.watch_instrument(self.head[0].instrument)
        elif scope == SCOPE_FIRM:
            self.firms[i].killed = on
        elif scope == SCOPE_ACCOUNT:
            self.own[i].killed = on
            self.scopes.watch_account(i)
        else:
            self.own[0].killed = on
            self.scopes.watch_venue()

    def sweep(self, scope: i64) -> i64:
        """Cancel what is open in the scope, in slices; returns how many orders."""
        n: i64 = self.head[0].instrument if scope == SCOPE_INSTRUMENT else NIL
        first: i64 = FIRST_ACCOUNT
        last: i64 = self.scalars[0].accounts - 1
        firm: i64 = self.head[0].firm if scope == SCOPE_FIRM else 0
        if scope == SCOPE_ACCOUNT:
            first = self.head[0].account
            last = first
        return self.delivery.sweep(first, last, firm, 0, n, ANY_SIDE, WHY_KILL)
