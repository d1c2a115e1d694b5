"""Limits of accounts, firms, instruments and the venue, as an order meets them.

An order of an account that nothing is set for never comes here: `watch` bits say so. Of the limits that
are set the tightest holds (trading-rules: Before an order may trade).
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.restrictions import Restrictions

if not cython.compiled:
    from openbell.core.codes import (
        E_DUPLICATE,
        E_EXPOSURE,
        E_FIRM_EXPOSURE,
        E_KILLED,
        E_KYC,
        E_MESSAGE_RATE,
        E_OK,
        E_RESTRICTED,
        FROM_APP,
        SCOPE_ACCOUNT,
        SCOPE_FIRM,
        SCOPE_INSTRUMENT,
        SCOPE_VENUE,
    )
    from openbell.core.rulebook import WATCH_EXPOSURE
    from openbell.core.types import CASH_TOP, SECOND_NS, i64


def tighter(one: i64, other: i64) -> i64:
    """The smaller of two limits, where 0 is none."""
    if one == 0 or (other != 0 and other < one):
        return other
    return one


class Limits:
    """What holds for the order under way: `quantity_max`, `value_max`, `open_orders_max`."""

    def __init__(self, memory: Any, genesis: Any, command: Command, restrictions: Restrictions) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.own = memory["limits"]
        self.firms = memory["firm_limits"]
        self.listed = memory["instrument_limits"]
        self.order = command.new_order
        self.restrictions = restrictions
        self.quantity_first = genesis.order_quantity_max
        self.value_first = genesis.order_value_max
        self.open_orders_first = genesis.open_orders_per_account
        self.limit = 0
        self.observed = 0
        self.quantity_max = 0
        self.value_max = 0
        self.open_orders_max = 0
        self.ordinary()

    def ordinary(self) -> None:
        """The venue's own limits hold, or what the genesis says where it has none."""
        self.quantity_max = self.quantity_first
        self.value_max = self.value_first
        self.open_orders_max = self.open_orders_first
        if self.own[0].quantity_max != 0:
            self.quantity_max = self.own[0].quantity_max
        if self.own[0].value_max != 0:
            self.value_max = self.own[0].value_max
        if self.own[0].open_orders_max != 0:
            self.open_orders_max = self.own[0].open_orders_max

    def admit(self, a: i64, n: i64) -> i64:
        """Whether the account may enter or raise an order at all; then its own limits hold."""
        f: i64 = self.accounts[a].firm
        self.limit = 0
        self.observed = 0
        if self.own[a].unapproved != 0:
            return E_KYC
        self.limit = self.killed(a, f, n)
        if self.limit != 0:
            return E_KILLED
        if not self.counted(a, f):
            return E_MESSAGE_RATE
        most: i64 = tighter(self.own[a].quantity_max, self.firms[f].quantity_max)
        self.quantity_max = tighter(tighter(most, self.listed[n].quantity_max), self.quantity_max)
        most = tighter(self.own[a].value_max, self.firms[f].value_max)
        self.value_max = tighter(tighter(most, self.listed[n].value_max), self.value_max)
        most = tighter(self.own[a].open_orders_max, self.firms[f].open_orders_max)
        self.open_orders_max = tighter(most, self.open_orders_max)
        return E_OK

    def killed(self, a: i64, f: i64, n: i64) -> i64:
        """The scope of a kill switch that is set, the narrowest; 0 if none is."""
        if self.own[a].killed != 0:
            return SCOPE_ACCOUNT
        if self.firms[f].killed != 0:
            return SCOPE_FIRM
        if self.listed[n].killed != 0:
            return SCOPE_INSTRUMENT
        if self.own[0].killed != 0:
            return SCOPE_VENUE
        return 0

    def counted(self, a: i64, f: i64) -> bool:
        """Count a message of the account; False if it is one too many in this second of log time."""
        most: i64 = tighter(self.own[a].rate_max, self.firms[f].rate_max)
        most = tighter(most, self.own[0].rate_max)
        if most == 0:
            return True
        second: i64 = self.scalars[0].time // SECOND_NS
        if self.own[a].rate_second != second:
            self.own[a].rate_second = second
            self.own[a].rate_count = 0
        self.own[a].rate_count += 1
        self.limit = most
        self.observed = self.own[a].rate_count
        return self.observed <= most

    def screen(self, a: i64, n: i64, added: i64) -> i64:
        """The restricted lists and the exposure, of an order that adds so much of it."""
        f: i64 = self.accounts[a].firm
        self.limit = self.restricted(a, f, n)
        self.observed = n
        if self.limit != 0:
            return E_RESTRICTED
        return self.exposed(a, f, added)

    def repeated(self, a: i64, n: i64) -> i64:
        """E_DUPLICATE if the new order repeats the account's last from the app, too soon after it."""
        if not self.order[0].flags & FROM_APP:
            return E_OK
        f: i64 = self.accounts[a].firm
        self.limit = max(self.own[a].duplicate_ns, self.firms[f].duplicate_ns)
        self.limit = max(self.limit, self.own[0].duplicate_ns)
        if self.limit == 0:
            return E_OK
        now: i64 = self.scalars[0].time
        size: i64 = self.order[0].quantity - self.order[0].notional
        self.observed = now - self.own[a].last_ts
        if (
            self.observed < self.limit
            and self.own[a].last_size == size
            and self.own[a].last_price == self.order[0].price
            and self.own[a].last_stop == self.order[0].stop_price
            and self.own[a].last_instrument == n
            and self.own[a].last_side == self.order[0].side
        ):
            return E_DUPLICATE
        self.own[a].last_ts = now
        self.own[a].last_size = size
        self.own[a].last_price = self.order[0].price
        self.own[a].last_stop = self.order[0].stop_price
        self.own[a].last_instrument = n
        self.own[a].last_side = self.order[0].side
        return E_OK

    def restricted(self, a: i64, f: i64, n: i64) -> i64:
        """The scope of a restricted list that holds the instrument, the narrowest; 0 if none does."""
        if self.restrictions.holds(SCOPE_ACCOUNT, a, n):
            return SCOPE_ACCOUNT
        if self.restrictions.holds(SCOPE_FIRM, f, n):
            return SCOPE_FIRM
        if self.restrictions.holds(SCOPE_VENUE, 0, n):
            return SCOPE_VENUE
        return 0

    def exposed(self, a: i64, f: i64, added: i64) -> i64:
        """Whether so much more exposure is within what account and firm may have."""
        if added <= 0 or not (self.accounts[a].watch | self.scalars[0].watch) & WATCH_EXPOSURE:
            return E_OK
        self.limit = tighter(tighter(self.own[a].exposure_max, self.own[0].exposure_max), CASH_TOP)
        self.observed = self.own[a].exposure + added
        if self.observed > self.limit:
            return E_EXPOSURE
        if f == 0:
            return E_OK
        self.limit = tighter(self.firms[f].exposure_max, CASH_TOP)
        self.observed = self.firms[f].exposure + added
        return E_FIRM_EXPOSURE if self.observed > self.limit else E_OK
