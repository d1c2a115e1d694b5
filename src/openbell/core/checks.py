"""The book's part of the table of checks: tick, lot, collar, room, display, POST_ONLY."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.bands import Bands
from openbell.core.hidden import Hidden
from openbell.core.ladder import Ladder
from openbell.core.prices import Prices
from openbell.core.rehearsal import Rehearsal

if not cython.compiled:
    from openbell.core.codes import (
        BUY,
        E_BAD_DISPLAY,
        E_BOOK_FULL,
        E_LOT_SIZE,
        E_OK,
        E_POST_ONLY,
        E_PRICE_COLLAR,
        E_SUSPENDED,
        E_TICK_SIZE,
        IN_CONTINUOUS,
        IN_SUSPENDED,
        LIMIT,
        MARKET,
        PROTECTIONS_OFF,
        SELL,
    )
    from openbell.core.prices import collar_price
    from openbell.core.state import F_ICEBERG, F_POST_ONLY, F_SHADED, NIL
    from openbell.core.types import SLICES_MAX, i64


class Checks:
    """Each answers with a code; `limit` and `observed` are those of the last refusal."""

    def __init__(
        self,
        memory: Any,
        ladder: Ladder,
        prices: Prices,
        bands: Bands,
        hidden: Hidden,
        rehearsal: Rehearsal,
    ) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.ladder = ladder
        self.prices = prices
        self.bands = bands
        self.hidden = hidden
        self.rehearsal = rehearsal
        self.limit = 0
        self.observed = 0

    def check(self, n: i64, side: i64, order_type: i64, price: i64, quantity: i64) -> i64:
        """Phase, tick, lot, and for a limit price the collar around the reference."""
        self.limit = 0
        self.observed = 0
        if self.instruments[n].status == IN_SUSPENDED:
            return E_SUSPENDED
        self.limit = self.instruments[n].tick_size
        self.observed = price
        if price % self.limit != 0:
            return E_TICK_SIZE
        self.limit = self.instruments[n].lot_size
        self.observed = quantity
        if quantity % self.limit != 0:
            return E_LOT_SIZE
        if order_type == LIMIT and not self.instruments[n].flags & PROTECTIONS_OFF:
            self.limit = collar_price(
                side,
                self.prices.reference(n),
                self.instruments[n].limit_collar,
                self.instruments[n].tick_size,
            )
            self.observed = price
            if (side == BUY and price > self.limit) or (side == SELL and price < self.limit):
                return E_PRICE_COLLAR
        return E_OK

    def has_room(self, n: i64, side: i64, price: i64, leaving: i64) -> bool:
        """Whether an order at `price` finds a level or room for one; `leaving` is a slot that moves away."""
        if self.ladder.count(n, side) < self.ladder.depth:
            return True
        if self.ladder.find(n, side, price) >= 0:
            return True
        if leaving != NIL and self.hidden.alone(leaving):
            return True
        self.limit = self.ladder.depth
        self.observed = self.ladder.depth + 1
        return False

    def special(self, n: i64, side: i64, price: i64, quantity: i64, flags: i64, display: i64) -> i64:
        """What an order with flags asks of the book beyond a plain one: for an iceberg, for POST_ONLY.

        Where nothing matches, nothing takes.
        """
        if flags & F_ICEBERG:
            code: i64 = self.slices(n, quantity, display)
            if code != E_OK:
                return code
        if flags & F_POST_ONLY and self.instruments[n].status == IN_CONTINUOUS:
            self.observed = price
            self.limit = self.rehearsal.meets(n, side, price, quantity)
            if self.limit != 0:
                return E_POST_ONLY
        return E_OK

    def change(self, slot: i64, n: i64, side: i64, kept: bool, price: i64, leaves: i64, display: i64) -> i64:
        """The book's checks of a changed order; one that keeps its place meets nobody."""
        kind: i64 = MARKET if kept else self.orders[slot].order_type
        code: i64 = self.check(n, side, kind, price, leaves)
        if code != E_OK or kept:
            return code
        price = self.bands.clip(n, side, price)
        listed: bool = self.levels[self.orders[slot].level].price == 0
        same: bool = listed or price == self.orders[slot].price
        if not same and not self.has_room(n, side, price, slot):
            return E_BOOK_FULL
        flags: i64 = self.orders[slot].flags & ~F_SHADED
        if display > 0:
            flags |= F_ICEBERG
        return self.special(n, side, price, leaves, flags, display)

    def slices(self, n: i64, quantity: i64, display: i64) -> i64:
        """An iceberg shows whole lots, and has at most SLICES_MAX slices and what room there is for them."""
        self.limit = self.instruments[n].lot_size
        self.observed = display
        if display % self.limit != 0:
            return E_LOT_SIZE
        self.limit = (quantity + SLICES_MAX - 1) // SLICES_MAX
        if display < self.limit:
            return E_BAD_DISPLAY
        self.limit = self.hidden.slices_max
        self.observed = self.scalars[0].slices + (quantity + display - 1) // display
        return E_BOOK_FULL if self.observed > self.limit else E_OK
