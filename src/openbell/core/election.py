"""The election queue: stops that a trade elected and that have not had their turn, first in, first out.

The incoming order finishes before the first of them, and each of them before the next (floor.py), so the
queue is empty between commands and holds orders of one instrument only.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.bands import Bands
from openbell.core.channel import Channel

if not cython.compiled:
    from openbell.core.codes import BUY, SELL, STOP_LIMIT, TRAILING_STOP
    from openbell.core.prices import collar_price
    from openbell.core.state import M_ELECTED, NIL
    from openbell.core.types import i64


class Election:
    """Elected orders, linked by `next` of their slots; their accounts are told at once."""

    def __init__(self, memory: Any, bands: Bands, mail: Channel) -> None:
        self.instruments = memory["instruments"]
        self.bands = bands
        self.orders = memory["book_orders"]
        self.mail = mail
        self.letters = mail.messages
        self.head = NIL
        self.tail = NIL
        self.cause = 0

    def add(self, slot: i64, stop: i64, price: i64) -> None:
        """A trade at `price` elected the order at `slot`, whose stop price is `stop`: fix its limit.

        A buy keeps to the collar around its stop price, which is reserved; a sell to the trade's price; all
        to the bands.
        """
        n: i64 = self.orders[slot].instrument
        side: i64 = self.orders[slot].side
        kind: i64 = self.orders[slot].order_type
        if side == SELL and kind != STOP_LIMIT:
            self.orders[slot].price = self.limit(slot, price)
        elif side == BUY and kind == TRAILING_STOP:  # its stop price has come down, what it reserved has not
            self.orders[slot].price = min(self.limit(slot, stop), self.orders[slot].price)
        if self.instruments[n].tier != 0:
            self.orders[slot].price = self.bands.clip(n, side, self.orders[slot].price)
        self.orders[slot].next = NIL
        if self.tail == NIL:
            self.head = slot
        else:
            self.orders[self.tail].next = slot
        self.tail = slot
        i: i64 = self.mail.post(M_ELECTED, n, self.orders[slot].account, self.orders[slot].id, self.cause)
        self.letters[i].side = side
        self.letters[i].ref = self.orders[slot].ref
        self.letters[i].price = self.orders[slot].price
        self.letters[i].limit = stop
        self.letters[i].observed = price

    def limit(self, slot: i64, price: i64) -> i64:
        """The last price inside the market collar around `price` for the order at `slot`."""
        n: i64 = self.orders[slot].instrument
        return collar_price(
            self.orders[slot].side,
            price,
            self.instruments[n].market_collar,
            self.instruments[n].tick_size,
        )

    def take(self) -> i64:
        """The slot of the order whose turn it is, or -1."""
        slot: i64 = self.head
        if slot == NIL:
            return -1
        self.head = self.orders[slot].next
        if self.head == NIL:
            self.tail = NIL
        return slot
