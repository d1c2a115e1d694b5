"""Fees: schedules by tier and instrument, stamped on an order as it enters, charged as it fills.

An order's fee is a function of all it has traded, rounded up once; each fill charges the increase, so how
a trade is sliced does not matter. A buy reserves the dearest it can come to; a sell pays from its proceeds.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.outbox import Outbox
from openbell.core.table import Table
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        AUCTION,
        E_BAD_AMOUNT,
        E_FEES_FULL,
        E_OK,
        E_UNKNOWN_INSTRUMENT,
        E_UNSUPPORTED,
        EV_FEES,
        SELL,
        TAKER,
    )
    from openbell.core.numbers import rated, value_up
    from openbell.core.records import ANY_INSTRUMENT
    from openbell.core.rulebook import F_FEES, PER_ORDER_MAX, PER_SHARE_MAX, RATE_MAX, TIER_MAX
    from openbell.core.state import NIL
    from openbell.core.types import i64


class Fees:
    """Applies SET_FEES, and what orders owe by it; `limit` and `observed` explain a refusal."""

    def __init__(self, memory: Any, command: Command, outbox: Outbox, vault: Vault) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.limits = memory["limits"]
        self.rows = memory["tickets"]
        self.charges = memory["charges"]
        self.tariffs = memory["tariffs"]
        self.events = memory["events"]
        self.index = Table(memory["tariff_cells"], 0)
        self.head = command.head
        self.change = command.set_fees
        self.outbox = outbox
        self.vault = vault
        self.capacity = len(self.tariffs)
        self.limit = 0
        self.observed = 0

    # -- schedules -------------------------------------------------------------------------------

    def key(self, tier: i64, n: i64) -> i64:
        """One number for tier and instrument, never 0."""
        return (tier + 1) << 32 | n

    def set_fees(self) -> i64:
        """SET_FEES: what the orders pay that enter from now on."""
        code: i64 = self.shape()
        if code != E_OK:
            return code
        key: i64 = self.key(self.change[0].tier, self.head[0].instrument)
        s: i64 = self.room(key)
        if s < 0:
            self.limit = self.capacity
            self.observed = self.capacity + 1
            return E_FEES_FULL
        self.scalars[0].controlled = 1
        self.tariffs[s].key = key
        self.tariffs[s].per_share = self.change[0].per_share
        self.tariffs[s].per_order = self.change[0].per_order
        self.tariffs[s].least = self.change[0].least
        self.tariffs[s].maker = self.change[0].maker
        self.tariffs[s].taker = self.change[0].taker
        self.tariffs[s].auction = self.change[0].auction
        dearest: i64 = max(self.change[0].maker, self.change[0].taker)
        self.tariffs[s].dearest = max(dearest, cython.cast(i64, self.change[0].auction))
        self.tell(s)
        return E_OK

    def shape(self) -> i64:
        """Ranges of rates and amounts; the instrument is one that is listed, or all."""
        self.limit = self.scalars[0].instruments
        self.observed = self.head[0].instrument
        if self.observed >= self.limit and self.observed != ANY_INSTRUMENT:
            return E_UNKNOWN_INSTRUMENT
        self.limit = TIER_MAX
        self.observed = self.change[0].tier
        if self.observed > self.limit:
            return E_UNSUPPORTED
        self.limit = RATE_MAX
        self.observed = max(self.change[0].maker, self.change[0].taker)
        self.observed = max(self.observed, cython.cast(i64, self.change[0].auction))
        if self.observed > self.limit:
            return E_BAD_AMOUNT
        self.limit = PER_SHARE_MAX
        self.observed = self.change[0].per_share
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_AMOUNT
        self.limit = PER_ORDER_MAX
        self.observed = self.change[0].per_order
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_AMOUNT
        self.observed = self.change[0].least
        return E_BAD_AMOUNT if self.observed < 0 or self.observed > self.limit else E_OK

    def room(self, key: i64) -> i64:
        """The row for a new version: the old one's if no order has it, else a fresh one, or -1."""
        old: i64 = self.index.find(key)
        if old >= 0 and self.tariffs[old].orders == 0:
            return old
        s: i64 = self.scalars[0].fee_free
        if s != NIL:
            self.scalars[0].fee_free = self.tariffs[s].next
        elif self.scalars[0].fee_used < self.capacity:
            s = self.scalars[0].fee_used
            self.scalars[0].fee_used = s + 1
        else:
            return -1
        if old >= 0:
            self.tariffs[old].current = 0
            self.index.remove(key)
        else:
            self.scalars[0].tariffs += 1
        self.tariffs[s].current = 1
        self.tariffs[s].orders = 0
        self.index.insert(key, s)
        return s

    def tell(self, s: i64) -> None:
        e: i64 = self.outbox.event(EV_FEES, self.head[0].instrument, 0, 0)
        self.events[e].status = self.change[0].tier
        self.events[e].price = self.tariffs[s].per_share
        self.events[e].quantity = self.tariffs[s].per_order
        self.events[e].notional = self.tariffs[s].least
        self.events[e].filled = self.tariffs[s].maker
        self.events[e].leaves = self.tariffs[s].taker
        self.events[e].limit = self.tariffs[s].auction

    # -- orders ----------------------------------------------------------------------------------

    def stamp(self, t: i64) -> None:
        """An order that enters takes its tier's schedule, the instrument's before the general."""
        tier: i64 = self.limits[self.rows[t].account].tier
        s: i64 = self.index.find(self.key(tier, self.rows[t].instrument))
        if s < 0:
            s = self.index.find(self.key(tier, ANY_INSTRUMENT))
        if s < 0:
            return
        self.tariffs[s].orders += 1
        self.rows[t].flags |= F_FEES
        self.charges[t].fee = 0
        self.charges[t].taken = 0
        self.charges[t].auctioned = 0
        self.charges[t].schedule = s

    def release(self, t: i64) -> None:
        """The order is over: a version that nobody has any more goes."""
        s: i64 = self.charges[t].schedule
        self.charges[t].schedule = NIL
        self.tariffs[s].orders -= 1
        if self.tariffs[s].orders == 0 and self.tariffs[s].current == 0:
            self.tariffs[s].key = 0
            self.tariffs[s].next = self.scalars[0].fee_free
            self.scalars[0].fee_free = s

    def total(self, t: i64, more: i64, leaves: i64) -> i64:
        """The fee of all that an order traded, and of `leaves` shares more for `more` at the dearest rate."""
        s: i64 = self.charges[t].schedule
        taken: i64 = self.charges[t].taken
        auctioned: i64 = self.charges[t].auctioned
        fee: i64 = rated(
            self.rows[t].notional - taken - auctioned,
            self.tariffs[s].maker,
            taken,
            self.tariffs[s].taker,
            auctioned,
            self.tariffs[s].auction,
            more,
            self.tariffs[s].dearest,
        )
        fee += value_up(self.tariffs[s].per_share, self.rows[t].filled + leaves)
        return max(fee + self.tariffs[s].per_order, self.tariffs[s].least)

    def most(self, t: i64, value: i64, leaves: i64) -> i64:
        """The dearest that an order's fee can still grow by, if `leaves` more trade for at most `value`."""
        return self.total(t, value, leaves) - self.charges[t].fee

    def charge(self, t: i64, value: i64, role: i64) -> i64:
        """Charge a fill that the order's ticket counts already; returns the fee."""
        if role == TAKER:
            self.charges[t].taken += value
        elif role == AUCTION:
            self.charges[t].auctioned += value
        fee: i64 = self.total(t, 0, 0) - self.charges[t].fee
        if self.rows[t].side == SELL and fee > value:
            fee = value
        self.charges[t].fee += fee
        self.vault.charge(self.rows[t].account, self.rows[t].side, fee)
        return fee

    def reindex(self) -> None:
        """Build the index anew from the slots, after a snapshot was loaded."""
        s: i64
        for s in range(self.scalars[0].fee_used):
            if self.tariffs[s].current != 0:
                self.index.insert(self.tariffs[s].key, s)
