"""How large an order may be, and how large it must be."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.limits import Limits
from openbell.core.notional import Notional
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        E_BAD_NOTIONAL,
        E_MIN_NOTIONAL,
        E_OK,
        E_ORDER_QUANTITY,
        E_ORDER_VALUE,
        PROTECTIONS_OFF,
    )
    from openbell.core.numbers import value_down, value_up
    from openbell.core.records import NOTIONAL_MAX
    from openbell.core.state import F_NOTIONAL
    from openbell.core.types import i64


class Sizes:
    """Each answers with a code; `limit` and `observed` are those of the last refusal."""

    def __init__(
        self, memory: Any, command: Command, limits: Limits, vault: Vault, notional: Notional
    ) -> None:
        self.rows = memory["tickets"]
        self.assets = memory["assets"]
        self.holdings = memory["holdings"]
        self.order = command.new_order
        self.limits = limits
        self.vault = vault
        self.notional = notional
        self.limit = 0
        self.observed = 0

    def within(self, t: i64, n: i64, a: i64, flags: i64) -> i64:
        """Whether the new order's size is allowed."""
        price: i64 = self.rows[t].price
        quantity: i64 = self.order[0].quantity
        code: i64
        if flags & F_NOTIONAL == 0:
            code = self.bounded(price, quantity)
            return code if code != E_OK else self.large_enough(n, self.order[0].side, price, quantity, a)
        code = self.notional.within(t, n)
        if code == E_OK:
            code = self.notional.large_enough(n)
        self.limit = self.notional.limit
        self.observed = self.notional.observed
        return code

    def bounded(self, price: i64, quantity: i64) -> i64:
        """Whether an order of this size is within the limits of quantity and value."""
        self.limit = self.limits.quantity_max
        self.observed = quantity
        if quantity > self.limit:
            return E_ORDER_QUANTITY
        self.observed = value_up(price, quantity)
        self.limit = NOTIONAL_MAX
        if self.observed > self.limit:
            return E_BAD_NOTIONAL
        self.limit = self.limits.value_max
        return E_ORDER_VALUE if self.observed > self.limit else E_OK

    def large_enough(self, n: i64, side: i64, price: i64, quantity: i64, a: i64) -> i64:
        """Whether an order is worth the least that the instrument asks for."""
        if self.assets[n].flags & PROTECTIONS_OFF:
            return E_OK
        self.limit = self.assets[n].min_notional
        self.observed = value_down(price, quantity)
        if self.observed < self.limit and not self.sells_all(n, side, quantity, a):
            return E_MIN_NOTIONAL
        return E_OK

    def sells_all(self, n: i64, side: i64, quantity: i64, a: i64) -> bool:
        """Whether this is the sale of the whole holding."""
        if side == BUY:
            return False
        h: i64 = self.vault.find(a, n)
        return h >= 0 and self.holdings[h].quantity == quantity
