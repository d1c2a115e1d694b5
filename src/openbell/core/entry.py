"""Order entry: the account's part of new, modify and cancel, before anything reaches a book.

One ordered table of checks (trading-rules): shape, then account; what is left, the book checks.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.accounts import Accounts
from openbell.core.channel import Channel
from openbell.core.command import Command
from openbell.core.limits import Limits
from openbell.core.notional import Notional
from openbell.core.requests import Requests
from openbell.core.sessions import Sessions
from openbell.core.sizes import Sizes
from openbell.core.terms import Terms
from openbell.core.tickets import Tickets
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        AC_LOCKED,
        AC_OPEN,
        BUY,
        CLS,
        DAY,
        E_ACCOUNT_CLOSED,
        E_ACCOUNT_LOCKED,
        E_BAD_PRICE,
        E_BAD_QUANTITY,
        E_BAD_SIDE,
        E_BAD_TIME_IN_FORCE,
        E_BAD_TYPE,
        E_INSUFFICIENT_FUNDS,
        E_INSUFFICIENT_SHARES,
        E_OK,
        E_OPEN_ORDERS,
        E_ORDER_ENDED,
        E_ORDERS_FULL,
        E_POSITIONS_FULL,
        E_UNKNOWN_INSTRUMENT,
        E_UNKNOWN_ORDER,
        E_UNKNOWN_SESSION,
        E_UNSUPPORTED,
        E_WRONG_REALM,
        FROM_APP,
        GTD,
        LIMIT,
        MARKET,
        SELL,
        SET_DISPLAY,
        SET_PRICE,
        SET_QUANTITY,
        ST_OPEN,
        ST_PENDING,
        STOP,
        STOP_LIMIT,
        TRAILING_STOP,
        WHY_USER,
    )
    from openbell.core.group_layouts import F_LEG
    from openbell.core.numbers import value_up
    from openbell.core.prices import collar_price
    from openbell.core.records import PRICE_MAX, QUANTITY_MAX
    from openbell.core.rulebook import WATCHED
    from openbell.core.state import (
        F_NOTIONAL,
        F_SHADED,
        F_TERMS,
        M_CANCEL,
        M_ENTER,
        M_MODIFY,
        NEW_ORDER_WORDS,
        NIL,
    )
    from openbell.core.types import i64


class Entry:
    """Checks, reserves and sends one account's order commands."""

    def __init__(
        self,
        memory: Any,
        genesis: Any,
        command: Command,
        tickets: Tickets,
        requests: Requests,
        vault: Vault,
        accounts: Accounts,
        terms: Terms,
        limits: Limits,
        sessions: Sessions,
        post: Channel,
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.assets = memory["assets"]
        self.holdings = memory["holdings"]
        self.rows = memory["tickets"]
        self.command = command
        self.head = command.head
        self.order = command.new_order
        self.change = command.modify
        self.tickets = tickets
        self.requests = requests
        self.vault = vault
        self.machine = accounts
        self.terms = terms
        self.limits = limits
        self.sessions = sessions
        self.notional = Notional(memory, command, limits)
        self.sizes = Sizes(memory, command, limits, vault, self.notional)
        self.charges = memory["charges"]
        self.post = post
        self.letters = post.messages
        self.stop_entry = terms.stops
        self.watched = 0
        self.limit = 0
        self.observed = 0

    # -- new -------------------------------------------------------------------------------------

    def new(self, order: i64, body: cython.ulonglong) -> i64:
        """Apply the NEW_ORDER on the desk as order number `order`; returns its ticket, or -1 and a refusal.

        The ticket is kept whether or not the order passes: the audit trail shows every attempt.
        """
        a: i64 = self.head[0].account
        n: i64 = self.head[0].instrument
        if n >= self.scalars[0].instruments:
            self.command.fail(E_UNKNOWN_INSTRUMENT, self.scalars[0].instruments, n)
            return -1
        if not self.requests.make_room():
            self.command.fail(E_ORDERS_FULL, self.tickets.capacity, self.tickets.capacity)
            return -1
        t: i64 = self.ticket(order, a, n, body)
        code: i64 = self.shape()
        if code == E_OK:
            code = self.examine(t, n)
        if code == E_OK:
            code = self.hold(t, a, n)
        if code != E_OK:
            self.rows[t].holding = NIL
            self.machine.reject(t, code, self.limit, self.observed)
            return t
        self.rows[t].status = ST_OPEN
        self.tickets.link(t)
        if self.terms.flags != 0:
            self.terms.keep(t)
        self.send(t)
        return t

    def examine(self, t: i64, n: i64) -> i64:
        """The account's checks between an order's shape and what it reserves."""
        a: i64 = self.rows[t].account
        self.rows[t].price = self.cap(t, n)
        code: i64 = self.allowed(a, n)
        if code == E_OK:
            code = self.sized(self.sizes.within(t, n, a, self.terms.flags))
        if self.watched != 0:
            if code == E_OK:
                code = self.explained(self.limits.repeated(a, n))
            if code == E_OK and self.terms.flags & F_NOTIONAL:
                code = self.explained(self.limits.screen(a, n, self.order[0].notional))
            elif code == E_OK:
                code = self.screened(t, self.rows[t].price, self.order[0].quantity)
            self.watched = 0
            self.limits.ordinary()
        return code

    def ticket(self, order: i64, a: i64, n: i64, body: cython.ulonglong) -> i64:
        """A ticket with what the command says, and its request."""
        t: i64 = self.tickets.new(order, a, n, self.head[0].actor)
        self.rows[t].price = self.order[0].price
        self.rows[t].quantity = self.order[0].quantity
        self.rows[t].side = self.order[0].side if self.order[0].side <= SELL else BUY
        self.rows[t].order_type = LIMIT
        if self.order[0].order_type <= TRAILING_STOP:
            self.rows[t].order_type = self.order[0].order_type
            if self.order[0].order_type >= STOP:
                self.stop_entry.begin(t)
        self.rows[t].tif = self.order[0].tif if self.order[0].tif <= CLS else DAY
        self.rows[t].status = ST_PENDING
        self.rows[t].created_ts = self.head[0].ts
        self.machine.touch(t)
        self.rows[t].text0 = self.command.text(NEW_ORDER_WORDS, 0)
        self.rows[t].text1 = self.command.text(NEW_ORDER_WORDS, 1)
        self.rows[t].text2 = self.command.text(NEW_ORDER_WORDS, 2)
        self.rows[t].text3 = self.command.text(NEW_ORDER_WORDS, 3)
        self.rows[t].text4 = self.command.text(NEW_ORDER_WORDS, 4)
        self.rows[t].text5 = self.command.text(NEW_ORDER_WORDS, 5)
        self.rows[t].request = self.requests.add(a, self.head[0].key_low, self.head[0].key_high, body, t)
        return t

    def shape(self) -> i64:
        """Fields, ranges, and the combination of type and time in force."""
        self.limit = 0
        self.observed = 0
        if self.order[0].side != BUY and self.order[0].side != SELL:
            return E_BAD_SIDE
        kind: i64 = self.order[0].order_type
        if kind > TRAILING_STOP:
            return E_BAD_TYPE
        tif: i64 = self.order[0].tif
        if tif > CLS:
            return E_BAD_TIME_IN_FORCE
        self.limit = QUANTITY_MAX
        self.observed = self.order[0].quantity
        by_value: bool = kind == MARKET and self.observed == 0 and self.order[0].notional != 0
        if not by_value and (self.observed < 1 or self.observed > self.limit):
            return E_BAD_QUANTITY
        priced: bool = kind == LIMIT or kind == STOP_LIMIT
        self.limit = PRICE_MAX if priced else 0
        self.observed = self.order[0].price
        if self.observed < 0 or self.observed > self.limit or (priced and self.observed == 0):
            return E_BAD_PRICE
        return self.extras()

    def extras(self) -> i64:
        """What the order asks beyond the plain; a plain one asks nothing."""
        asked: i64 = self.order[0].stop_price | self.order[0].min_quantity | self.order[0].notional
        asked = asked | self.order[0].expire_ts | self.order[0].stp | (self.order[0].flags & ~FROM_APP)
        plain: bool = asked | (self.order[0].display + 1) == 0 and self.order[0].tif != GTD
        if plain and self.order[0].order_type < STOP:
            self.terms.flags = 0
            return E_OK
        code: i64 = self.terms.shape()
        self.limit = self.terms.limit
        self.observed = self.terms.observed
        return code

    def cap(self, t: i64, n: i64) -> i64:
        """The order's absolute limit: its price, or for a market order the collar around the reference."""
        if self.order[0].order_type == LIMIT:
            return self.order[0].price
        if self.order[0].order_type >= STOP:
            return self.stop_entry.cap(t, n)
        return collar_price(
            self.order[0].side,
            self.assets[n].reference,
            self.assets[n].market_collar,
            self.assets[n].tick_size,
        )

    def allowed(self, a: i64, n: i64) -> i64:
        """Whether the account may trade the instrument and have one more open order."""
        self.limit = 0
        self.observed = 0
        if self.accounts[a].status == AC_LOCKED:
            return E_ACCOUNT_LOCKED
        if self.accounts[a].status != AC_OPEN:
            return E_ACCOUNT_CLOSED
        if self.head[0].actor != 0 and self.sessions.find() < 0:
            self.observed = self.head[0].actor
            return E_UNKNOWN_SESSION
        self.watched = self.accounts[a].watch | self.scalars[0].watch | (self.assets[n].flags & WATCHED)
        self.watched |= self.order[0].flags & FROM_APP
        if self.watched != 0:
            code: i64 = self.explained(self.limits.admit(a, n))
            if code != E_OK:
                return code
        self.limit = 0
        self.observed = 0
        if self.accounts[a].realm != self.assets[n].realm:
            self.limit = self.assets[n].realm
            self.observed = self.accounts[a].realm
            return E_WRONG_REALM
        self.limit = self.limits.open_orders_max
        self.observed = self.accounts[a].open_orders + 1
        if self.observed > self.limit:
            return E_OPEN_ORDERS
        self.limit = self.tickets.working_max
        self.observed = self.scalars[0].working + 1
        if self.observed > self.limit:
            return E_ORDERS_FULL
        return E_OK

    def explained(self, code: i64) -> i64:
        """The code of the limits' answer, with its numbers."""
        self.limit = self.limits.limit
        self.observed = self.limits.observed
        return code

    def screened(self, t: i64, price: i64, leaves: i64) -> i64:
        """The checks that follow an order's size: restricted lists, exposure."""
        added: i64 = value_up(price, leaves) - self.charges[t].exposure
        return self.explained(self.limits.screen(self.rows[t].account, self.rows[t].instrument, added))

    def sized(self, code: i64) -> i64:
        """The code of the sizes' answer, with its numbers."""
        self.limit = self.sizes.limit
        self.observed = self.sizes.observed
        return code

    def hold(self, t: i64, a: i64, n: i64) -> i64:
        """Reserve what the new order can cost at most."""
        side: i64 = self.rows[t].side
        if self.scalars[0].tariffs != 0:
            self.machine.fees.stamp(t)
        amount: i64
        if self.terms.flags & F_NOTIONAL:
            amount = self.notional.reserve(t)
        else:
            amount = self.machine.need(t, self.rows[t].price, self.rows[t].quantity)
        h: i64 = self.vault.find(a, n)
        code: i64 = self.covered(side, a, h, amount)
        if code != E_OK:
            return code
        if h < 0:
            h = self.vault.open(a, n)
            if h < 0:
                self.limit = self.vault.capacity
                self.observed = self.vault.capacity + 1
                return E_POSITIONS_FULL
        self.rows[t].holding = h
        self.machine.reserve(t, amount)
        return E_OK

    def covered(self, side: i64, a: i64, h: i64, amount: i64) -> i64:
        """Whether `amount` more can be reserved."""
        self.observed = amount
        if side == BUY:
            self.limit = self.accounts[a].cash - self.accounts[a].reserved
            return E_INSUFFICIENT_FUNDS if amount > self.limit else E_OK
        self.limit = 0
        if h >= 0:
            self.limit = self.holdings[h].quantity - self.holdings[h].reserved
        return E_INSUFFICIENT_SHARES if amount > self.limit else E_OK

    def send(self, t: i64) -> None:
        i: i64 = self.post.post(
            M_ENTER, self.rows[t].instrument, self.rows[t].account, self.rows[t].id, self.head[0].seq
        )
        self.letters[i].side = self.rows[t].side
        self.letters[i].order_type = self.rows[t].order_type
        self.letters[i].tif = self.rows[t].tif
        self.letters[i].flags = self.terms.flags & ~F_TERMS
        self.letters[i].ref = t
        self.letters[i].price = self.rows[t].price
        self.letters[i].quantity = self.rows[t].quantity
        self.letters[i].other_account = self.accounts[self.rows[t].account].group
        if self.terms.flags & F_SHADED:
            self.letters[i].leaves = self.order[0].display
            self.letters[i].value = self.order[0].min_quantity
        elif self.terms.flags & F_NOTIONAL:
            self.letters[i].leaves = self.order[0].notional
            self.letters[i].quantity = self.notional.most
            self.letters[i].value = self.notional.budget
            self.letters[i].limit = self.notional.surcharge
        if self.rows[t].order_type >= STOP:
            self.stop_entry.load(t, i)

    # -- cancel and modify -----------------------------------------------------------------------

    def own(self, order: cython.ulonglong) -> i64:
        """The ticket of an order of the command's account, or -1 and a refusal."""
        t: i64 = self.tickets.find(order)
        if t < 0 or self.rows[t].account != self.head[0].account:
            self.command.fail(E_UNKNOWN_ORDER, 0, 0)
            return -1
        return t

    def cancel(self, order: cython.ulonglong) -> i64:
        """Cancel one order; returns its ticket, or -1. An ended order answers with how it ended."""
        t: i64 = self.own(order)
        if t >= 0 and self.machine.working(t):
            self.send_cancel(t, WHY_USER)
        return t

    def send_cancel(self, t: i64, reason: i64) -> None:
        i: i64 = self.post.post(
            M_CANCEL, self.rows[t].instrument, self.rows[t].account, self.rows[t].id, self.head[0].seq
        )
        self.letters[i].ref = t
        self.letters[i].reason = reason
        self.letters[i].side = self.rows[t].side

    def modify(self) -> i64:
        """Reserve what a dearer MODIFY needs and send it to the book; returns the order's ticket, or -1."""
        t: i64 = self.own(self.change[0].order)
        if t < 0:
            return -1
        if not self.machine.working(t):
            self.command.fail(E_ORDER_ENDED, 0, 0)
            return t
        price: i64 = self.rows[t].price
        total: i64 = self.rows[t].quantity
        if self.rows[t].pending > 0:
            price = self.rows[t].top_price
            total = self.rows[t].top_quantity
        if self.change[0].flags & SET_PRICE:
            price = self.change[0].price
        if self.change[0].flags & SET_QUANTITY:
            total = self.change[0].quantity
        code: i64 = self.change_shape(t, price, total)
        grows: bool = total > self.rows[t].quantity
        if self.change[0].flags & SET_DISPLAY and self.change[0].display != self.terms.display(t):
            grows = True
        cap: i64 = price
        if code == E_OK and self.rows[t].order_type >= STOP and self.stop_entry.asks(t):
            cap = self.stop_entry.new_cap(t, price)
            grows = grows or self.stop_entry.changes(t)
        if code == E_OK and (grows or cap != self.rows[t].price):
            code = self.change_allowed(t, cap, total)
        elif code == E_OK and total < self.rows[t].quantity and total > self.rows[t].filled:
            code = self.change_large_enough(t, cap, total)
        if self.watched != 0:
            self.watched = 0
            self.limits.ordinary()
        if code != E_OK:
            self.command.fail(code, self.limit, self.observed)
            return t
        self.send_modify(t, price, cap, total)
        return t

    def change_shape(self, t: i64, price: i64, total: i64) -> i64:
        self.limit = 0
        self.observed = 0
        asked: i64 = self.change[0].flags & (SET_QUANTITY | SET_DISPLAY)
        if not self.terms.changes(self.rows[t].order_type) or (self.rows[t].flags & F_LEG and asked):
            return E_UNSUPPORTED
        self.limit = PRICE_MAX
        self.observed = price
        if price < 1 or price > PRICE_MAX:
            return E_BAD_PRICE
        self.limit = QUANTITY_MAX
        self.observed = total
        if total < 0 or total > QUANTITY_MAX:
            return E_BAD_QUANTITY
        code: i64 = self.terms.change(t, total)
        self.limit = self.terms.limit
        self.observed = self.terms.observed
        return code

    def change_allowed(self, t: i64, price: i64, total: i64) -> i64:
        """A higher total or another price is checked in full."""
        a: i64 = self.rows[t].account
        self.limit = 0
        self.observed = 0
        if self.accounts[a].status != AC_OPEN:
            return E_ACCOUNT_LOCKED if self.accounts[a].status == AC_LOCKED else E_ACCOUNT_CLOSED
        if total <= self.rows[t].filled:
            return E_OK
        n: i64 = self.rows[t].instrument
        self.watched = self.accounts[a].watch | self.scalars[0].watch | (self.assets[n].flags & WATCHED)
        code: i64 = E_OK
        if self.watched != 0:
            code = self.explained(self.limits.admit(a, n))
        if code == E_OK:
            code = self.sized(self.sizes.bounded(price, total - self.rows[t].filled))
        if code == E_OK:
            code = self.change_large_enough(t, price, total)
        if code == E_OK and self.watched != 0:
            code = self.screened(t, price, total - self.rows[t].filled)
        if code != E_OK:
            return code
        if self.rows[t].pending > 0:  # the book may take any of them
            price = max(price, self.rows[t].top_price)
            total = max(total, self.rows[t].top_quantity)
        amount: i64 = self.machine.need(t, price, total - self.rows[t].filled)
        extra: i64 = amount - self.rows[t].reserved
        if extra <= 0:
            return E_OK
        if self.rows[t].flags & F_LEG:
            extra = self.machine.groups.extra(t, amount, self.machine.fee)
        code = self.covered(self.rows[t].side, a, self.rows[t].holding, extra)
        if code == E_OK:
            self.machine.reserve(t, amount)
        return code

    def change_large_enough(self, t: i64, price: i64, total: i64) -> i64:
        n: i64 = self.rows[t].instrument
        leaves: i64 = total - self.rows[t].filled
        return self.sized(self.sizes.large_enough(n, self.rows[t].side, price, leaves, self.rows[t].account))

    def send_modify(self, t: i64, price: i64, cap: i64, total: i64) -> None:
        """`cap` is the dearest that `price`, or a new stop price, can come to."""
        if self.rows[t].pending == 0:
            self.rows[t].top_price = self.rows[t].price
            self.rows[t].top_quantity = self.rows[t].quantity
        self.rows[t].top_price = max(cap, self.rows[t].top_price)
        self.rows[t].top_quantity = max(total, self.rows[t].top_quantity)
        self.rows[t].pending += 1
        i: i64 = self.post.post(
            M_MODIFY, self.rows[t].instrument, self.rows[t].account, self.rows[t].id, self.head[0].seq
        )
        self.letters[i].ref = t
        self.letters[i].side = self.rows[t].side
        self.letters[i].flags = self.change[0].flags
        self.letters[i].price = price
        self.letters[i].quantity = total
        self.letters[i].value = self.change[0].display
        self.letters[i].limit = self.change[0].if_filled
        if self.rows[t].order_type >= STOP:
            self.stop_entry.load_change(t, i, cap)
