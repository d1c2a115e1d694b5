"""The queue of turns: stops that a trade elected, and legs of groups that may begin, first in, first out.

The incoming order finishes before the first of them, and each of them before the next (floor.py). A child
whose parent fills something after the child's turn has its next one after the next message to the books, so
that two brackets cannot feed each other without end; between commands nobody else is in the queue.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.bands import Bands
from openbell.core.channel import Channel

if not cython.compiled:
    from openbell.core.codes import BUY, SELL, STOP_LIMIT, TRAILING_STOP
    from openbell.core.group_layouts import LATE, QUEUED
    from openbell.core.prices import collar_price
    from openbell.core.state import M_ELECTED, NIL
    from openbell.core.types import i64


class Election:
    """Orders that wait for a turn, and behind them those that are late; elections are told at once."""

    def __init__(self, memory: Any, bands: Bands, mail: Channel) -> None:
        self.scalars = memory["scalars"]
        self.turns = memory["turns"]
        self.legs = memory["book_legs"]
        self.instruments = memory["instruments"]
        self.bands = bands
        self.orders = memory["book_orders"]
        self.mail = mail
        self.letters = mail.messages
        self.head = NIL
        self.tail = NIL
        self.late_head = NIL
        self.late_tail = NIL
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
        if self.legs[slot].queued != 0:  # a child that had more to wait for: it is one turn
            self.pull(slot)
        self.push(slot, False)
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

    def push(self, slot: i64, late: bool) -> None:
        """The order at `slot` waits for its turn, `late` or in this cascade."""
        before: i64 = self.late_tail if late else self.tail
        self.turns[slot].before = before
        self.turns[slot].after = NIL
        if before != NIL:
            self.turns[before].after = slot
        elif late:
            self.late_head = slot
        else:
            self.head = slot
        if late:
            self.late_tail = slot
        else:
            self.tail = slot
        self.legs[slot].queued = LATE if late else QUEUED

    def pull(self, slot: i64) -> None:
        """The order at `slot` waits no longer."""
        before: i64 = self.turns[slot].before
        after: i64 = self.turns[slot].after
        late: bool = self.legs[slot].queued == LATE
        if before != NIL:
            self.turns[before].after = after
        elif late:
            self.late_head = after
        else:
            self.head = after
        if after != NIL:
            self.turns[after].before = before
        elif late:
            self.late_tail = before
        else:
            self.tail = before
        self.legs[slot].queued = 0

    def take(self) -> i64:
        """The slot of the order whose turn it is, or -1."""
        slot: i64 = self.head
        if slot == NIL:
            return -1
        self.pull(slot)
        return slot

    def close(self) -> None:
        """A cascade is over: the next one begins with those that are late."""
        self.scalars[0].rounds += 1
        slot: i64 = self.late_head
        while slot != NIL:
            self.legs[slot].queued = QUEUED
            slot = self.turns[slot].after
        self.head = self.late_head
        self.tail = self.late_tail
        self.late_head = NIL
        self.late_tail = NIL
        self.keep()

    def keep(self) -> None:
        """Note in the state who waits from one message to the next."""
        self.scalars[0].turn_head = self.head
        self.scalars[0].turn_tail = self.tail

    def restore(self) -> None:
        """Who waits, after a snapshot was loaded."""
        self.head = self.scalars[0].turn_head
        self.tail = self.scalars[0].turn_tail
