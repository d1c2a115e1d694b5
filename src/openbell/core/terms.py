"""What an order asks beyond side, price, size and time in force: checked, and kept beside its ticket.

A plain order asks nothing, its flags are 0 and its row of the terms is never touched.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.stop_entry import StopEntry
from openbell.core.timers import Timers

if not cython.compiled:
    from openbell.core.codes import (
        DECREMENT,
        E_BAD_DISPLAY,
        E_BAD_EXPIRY,
        E_BAD_MIN_QUANTITY,
        E_BAD_MODE,
        E_BAD_NOTIONAL,
        E_BAD_QUANTITY,
        E_OK,
        E_UNSUPPORTED,
        FOK,
        FROM_APP,
        GTD,
        IOC,
        MARKET,
        OPG,
        POST_ONLY,
        SET_DISPLAY,
        SET_PRICE,
        SET_QUANTITY,
        SET_STOP_PRICE,
        ST_PARTIALLY_FILLED,
        ST_PENDING,
        STOP,
        STOP_LIMIT,
        TRAIL_PERCENT,
        TRAILING_STOP,
    )
    from openbell.core.records import NOTIONAL_MAX
    from openbell.core.state import (
        F_HIDDEN,
        F_ICEBERG,
        F_NOTIONAL,
        F_POST_ONLY,
        F_SHADED,
        F_STP_SHIFT,
        F_TERMS,
    )
    from openbell.core.types import DAY_NS, EXPIRY_DAYS, i64


class Terms:
    """The terms of the NEW_ORDER on the desk, and of every ticket that has some."""

    def __init__(self, memory: Any, command: Command, timers: Timers, stops: StopEntry) -> None:
        self.scalars = memory["scalars"]
        self.terms = memory["terms"]
        self.rows = memory["tickets"]
        self.alarms = memory["alarms"]
        self.head = command.head
        self.order = command.new_order
        self.desk = command.modify
        self.timers = timers
        self.stops = stops
        self.flags = 0
        self.limit = 0
        self.observed = 0

    def shape(self) -> i64:
        """Whether the fields make sense together; sets `flags`, or `limit` and `observed` of a refusal."""
        self.flags = 0
        self.limit = 0
        self.observed = 0
        if self.order[0].order_type >= STOP:
            if self.order[0].min_quantity != 0 or self.order[0].display != -1:
                return E_UNSUPPORTED
        elif self.order[0].stop_price != 0:
            return E_UNSUPPORTED
        code: i64 = self.shape_notional()
        if code == E_OK:
            code = self.shape_display()
        if code != E_OK:
            return code
        self.limit = DECREMENT
        self.observed = self.order[0].stp
        if self.observed > DECREMENT or (self.observed == DECREMENT and self.flags & F_NOTIONAL):
            return E_BAD_MODE
        self.flags |= self.observed << F_STP_SHIFT
        self.limit = 0
        self.observed = 0
        code = self.shape_flags()
        if code == E_OK:
            code = self.shape_expiry()
        if code == E_OK and self.order[0].order_type >= STOP:
            code = self.stops.shape()
            self.limit = self.stops.limit
            self.observed = self.stops.observed
        return code

    def rests(self) -> bool:
        """Whether the order may wait in a book."""
        if self.order[0].order_type == MARKET:
            return False
        tif: i64 = self.order[0].tif
        return tif != IOC and tif != FOK and tif < OPG

    def shape_notional(self) -> i64:
        """A MARKET order may ask for so much money instead of shares; FOK has no meaning then."""
        self.observed = self.order[0].notional
        if self.observed == 0:
            return E_OK
        if self.order[0].order_type != MARKET or self.order[0].tif == FOK or self.order[0].tif >= OPG:
            self.observed = 0
            return E_UNSUPPORTED
        self.limit = NOTIONAL_MAX
        if self.observed < 0 or self.observed > self.limit:
            return E_BAD_NOTIONAL
        self.limit = 0
        self.observed = self.order[0].quantity
        if self.observed != 0:
            return E_BAD_QUANTITY
        self.flags = F_TERMS | F_NOTIONAL
        return E_OK

    def shape_display(self) -> i64:
        """How much is shown at a time: all (-1), nothing (0), or so much; a hidden order has a minimum."""
        display: i64 = self.order[0].display
        least: i64 = self.order[0].min_quantity
        if display != -1 and not self.rests():
            return E_UNSUPPORTED
        self.limit = self.order[0].quantity
        self.observed = display
        if display < -1 or display > self.limit:
            return E_BAD_DISPLAY
        self.observed = least
        if least < 0 or least > self.limit:
            return E_BAD_MIN_QUANTITY
        if least != 0 and display != 0:
            self.limit = 0
            return E_BAD_MIN_QUANTITY
        if display == 0:
            self.flags |= F_TERMS | F_HIDDEN
        elif display > 0:
            self.flags |= F_TERMS | F_ICEBERG
        return E_OK

    def changes(self, kind: i64) -> bool:
        """Whether the fields of the MODIFY on the desk make sense together, for an order of this type."""
        flags: i64 = self.desk[0].flags
        if flags & ~(SET_PRICE | SET_QUANTITY | SET_STOP_PRICE | SET_DISPLAY) or flags == 0:
            return False
        shows: bool = flags & SET_DISPLAY != 0
        if (shows and kind >= STOP) or (not shows and self.desk[0].display != 0):
            return False
        stopped: bool = flags & SET_STOP_PRICE != 0
        if (stopped and kind < STOP) or (not stopped and self.desk[0].stop_price != 0):
            return False
        if flags & SET_PRICE == 0:
            return True
        return kind != MARKET and not (stopped and kind != STOP_LIMIT)

    def change(self, t: i64, total: i64) -> i64:
        """What the MODIFY on the desk changes beyond price and total; no change is right too."""
        if self.desk[0].flags & SET_DISPLAY:
            return self.change_display(t, total, self.desk[0].display)
        if self.desk[0].flags & SET_STOP_PRICE == 0:
            return E_OK
        code: i64 = self.stops.well_formed(
            self.rows[t].order_type, self.stops.terms[t].flags, self.desk[0].stop_price
        )
        self.limit = self.stops.limit
        self.observed = self.stops.observed
        return code

    def change_display(self, t: i64, total: i64, display: i64) -> i64:
        """A modify shows more or less of an order, as at entry; one with a minimum stays hidden."""
        self.limit = 0
        self.observed = 0
        if self.rows[t].order_type == MARKET or self.rows[t].tif >= OPG:
            return E_UNSUPPORTED
        self.limit = total
        self.observed = display
        if display < -1 or display > total:
            return E_BAD_DISPLAY
        if display != 0 and self.rows[t].flags & F_SHADED and self.terms[t].min_quantity != 0:
            self.limit = 0
            self.observed = self.terms[t].min_quantity
            return E_BAD_MIN_QUANTITY
        return E_OK

    def shape_flags(self) -> i64:
        known: i64 = FROM_APP
        if self.order[0].order_type < STOP:
            known = FROM_APP | POST_ONLY
        elif self.order[0].order_type == TRAILING_STOP:
            known = FROM_APP | TRAIL_PERCENT
        if self.order[0].flags & ~known:
            return E_UNSUPPORTED
        if self.order[0].flags & POST_ONLY:
            if not self.rests():
                return E_UNSUPPORTED
            self.flags |= F_POST_ONLY
        return E_OK

    def shape_expiry(self) -> i64:
        """GTD ends after now and within 366 days; no other time in force has an end."""
        due: i64 = self.order[0].expire_ts
        self.observed = due
        if self.order[0].tif != GTD:
            return E_BAD_EXPIRY if due != 0 else E_OK
        if self.order[0].order_type == MARKET:
            self.observed = 0
            return E_UNSUPPORTED
        self.limit = self.head[0].ts
        if due <= self.limit:
            return E_BAD_EXPIRY
        if due - self.limit > EXPIRY_DAYS * DAY_NS:
            self.limit += EXPIRY_DAYS * DAY_NS
            return E_BAD_EXPIRY
        self.flags |= F_TERMS
        return E_OK

    def keep(self, t: i64) -> None:
        """The order's ticket takes the terms that `shape` found right, and its timer starts."""
        self.rows[t].flags |= self.flags
        if self.flags & F_TERMS == 0:
            return
        self.terms[t].expire_ts = self.order[0].expire_ts
        self.terms[t].display = self.order[0].display
        self.terms[t].min_quantity = self.order[0].min_quantity
        self.terms[t].notional = self.order[0].notional
        if self.order[0].expire_ts != 0:
            self.start(t)

    def display(self, t: i64) -> i64:
        """How much an order shows at a time."""
        return self.terms[t].display if self.rows[t].flags & F_SHADED else -1

    def start(self, t: i64) -> None:
        """Set the timer that ends a GTD order."""
        self.alarms[t].timer = 1 + self.timers.add(self.terms[t].expire_ts, self.rows[t].id, t)

    def restart(self) -> None:
        """Set every working order's timer anew, after a snapshot was loaded."""
        t: i64
        for t in range(self.scalars[0].ticket_used):
            if self.rows[t].id != 0 and self.rows[t].tif == GTD and self.works(t):
                self.start(t)

    def works(self, t: i64) -> bool:
        return self.rows[t].status >= ST_PENDING and self.rows[t].status <= ST_PARTIALLY_FILLED
