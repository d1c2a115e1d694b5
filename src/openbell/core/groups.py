"""Groups of orders on the account's side: what they hold, which is once per side (trading-rules: Groups).

Alternatives need the dearest of them, and what each may pay in fees. A child that sells holds what its parent
has bought and it has not sold; one that buys holds all it may come to from the start, as nothing pays for it.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.exposure import Exposure

if not cython.compiled:
    from openbell.core.codes import BUY, ROLE_PARENT, SELL
    from openbell.core.group_layouts import F_LEG
    from openbell.core.rulebook import F_FEES, WATCH_EXPOSURE
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Groups:
    """Rings of working legs, under the slots of their tickets."""

    def __init__(self, memory: Any, exposure: Exposure) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.holdings = memory["holdings"]
        self.rows = memory["tickets"]
        self.legs = memory["ticket_legs"]
        self.exposure = exposure
        self.cash = 0
        self.shares = 0

    def join(self, t: i64, before: i64, role: i64, kind: i64) -> None:
        """A new leg, behind the leg with ticket `before` (NIL: it is the first)."""
        self.rows[t].flags |= F_LEG
        self.legs[t].role = role
        self.legs[t].kind = kind
        self.legs[t].cash = 0
        self.legs[t].shares = 0
        self.legs[t].fee = 0
        self.legs[t].next = t
        if before != NIL:
            self.legs[t].next = self.legs[before].next
            self.legs[before].next = t

    def leave(self, t: i64) -> None:
        """A leg that holds nothing any more works no longer."""
        a: i64 = self.rows[t].account
        if (self.accounts[a].watch | self.scalars[0].watch) & WATCH_EXPOSURE:
            self.exposure.update(t, True)
        before: i64 = t
        while self.legs[before].next != t:
            before = self.legs[before].next
        if before == t:
            self.scalars[0].groups -= 1
        self.legs[before].next = self.legs[t].next
        self.legs[t].next = t

    # -- what is held --------------------------------------------------------------------------------

    def reserve(self, t: i64, amount: i64, fee: i64) -> None:
        """Make a leg's own need `amount`, `fee` of it for its fee, and its group's reserve exact."""
        self.need(t, amount, fee)
        a: i64 = self.rows[t].account
        if (self.accounts[a].watch | self.scalars[0].watch) & WATCH_EXPOSURE:
            self.exposure.update(t, False)
        self.weigh(t)
        self.accounts[a].reserved += self.cash - self.legs[t].cash
        if self.shares != self.legs[t].shares:
            self.holdings[self.rows[t].holding].reserved += self.shares - self.legs[t].shares
        leg: i64 = self.legs[t].next
        self.legs[t].cash = self.cash
        self.legs[t].shares = self.shares
        while leg != t:
            self.legs[leg].cash = self.cash
            self.legs[leg].shares = self.shares
            leg = self.legs[leg].next

    def extra(self, t: i64, amount: i64, fee: i64) -> i64:
        """How much more the group would hold if a leg needed `amount`."""
        reserved: i64 = self.rows[t].reserved
        fee_before: i64 = self.legs[t].fee
        self.need(t, amount, fee)
        self.weigh(t)
        self.rows[t].reserved = reserved
        self.legs[t].fee = fee_before
        if self.rows[t].side == BUY:
            return self.cash - self.legs[t].cash
        return self.shares - self.legs[t].shares

    def need(self, t: i64, amount: i64, fee: i64) -> None:
        """Note a leg's own need; a parent's fills are what its children have to sell."""
        self.rows[t].reserved = amount
        self.legs[t].fee = fee if self.rows[t].side == BUY and self.rows[t].flags & F_FEES else 0
        if self.rows[t].side == SELL and self.legs[t].role > ROLE_PARENT and amount != 0:
            self.rows[t].reserved = self.released(t)
        if self.legs[t].role != ROLE_PARENT or self.rows[t].side == SELL:
            return
        child: i64 = self.legs[t].next
        while child != t:
            if self.rows[child].holding != NIL:  # else it is not accepted yet
                self.rows[child].reserved = self.released(child)
            child = self.legs[child].next

    def released(self, t: i64) -> i64:
        """What a child works for: all that it may come to but what its parent has still open."""
        leaves: i64 = self.rows[t].quantity - self.rows[t].filled
        leg: i64 = self.legs[t].next
        while leg != t:
            if self.legs[leg].role == ROLE_PARENT:
                leaves -= self.rows[leg].quantity - self.rows[leg].filled
            leg = self.legs[leg].next
        return max(0, leaves)

    def weigh(self, t: i64) -> None:
        """What the group of a leg needs: `cash` and `shares`."""
        self.cash = 0
        self.shares = 0
        fees: i64 = 0
        leg: i64 = t
        while True:
            if self.rows[leg].side == SELL:
                self.shares = max(self.shares, self.rows[leg].reserved)
            elif self.rows[leg].reserved != 0:
                self.cash = max(self.cash, self.rows[leg].reserved - self.legs[leg].fee)
                fees += self.legs[leg].fee
            leg = self.legs[leg].next
            if leg == t:
                break
        self.cash += fees
