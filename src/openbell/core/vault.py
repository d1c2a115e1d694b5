"""Cash and shares of every account: what is there, what is reserved, and the start of the day.

All movement of money and shares goes through these few functions. Start-of-day figures roll lazily, at
an account's or holding's first touch after a day roll (trading-rules: Money and shares).
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.table import Table

if not cython.compiled:
    from openbell.core.codes import BUY
    from openbell.core.numbers import share_of
    from openbell.core.records import CLEARING_ACCOUNT, FEE_ACCOUNT
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Vault:
    """Accounts' cash and holdings."""

    def __init__(self, memory: Any) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.assets = memory["assets"]
        self.holdings = memory["holdings"]
        self.index = Table(memory["holding_cells"], 0)
        self.capacity = len(self.holdings)

    def roll(self, a: i64) -> None:
        """Start the account's day if it has not begun."""
        if self.accounts[a].day != self.scalars[0].day:
            if self.accounts[a].day < self.scalars[0].settled_day:
                self.accounts[a].unsettled = 0
            self.accounts[a].day = self.scalars[0].day
            self.accounts[a].start_cash = self.accounts[a].cash
            self.accounts[a].net_deposits = 0

    def roll_holding(self, h: i64) -> None:
        """Start the holding's day if it has not begun."""
        if self.holdings[h].day != self.scalars[0].day:
            self.holdings[h].day = self.scalars[0].day
            self.holdings[h].start_quantity = self.holdings[h].quantity
            self.holdings[h].net_transfers = 0

    def find(self, a: i64, n: i64) -> i64:
        """The holding of account `a` in instrument `n`, or -1."""
        return self.index.find(a << 32 | n)

    def open(self, a: i64, n: i64) -> i64:
        """The holding of account `a` in instrument `n`, made if need be; -1 when there is no room."""
        h: i64 = self.index.find(a << 32 | n)
        if h >= 0:
            return h
        h = self.scalars[0].holding_free
        if h != NIL:
            self.scalars[0].holding_free = self.holdings[h].next
        elif self.scalars[0].holding_used < self.capacity:
            h = self.scalars[0].holding_used
            self.scalars[0].holding_used = h + 1
        else:
            return -1
        self.scalars[0].holdings += 1
        head: i64 = self.accounts[a].holdings
        self.holdings[h].account = a
        self.holdings[h].instrument = n
        self.holdings[h].quantity = 0
        self.holdings[h].reserved = 0
        self.holdings[h].cost = 0
        self.holdings[h].realised = 0
        self.holdings[h].start_quantity = 0
        self.holdings[h].net_transfers = 0
        self.holdings[h].day = self.scalars[0].day
        self.holdings[h].next = head
        self.accounts[a].holdings = h
        self.index.insert(a << 32 | n, h)
        return h

    def drop(self, h: i64) -> None:
        """Forget the first holding in a closing account's list; the account remembers what it realised."""
        a: i64 = self.holdings[h].account
        self.accounts[a].realised += self.holdings[h].realised
        self.accounts[a].holdings = self.holdings[h].next
        self.index.remove(a << 32 | self.holdings[h].instrument)
        self.holdings[h].account = 0
        self.holdings[h].next = self.scalars[0].holding_free
        self.scalars[0].holding_free = h
        self.scalars[0].holdings -= 1

    def pay(self, a: i64, amount: i64) -> None:
        """Cash that enters (or, negative, leaves) an account other than by a fill."""
        self.roll(a)
        self.accounts[a].cash += amount
        self.accounts[a].net_deposits += amount

    def give(self, h: i64, quantity: i64, cost: i64) -> None:
        """Shares with their cost that enter (or, negative, leave) a holding other than by a fill."""
        self.roll_holding(h)
        self.holdings[h].quantity += quantity
        self.holdings[h].cost += cost
        self.holdings[h].net_transfers += quantity

    def cost_of(self, h: i64, quantity: i64) -> i64:
        """The cost that `quantity` of a holding's shares carry."""
        return share_of(self.holdings[h].cost, quantity, self.holdings[h].quantity)

    def settle(self, a: i64, h: i64, side: i64, quantity: i64, value: i64) -> None:
        """One side of a fill, against the clearing account."""
        n: i64 = self.holdings[h].instrument
        self.roll(a)
        self.roll_holding(h)
        if side == BUY:
            self.accounts[a].cash -= value
            self.accounts[CLEARING_ACCOUNT].cash += value
            self.holdings[h].quantity += quantity
            self.holdings[h].cost += value
            self.assets[n].clearing -= quantity
            return
        cost: i64 = self.cost_of(h, quantity)
        self.accounts[a].cash += value
        self.accounts[a].unsettled += value
        self.accounts[CLEARING_ACCOUNT].cash -= value
        self.holdings[h].quantity -= quantity
        self.holdings[h].cost -= cost
        self.holdings[h].realised += value - cost
        self.assets[n].clearing += quantity

    def charge(self, a: i64, side: i64, fee: i64) -> None:
        """A fill's fee; a sale's comes out of its proceeds. The account's day has begun."""
        self.roll(FEE_ACCOUNT)
        self.accounts[a].cash -= fee
        self.accounts[a].fees += fee
        self.accounts[FEE_ACCOUNT].cash += fee
        if side != BUY:
            self.accounts[a].unsettled -= fee

    def withdrawable(self, a: i64) -> i64:
        """What may leave the exchange: cash that is neither reserved nor the proceeds of unsettled sales."""
        self.roll(a)
        return max(0, self.accounts[a].cash - self.accounts[a].reserved - self.accounts[a].unsettled)

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        h: i64
        for h in range(self.scalars[0].holding_used):
            if self.holdings[h].account != 0:
                self.index.insert(
                    cython.cast(i64, self.holdings[h].account) << 32 | self.holdings[h].instrument, h
                )
