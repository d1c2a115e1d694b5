"""The account machine: orders as their owners see them, reserved and settled.

It checks shape and account, reserves, and sends ENTER, CANCEL and MODIFY to the books over one ordered
channel; what comes back (fills, ends, refusals) it settles and releases in the step it arrives.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.channel import Channel
from openbell.core.command import Command
from openbell.core.exposure import Exposure
from openbell.core.fees import Fees
from openbell.core.groups import Groups
from openbell.core.outbox import Outbox
from openbell.core.requests import Requests
from openbell.core.tickets import Tickets
from openbell.core.timers import Timers
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        AC_OPEN,
        BUY,
        E_OK,
        EV_CANCELLED,
        EV_ELECTED,
        EV_EXPIRED,
        EV_FILL,
        EV_MODIFIED,
        EV_REJECTED,
        GTD,
        PRIORITY_KEPT,
        SET_DISPLAY,
        ST_CANCELLED,
        ST_EXPIRED,
        ST_FILLED,
        ST_OPEN,
        ST_PARTIALLY_FILLED,
        ST_PENDING,
        ST_REJECTED,
        UNCHANGED,
        WHY_DAY_END,
        WHY_EXPIRED,
    )
    from openbell.core.group_layouts import F_LEG
    from openbell.core.numbers import value_up
    from openbell.core.rulebook import F_FEES, WATCH_EXPOSURE
    from openbell.core.state import (
        F_HIDDEN,
        F_ICEBERG,
        F_NOTIONAL,
        F_SHADED,
        F_TERMS,
        M_ELECTED,
        M_END,
        M_FILL,
        M_MODIFIED,
        M_NOT_MODIFIED,
        M_PRICED,
        M_REDUCED,
        M_REFERENCE,
        M_REFUSED,
        M_STATUS,
    )
    from openbell.core.types import i64, prefetch


class Accounts:
    """Settles what the books report, and keeps each order's reserve exact."""

    def __init__(
        self,
        memory: Any,
        command: Command,
        outbox: Outbox,
        tickets: Tickets,
        requests: Requests,
        vault: Vault,
        timers: Timers,
        exposure: Exposure,
        fees: Fees,
        mail: Channel,
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.assets = memory["assets"]
        self.holdings = memory["holdings"]
        self.rows = memory["tickets"]
        self.alarms = memory["alarms"]
        self.terms = memory["terms"]
        self.stop_terms = memory["stop_terms"]
        self.command = command
        self.answers = memory["answers"]
        self.outbox = outbox
        self.events = memory["events"]
        self.tickets = tickets
        self.requests = requests
        self.vault = vault
        self.timers = timers
        self.exposure = exposure
        self.fees = fees
        self.groups = Groups(memory, exposure)
        self.fee = 0
        self.mail = mail.messages
        self.deals = memory["deals"]
        self.recent = len(self.deals) - 1
        self.closing = 0

    # -- reserve ---------------------------------------------------------------------------------

    def need(self, t: i64, price: i64, leaves: i64) -> i64:
        """What an order must hold: cash at its cap price and the dearest fee for a buy, shares for a sell."""
        if self.rows[t].side != BUY:
            return leaves
        amount: i64 = value_up(price, leaves)
        if leaves > 0 and self.rows[t].flags & F_FEES:
            self.fee = self.fees.most(t, amount, leaves)
            amount += self.fee
        return amount

    def reserve(self, t: i64, amount: i64) -> None:
        """Make the order's reserve exactly `amount`; of a leg, its part of what its group holds."""
        if self.rows[t].flags & F_LEG:
            self.groups.reserve(t, amount, self.fee if amount != 0 else 0)
            return
        change: i64 = amount - self.rows[t].reserved
        a: i64 = self.rows[t].account
        self.rows[t].reserved = amount
        if self.rows[t].side == BUY:
            self.accounts[a].reserved += change
        else:
            self.holdings[self.rows[t].holding].reserved += change
        if (self.accounts[a].watch | self.scalars[0].watch) & WATCH_EXPOSURE:
            self.exposure.update(t, amount == 0)

    # -- messages from the books -----------------------------------------------------------------

    def handle(self, i: i64) -> None:
        """Apply the message at index `i` of the mail."""
        kind: i64 = self.mail[i].kind
        if kind == M_REFERENCE:
            self.assets[self.mail[i].instrument].reference = self.mail[i].price
            return
        t: i64 = self.mail[i].ref
        if self.rows[t].id != self.mail[i].order:
            return  # an answer to a cancel or modify that came after the order's end
        if kind == M_FILL:
            self.fill(i, t)
        elif kind == M_END:
            self.end(i, t)
        elif kind == M_MODIFIED:
            self.modified(i, t)
        elif kind == M_NOT_MODIFIED:
            self.not_modified(i, t)
        elif kind == M_REFUSED:
            self.refused(i, t)
        elif kind == M_STATUS:
            self.rows[t].status = self.mail[i].reason
            self.touch(t)
        elif kind == M_REDUCED:
            self.reduced(i, t)
        elif kind == M_ELECTED:
            self.elected(i, t)
        elif kind == M_PRICED:
            self.priced(i, t)

    def fill(self, i: i64, t: i64) -> None:
        """Settle one side of a trade and release what a better price left reserved."""
        quantity: i64 = self.mail[i].quantity
        value: i64 = self.mail[i].value
        side: i64 = self.rows[t].side
        leaves: i64 = self.mail[i].leaves
        self.vault.settle(self.rows[t].account, self.rows[t].holding, side, quantity, value)
        self.rows[t].filled += quantity
        self.rows[t].notional += value
        by_value: i64 = self.rows[t].flags & F_NOTIONAL
        if by_value != 0:
            self.rows[t].quantity = self.rows[t].filled + leaves
        fee: i64 = 0
        if self.rows[t].flags & F_FEES:
            fee = self.fees.charge(t, value, self.mail[i].reason)
        if leaves == 0 or (self.rows[t].pending == 0 and by_value == 0):
            self.reserve(t, self.need(t, self.rows[t].price, leaves))
        elif side == BUY:
            self.fee = max(0, self.groups.legs[t].fee - fee)
            self.reserve(t, self.rows[t].reserved - value - fee)
        else:
            self.reserve(t, self.rows[t].reserved - quantity)
        self.note_deal(i, side, fee)
        self.rows[t].status = ST_FILLED if leaves == 0 else ST_PARTIALLY_FILLED
        self.touch(t)
        e: i64 = self.event(EV_FILL, t)
        self.events[e].price = self.mail[i].price
        self.events[e].quantity = quantity
        self.events[e].leaves = leaves
        self.events[e].reason = self.mail[i].reason
        self.events[e].trade = self.mail[i].trade
        self.events[e].observed = value
        self.events[e].limit = fee
        self.events[e].other_leaves = self.scalars[0].settlement
        self.events[e].other_order = self.mail[i].other_order
        self.events[e].other_account = self.mail[i].other_account
        if leaves == 0:
            self.over(t)

    def note_deal(self, i: i64, side: i64, fee: i64) -> None:
        """Keep what a bust of the trade has to know; its first fill begins, the second adds its fee."""
        d: i64 = self.mail[i].trade & self.recent
        if self.deals[d].trade != self.mail[i].trade:
            self.deals[d].trade = self.mail[i].trade
            if cython.compiled:
                prefetch(cython.address(self.deals[(d + 4) & self.recent].trade))
            self.deals[d].quantity = self.mail[i].quantity
            self.deals[d].value = self.mail[i].value
            self.deals[d].price = self.mail[i].price
            self.deals[d].buy_fee = 0
            self.deals[d].sell_fee = 0
            self.deals[d].instrument = self.mail[i].instrument
            self.deals[d].day = self.scalars[0].day
            self.deals[d].buyer = self.mail[i].account
            self.deals[d].seller = self.mail[i].other_account
            if side != BUY:
                self.deals[d].buyer = self.mail[i].other_account
                self.deals[d].seller = self.mail[i].account
        if side == BUY:
            self.deals[d].buy_fee += fee
        else:
            self.deals[d].sell_fee += fee

    def end(self, i: i64, t: i64) -> None:
        """What was left of an order is cancelled or expired."""
        reason: i64 = self.mail[i].reason
        self.reserve(t, 0)
        if self.rows[t].flags & F_NOTIONAL:
            self.rows[t].quantity = self.rows[t].filled + self.mail[i].leaves
        self.rows[t].reason = reason
        by_time: bool = reason == WHY_DAY_END or reason == WHY_EXPIRED
        self.rows[t].status = ST_EXPIRED if by_time else ST_CANCELLED
        self.touch(t)
        e: i64 = self.event(EV_EXPIRED if by_time else EV_CANCELLED, t)
        self.events[e].leaves = self.mail[i].leaves
        self.over(t)

    def refused(self, i: i64, t: i64) -> None:
        """The book refused a new order."""
        self.reserve(t, 0)
        self.reject(t, self.mail[i].code, self.mail[i].limit, self.mail[i].observed)
        self.leave(t)

    def reject(self, t: i64, code: i64, limit: i64, observed: i64) -> None:
        """End a new order that a rule refused; it is kept with the reason."""
        self.rows[t].status = ST_REJECTED
        self.rows[t].code = code
        self.rows[t].limit = limit
        self.rows[t].observed = observed
        if self.rows[t].flags & F_FEES:
            self.fees.release(t)
        self.touch(t)
        e: i64 = self.event(EV_REJECTED, t)
        self.events[e].code = code
        self.events[e].limit = limit
        self.events[e].observed = observed
        self.requests.end(self.rows[t].request, self.rows[t].account, self.scalars[0].time)

    def elected(self, i: i64, t: i64) -> None:
        """A stop's condition held: from now on it works at the limit it was given."""
        self.rows[t].status = ST_OPEN
        self.rows[t].price = self.mail[i].price
        self.stop_terms[t].stop_price = self.mail[i].limit
        if self.rows[t].pending == 0:
            self.reserve(t, self.need(t, self.rows[t].price, self.rows[t].quantity))
        self.touch(t)
        e: i64 = self.event(EV_ELECTED, t)
        self.events[e].price = self.mail[i].observed
        self.events[e].limit = self.mail[i].price
        self.events[e].observed = self.mail[i].limit

    def priced(self, i: i64, t: i64) -> None:
        """The book took a new order at its band, not at the price that it asked for."""
        self.rows[t].price = self.mail[i].price
        if self.rows[t].pending == 0 and self.rows[t].flags & F_NOTIONAL == 0:
            self.reserve(t, self.need(t, self.rows[t].price, self.mail[i].leaves))
        else:
            self.reserve(t, self.rows[t].reserved)

    def modified(self, i: i64, t: i64) -> None:
        leaves: i64 = self.mail[i].leaves
        self.rows[t].price = self.mail[i].price
        self.rows[t].quantity = self.rows[t].filled + leaves
        if self.mail[i].limit != 0:  # it waits for this stop price
            self.stop_terms[t].stop_price = self.mail[i].limit
            self.stop_terms[t].trail = self.mail[i].observed
        self.settle_reserve(t, leaves)
        if self.answers_now(i):
            self.answers[self.command.count - 1].flags = self.mail[i].flags & (PRIORITY_KEPT | UNCHANGED)
        if self.mail[i].flags & SET_DISPLAY:
            self.display(t, self.mail[i].value)
        if self.mail[i].flags & UNCHANGED:
            return
        self.touch(t)
        e: i64 = self.event(EV_MODIFIED, t)
        self.events[e].leaves = leaves
        self.events[e].reason = self.mail[i].flags & PRIORITY_KEPT
        self.events[e].limit = self.mail[i].limit
        self.events[e].observed = self.mail[i].observed

    def display(self, t: i64, display: i64) -> None:
        """A modify changed how much of the order is shown."""
        flags: i64 = self.rows[t].flags
        if flags & F_SHADED == 0:
            self.terms[t].min_quantity = 0
        if flags & F_TERMS == 0:
            self.terms[t].expire_ts = 0
        self.terms[t].display = display
        flags = (flags & ~F_SHADED) | F_TERMS
        if display == 0:
            flags |= F_HIDDEN
        elif display > 0:
            flags |= F_ICEBERG
        self.rows[t].flags = flags

    def reduced(self, i: i64, t: i64) -> None:
        """Self-trade prevention lowered the order's open size, and so its total."""
        leaves: i64 = self.mail[i].leaves
        self.rows[t].quantity = self.rows[t].filled + leaves
        if self.rows[t].pending == 0:
            self.reserve(t, self.need(t, self.rows[t].price, leaves))
        self.touch(t)
        e: i64 = self.event(EV_MODIFIED, t)
        self.events[e].reason = self.mail[i].flags

    def not_modified(self, i: i64, t: i64) -> None:
        self.settle_reserve(t, self.rows[t].quantity - self.rows[t].filled)
        if self.answers_now(i):
            self.command.fail(self.mail[i].code, self.mail[i].limit, self.mail[i].observed)

    def settle_reserve(self, t: i64, leaves: i64) -> None:
        """A modify was decided: without another under way the reserve is exact again."""
        if self.rows[t].pending > 0:
            self.rows[t].pending -= 1
        if self.rows[t].pending == 0:
            self.reserve(t, self.need(t, self.rows[t].price, leaves))

    def over(self, t: i64) -> None:
        """A working order ended: it leaves the lists and its request's time to live starts."""
        self.leave(t)
        if self.rows[t].flags & F_FEES:
            self.fees.release(t)
        self.requests.end(self.rows[t].request, self.rows[t].account, self.scalars[0].time)
        a: i64 = self.rows[t].account
        if self.accounts[a].status != AC_OPEN and self.accounts[a].closing_to != 0:
            self.closing = a

    def leave(self, t: i64) -> None:
        """An order works no longer: out of its account's list, and its timer stops."""
        self.tickets.unlink(t)
        if self.rows[t].flags & F_LEG:
            self.groups.leave(t)
        if self.rows[t].tif == GTD and self.alarms[t].timer != 0:
            self.timers.drop(self.alarms[t].timer - 1)
            self.alarms[t].timer = 0

    # -- events and answers ----------------------------------------------------------------------

    def touch(self, t: i64) -> None:
        self.rows[t].seq = self.scalars[0].position
        self.rows[t].updated_ts = self.scalars[0].time

    def event(self, kind: i64, t: i64) -> i64:
        """A new event with the order's state."""
        e: i64 = self.outbox.event(kind, self.rows[t].instrument, self.rows[t].account, self.rows[t].id)
        self.events[e].side = self.rows[t].side
        self.events[e].order_type = self.rows[t].order_type
        self.events[e].tif = self.rows[t].tif
        self.events[e].status = self.rows[t].status
        self.events[e].reason = self.rows[t].reason
        self.events[e].price = self.rows[t].price
        self.events[e].quantity = self.rows[t].quantity
        self.events[e].filled = self.rows[t].filled
        self.events[e].leaves = self.rows[t].quantity - self.rows[t].filled
        self.events[e].notional = self.rows[t].notional
        return e

    def answers_now(self, i: i64) -> bool:
        """Whether message `i` was caused by the command whose answer is being made."""
        return self.mail[i].cause == self.scalars[0].position

    def answer(self, t: i64) -> None:
        """The answer being made shows the order as it is."""
        a: i64 = self.command.count - 1
        self.answers[a].order = self.rows[t].id
        self.answers[a].instrument = self.rows[t].instrument
        self.answers[a].price = self.rows[t].price
        self.answers[a].quantity = self.rows[t].quantity
        self.answers[a].filled = self.rows[t].filled
        self.answers[a].notional = self.rows[t].notional
        self.answers[a].leaves = 0
        if self.working(t):
            self.answers[a].leaves = self.rows[t].quantity - self.rows[t].filled
        self.answers[a].status = self.rows[t].status
        self.answers[a].reason = self.rows[t].reason
        self.answers[a].side = self.rows[t].side
        self.answers[a].order_type = self.rows[t].order_type
        self.answers[a].tif = self.rows[t].tif
        if self.answers[a].code == E_OK and self.rows[t].status == ST_REJECTED:
            self.answers[a].code = self.rows[t].code
            self.answers[a].limit = self.rows[t].limit
            self.answers[a].observed = self.rows[t].observed

    def working(self, t: i64) -> bool:
        status: i64 = self.rows[t].status
        return status == ST_OPEN or status == ST_PARTIALLY_FILLED or status == ST_PENDING
