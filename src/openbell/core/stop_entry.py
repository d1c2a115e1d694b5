"""Stops' part of order entry: their shape, their terms, and the limit that is sure when they are elected.

A buy is limited at the collar around its stop price, known and reserved when it is accepted; a trailing buy's
stop price can only fall from where it begins. A sell's limit is decided when it is elected; until then it
shows the one that its stop price would give.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.channel import Channel
from openbell.core.command import Command

if not cython.compiled:
    from openbell.core.codes import (
        E_BAD_STOP_PRICE,
        E_BAD_TRAIL,
        E_OK,
        E_UNSUPPORTED,
        OPG,
        SET_PRICE,
        SET_STOP_PRICE,
        ST_PENDING,
        STOP,
        STOP_LIMIT,
        TRAIL_PERCENT,
        TRAILING_STOP,
    )
    from openbell.core.prices import collar_price, trail_stop
    from openbell.core.records import PRICE_MAX
    from openbell.core.stop_layouts import B_PERCENT
    from openbell.core.types import BASIS, i64


class StopEntry:
    """Terms of stops, under the slots of their tickets."""

    def __init__(self, memory: Any, command: Command, post: Channel) -> None:
        self.assets = memory["assets"]
        self.rows = memory["tickets"]
        self.terms = memory["stop_terms"]
        self.order = command.new_order
        self.change = command.modify
        self.letters = post.messages
        self.asked = 0
        self.limit = 0
        self.observed = 0

    def shape(self) -> i64:
        """What only a stop has: the stop price, or the trail, of the NEW_ORDER on the desk."""
        kind: i64 = self.order[0].order_type
        self.limit = 0
        self.observed = 0
        if self.order[0].tif >= OPG:  # it may never work in time for that auction
            return E_UNSUPPORTED
        return self.well_formed(kind, self.order[0].flags, self.order[0].stop_price)

    def well_formed(self, kind: i64, flags: i64, asked: i64) -> i64:
        """The range of a stop price, or of what a trailing stop has in its place."""
        self.limit = PRICE_MAX
        if flags & TRAIL_PERCENT:
            self.limit = BASIS - 1
        self.observed = asked
        if asked >= 1 and asked <= self.limit:
            return E_OK
        return E_BAD_TRAIL if kind == TRAILING_STOP else E_BAD_STOP_PRICE

    def begin(self, t: i64) -> None:
        """Note the terms of a new stop as the NEW_ORDER on the desk says them."""
        self.terms[t].stop_price = self.order[0].stop_price
        self.terms[t].trail = 0
        self.terms[t].mark = 0
        self.terms[t].flags = 0
        if self.order[0].order_type == TRAILING_STOP:
            self.terms[t].stop_price = 0
            self.terms[t].trail = self.order[0].stop_price
            self.terms[t].flags = self.order[0].flags & TRAIL_PERCENT

    def cap(self, t: i64, n: i64) -> i64:
        """The limit of a new stop; a trailing one begins at the reference."""
        if self.order[0].order_type == STOP_LIMIT:
            return self.order[0].price
        if self.order[0].order_type == TRAILING_STOP:
            self.terms[t].mark = self.assets[n].reference
            self.terms[t].stop_price = self.behind_mark(t, n, self.terms[t].trail)
        return self.collared(t, n, self.terms[t].stop_price)

    def behind_mark(self, t: i64, n: i64, trail: i64) -> i64:
        """Where a trailing stop begins."""
        percent: bool = self.terms[t].flags & TRAIL_PERCENT != 0
        return trail_stop(self.rows[t].side, self.terms[t].mark, trail, percent, self.assets[n].tick_size)

    def collared(self, t: i64, n: i64, stop: i64) -> i64:
        return collar_price(self.rows[t].side, stop, self.assets[n].market_collar, self.assets[n].tick_size)

    def load(self, t: i64, i: i64) -> None:
        """Put the terms into the ENTER at index `i` of the post; the order waits from now on."""
        self.rows[t].status = ST_PENDING
        self.letters[i].value = self.order[0].stop_price
        self.letters[i].limit = self.terms[t].mark
        if self.terms[t].flags & TRAIL_PERCENT:
            self.letters[i].flags |= B_PERCENT

    def load_change(self, t: i64, i: i64, cap: i64) -> None:
        """Put what the MODIFY on the desk asks of a stop into the message at index `i` of the post.

        `cap` is the limit that goes with a new stop price.
        """
        self.letters[i].order_type = self.rows[t].order_type
        self.letters[i].value = self.change[0].stop_price
        self.letters[i].observed = cap
        if self.change[0].flags & SET_STOP_PRICE:
            self.letters[i].price = cap

    def asks(self, t: i64) -> bool:
        """Whether the MODIFY on the desk asks for a stop price or trail, and for which (`asked`).

        A STOP that waits has no price but its stop price: a lone `price` is read as that.
        """
        self.asked = self.change[0].stop_price
        if self.change[0].flags & SET_STOP_PRICE:
            return True
        self.asked = self.change[0].price
        waits: bool = self.rows[t].order_type == STOP and self.rows[t].status == ST_PENDING
        return waits and self.change[0].flags & SET_PRICE != 0

    def changes(self, t: i64) -> bool:
        """Whether what was asked for is another stop price or trail."""
        if self.rows[t].order_type == TRAILING_STOP:
            return self.asked != self.terms[t].trail
        return self.asked != self.terms[t].stop_price

    def new_cap(self, t: i64, price: i64) -> i64:
        """The limit that goes with what was asked for; `price` is the one of a STOP_LIMIT."""
        n: i64 = self.rows[t].instrument
        if self.rows[t].order_type == STOP_LIMIT:
            return price
        if self.rows[t].order_type == TRAILING_STOP:
            return self.collared(t, n, self.behind_mark(t, n, self.asked))
        return self.collared(t, n, self.asked)
