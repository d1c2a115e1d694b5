"""MARKET orders for so much money: what they may trade at the most, reserve, and spend on trades.

A purchase reserves exactly its notional, and its fee comes out of that: what the books may spend is the most
that, with its fee at the schedule's dearest rate, stays within it. A sale reserves the shares whose value at
the collar is the notional, in whole lots.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.limits import Limits

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        E_MIN_NOTIONAL,
        E_OK,
        E_ORDER_QUANTITY,
        E_ORDER_VALUE,
        PROTECTIONS_OFF,
    )
    from openbell.core.numbers import lots_for, share_of, value_down
    from openbell.core.records import QUANTITY_MAX
    from openbell.core.rulebook import F_FEES
    from openbell.core.types import MILLION, i64


class Notional:
    """The order for so much money that enters; `limit` and `observed` explain a refusal.

    `most` shares may trade, for `budget`; each share costs a `surcharge` on top of its price.
    """

    def __init__(self, memory: Any, command: Command, limits: Limits) -> None:
        self.assets = memory["assets"]
        self.rows = memory["tickets"]
        self.charges = memory["charges"]
        self.tariffs = memory["tariffs"]
        self.order = command.new_order
        self.limits = limits
        self.most = 0
        self.budget = 0
        self.surcharge = 0
        self.limit = 0
        self.observed = 0

    def within(self, t: i64, n: i64) -> i64:
        """Whether the order is within the limits of value and quantity."""
        self.observed = self.order[0].notional
        self.limit = self.limits.value_max
        if self.observed > self.limit:
            return E_ORDER_VALUE
        self.limit = self.limits.quantity_max
        self.most = self.limit if self.rows[t].side == BUY else self.shares(n, self.rows[t].price)
        self.observed = self.most
        return E_ORDER_QUANTITY if self.observed > self.limit else E_OK

    def shares(self, n: i64, price: i64) -> i64:
        """How many shares are worth the notional at a price, in lots rounded up."""
        lot: i64 = self.assets[n].lot_size
        quantity: i64 = lots_for(self.order[0].notional, price, 1)
        if value_down(price, quantity) < self.order[0].notional and quantity < QUANTITY_MAX:
            quantity += 1
        return quantity + (lot - quantity % lot) % lot

    def large_enough(self, n: i64) -> i64:
        """Whether the order is for the least that the instrument asks for."""
        self.limit = self.assets[n].min_notional
        self.observed = self.order[0].notional
        if self.observed < self.limit and not self.assets[n].flags & PROTECTIONS_OFF:
            return E_MIN_NOTIONAL
        return E_OK

    def reserve(self, t: i64) -> i64:
        """What the order holds, and what of it the books may spend; its schedule of fees is stamped."""
        self.budget = self.order[0].notional
        self.surcharge = 0
        if self.rows[t].side != BUY:
            return self.most
        if self.rows[t].flags & F_FEES:
            s: i64 = self.charges[t].schedule
            left: i64 = max(self.budget - self.tariffs[s].per_order, 0)
            left = share_of(left, MILLION, MILLION + self.tariffs[s].dearest)
            self.budget = max(min(left, self.budget - self.tariffs[s].least), 0)
            self.surcharge = self.tariffs[s].per_share
        return self.order[0].notional
