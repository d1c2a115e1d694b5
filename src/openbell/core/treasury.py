"""Accounts' commands: open, deposit, withdraw, transfer, issue, lock, close.

Cash enters by deposit and leaves by withdrawal, shares come into being by issue; all else moves between
accounts of one realm. Every movement is an event with its counterparty.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.outbox import Outbox
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        AC_CLOSED,
        AC_LOCKED,
        AC_OPEN,
        C_CLOSE_ACCOUNT,
        C_DEPOSIT,
        C_ISSUE,
        C_LOCK_ACCOUNT,
        C_OPEN_ACCOUNT,
        C_TRANSFER,
        C_WITHDRAW,
        E_ACCOUNT_CLOSED,
        E_ACCOUNTS_FULL,
        E_BAD_AMOUNT,
        E_BAD_NOTIONAL,
        E_BAD_PRICE,
        E_BAD_QUANTITY,
        E_INSUFFICIENT_FUNDS,
        E_INSUFFICIENT_SHARES,
        E_NOT_ALLOWED,
        E_OK,
        E_OVERFLOW,
        E_POSITIONS_FULL,
        E_UNKNOWN_ACCOUNT,
        E_UNKNOWN_FIRM,
        E_UNKNOWN_INSTRUMENT,
        E_UNSETTLED,
        E_WRONG_REALM,
        EV_ACCOUNT,
        EV_CASH,
        EV_SHARES,
        KIND_DEMO,
        KIND_HOUSE,
        KIND_USER,
    )
    from openbell.core.numbers import value_down
    from openbell.core.records import CLEARING_ACCOUNT, FIRST_ACCOUNT, NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX
    from openbell.core.rulebook import WATCH_EXPOSURE, WATCH_LIMITS
    from openbell.core.state import NIL
    from openbell.core.types import CASH_TOP, GROUP_MAX, i64


class Treasury:
    """Applies the account commands that are not orders; each returns a refusal's code or E_OK."""

    def __init__(self, memory: Any, genesis: Any, command: Command, outbox: Outbox, vault: Vault) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.assets = memory["assets"]
        self.holdings = memory["holdings"]
        self.answers = memory["answers"]
        self.events = memory["events"]
        self.command = command
        self.head = command.head
        self.outbox = outbox
        self.vault = vault
        self.accounts_max = genesis.accounts
        self.limit = 0
        self.observed = 0

    def exists(self, a: i64) -> bool:
        """Whether the account was ever opened."""
        return a > 0 and a < self.scalars[0].accounts

    def usable(self, a: i64) -> i64:
        """E_OK if the account exists, is not closed, and is not the one that fills pass through."""
        self.limit = 0
        self.observed = a
        if not self.exists(a):
            return E_UNKNOWN_ACCOUNT
        if a == CLEARING_ACCOUNT:
            return E_NOT_ALLOWED
        if self.accounts[a].status == AC_CLOSED:
            return E_ACCOUNT_CLOSED
        return E_OK

    def afford(self, a: i64, amount: i64) -> i64:
        """E_OK if the account's available cash covers `amount`."""
        self.limit = self.accounts[a].cash - self.accounts[a].reserved
        self.observed = amount
        return E_INSUFFICIENT_FUNDS if amount > self.limit else E_OK

    def settled(self, a: i64, amount: i64) -> i64:
        """E_OK if the account's available cash covers `amount` without the proceeds of unsettled sales."""
        code: i64 = self.afford(a, amount)
        if code != E_OK:
            return code
        self.limit = self.vault.withdrawable(a)
        return E_UNSETTLED if amount > self.limit else E_OK

    def same_realm(self, wanted: i64, found: i64) -> i64:
        """E_OK if both are one realm."""
        self.limit = wanted
        self.observed = found
        return E_OK if wanted == found else E_WRONG_REALM

    def blank(self, a: i64, kind: i64, realm: i64) -> None:
        """Make account number `a`; it must be the next."""
        self.scalars[0].accounts = a + 1
        self.accounts[a].status = AC_OPEN
        self.accounts[a].kind = kind
        self.accounts[a].realm = realm
        self.accounts[a].group = a
        self.accounts[a].day = self.scalars[0].day
        self.accounts[a].work_head = NIL
        self.accounts[a].work_tail = NIL
        self.accounts[a].ended_head = NIL
        self.accounts[a].ended_tail = NIL
        self.accounts[a].holdings = NIL
        self.accounts[a].opened_ts = self.scalars[0].time
        self.accounts[a].last_activity = self.scalars[0].time

    def open(self) -> i64:
        """OPEN_ACCOUNT: a new account, with a grant from another one's cash."""
        kind: i64 = self.command.open_account[0].kind
        realm: i64 = self.command.open_account[0].realm
        grant: i64 = self.command.open_account[0].grant
        source: i64 = self.command.open_account[0].source_account
        code: i64 = self.may_open(kind, realm, grant, source)
        if code != E_OK:
            return code
        a: i64 = self.scalars[0].accounts
        self.blank(a, kind, realm)
        self.accounts[a].firm = self.head[0].firm
        if self.head[0].firm != 0:
            self.accounts[a].watch = WATCH_LIMITS | WATCH_EXPOSURE
        if self.command.open_account[0].group != 0:
            self.accounts[a].group = self.command.open_account[0].group
        self.answers[self.command.count - 1].account = a
        self.tell_account(a)
        if grant > 0:
            self.move_cash(source, a, grant, C_OPEN_ACCOUNT)
        return E_OK

    def may_open(self, kind: i64, realm: i64, grant: i64, source: i64) -> i64:
        self.limit = self.accounts_max
        self.observed = self.scalars[0].accounts + 1
        if self.observed > self.limit:
            return E_ACCOUNTS_FULL
        self.limit = 0
        self.observed = kind
        if kind != KIND_USER and (kind < KIND_HOUSE or kind > KIND_DEMO):
            return E_NOT_ALLOWED
        self.limit = 0xFFFF
        self.observed = realm
        if realm > self.limit:
            return E_WRONG_REALM
        self.limit = self.scalars[0].firms
        self.observed = self.head[0].firm
        if self.observed > self.limit:
            return E_UNKNOWN_FIRM
        self.limit = GROUP_MAX
        self.observed = self.command.open_account[0].group
        if self.observed < 0 or self.observed > GROUP_MAX:
            return E_NOT_ALLOWED
        self.limit = NOTIONAL_MAX
        self.observed = grant
        if grant < 0 or grant > NOTIONAL_MAX:
            return E_BAD_AMOUNT
        if grant == 0:
            return E_OK
        code: i64 = self.usable(source)
        if code == E_OK:
            code = self.same_realm(realm, self.accounts[source].realm)
        return self.afford(source, grant) if code == E_OK else code

    def deposit(self) -> i64:
        a: i64 = self.head[0].account
        amount: i64 = self.command.amount[0].amount
        code: i64 = self.usable(a)
        if code != E_OK:
            return code
        self.limit = NOTIONAL_MAX
        self.observed = amount
        if amount < 1 or amount > NOTIONAL_MAX:
            return E_BAD_AMOUNT
        if self.scalars[0].deposits > CASH_TOP - amount:
            return E_OVERFLOW
        self.scalars[0].deposits += amount
        self.vault.pay(a, amount)
        self.tell_cash(a, amount, 0, C_DEPOSIT)
        return E_OK

    def withdraw(self) -> i64:
        a: i64 = self.head[0].account
        amount: i64 = self.command.amount[0].amount
        code: i64 = self.usable(a)
        if code != E_OK:
            return code
        self.limit = NOTIONAL_MAX
        self.observed = amount
        if amount < 1 or amount > NOTIONAL_MAX:
            return E_BAD_AMOUNT
        code = self.settled(a, amount)
        if code != E_OK:
            return code
        self.scalars[0].withdrawals += amount
        self.vault.pay(a, -amount)
        self.tell_cash(a, -amount, 0, C_WITHDRAW)
        return E_OK

    def transfer(self) -> i64:
        """TRANSFER: cash, shares, or both, between two accounts of one realm; whole or not at all."""
        a: i64 = self.head[0].account
        b: i64 = self.command.transfer[0].to_account
        cash: i64 = self.command.transfer[0].cash
        quantity: i64 = self.command.transfer[0].quantity
        n: i64 = self.head[0].instrument
        code: i64 = self.may_transfer(a, b, cash, quantity)
        if code == E_OK and quantity > 0:
            code = self.may_give(a, b, n, quantity)
        if code != E_OK:
            return code
        if quantity > 0:
            self.move_shares(a, b, n, quantity, C_TRANSFER)
        if cash > 0:
            self.move_cash(a, b, cash, C_TRANSFER)
        return E_OK

    def may_transfer(self, a: i64, b: i64, cash: i64, quantity: i64) -> i64:
        code: i64 = self.usable(a)
        if code == E_OK:
            code = self.usable(b)
        if code != E_OK:
            return code
        if a == b:
            return E_NOT_ALLOWED
        code = self.same_realm(self.accounts[a].realm, self.accounts[b].realm)
        if code != E_OK:
            return code
        self.limit = NOTIONAL_MAX
        self.observed = cash
        if cash < 0 or cash > NOTIONAL_MAX:
            return E_BAD_AMOUNT
        self.limit = QUANTITY_MAX
        self.observed = quantity
        if quantity < 0 or quantity > QUANTITY_MAX or (quantity == 0 and cash == 0):
            return E_BAD_QUANTITY
        return self.settled(a, cash)

    def may_give(self, a: i64, b: i64, n: i64, quantity: i64) -> i64:
        self.limit = self.scalars[0].instruments
        self.observed = n
        if n >= self.limit:
            return E_UNKNOWN_INSTRUMENT
        h: i64 = self.vault.find(a, n)
        self.limit = 0
        if h >= 0:
            self.limit = self.holdings[h].quantity - self.holdings[h].reserved
        self.observed = quantity
        if quantity > self.limit:
            return E_INSUFFICIENT_SHARES
        self.limit = self.vault.capacity
        self.observed = self.limit + 1
        if self.vault.open(b, n) < 0:
            return E_POSITIONS_FULL
        return E_OK

    def issue(self) -> i64:
        """ISSUE: shares come into being on an account, with a cost."""
        a: i64 = self.head[0].account
        n: i64 = self.head[0].instrument
        quantity: i64 = self.command.issue[0].quantity
        price: i64 = self.command.issue[0].price
        code: i64 = self.may_issue(a, n, quantity, price)
        if code != E_OK:
            return code
        self.limit = self.vault.capacity
        self.observed = self.limit + 1
        h: i64 = self.vault.open(a, n)
        if h < 0:
            return E_POSITIONS_FULL
        cost: i64 = value_down(price, quantity)
        self.assets[n].issued += quantity
        self.vault.give(h, quantity, cost)
        self.tell_shares(a, n, quantity, cost, 0, C_ISSUE)
        return E_OK

    def may_issue(self, a: i64, n: i64, quantity: i64, price: i64) -> i64:
        code: i64 = self.usable(a)
        if code != E_OK:
            return code
        self.limit = self.scalars[0].instruments
        self.observed = n
        if n >= self.limit:
            return E_UNKNOWN_INSTRUMENT
        code = self.same_realm(self.assets[n].realm, self.accounts[a].realm)
        if code != E_OK:
            return code
        self.limit = QUANTITY_MAX
        self.observed = quantity
        if quantity < 1 or quantity > QUANTITY_MAX:
            return E_BAD_QUANTITY
        if self.assets[n].issued > CASH_TOP - quantity:
            return E_OVERFLOW
        self.limit = PRICE_MAX
        self.observed = price
        if price < 0 or price > PRICE_MAX:
            return E_BAD_PRICE
        self.limit = NOTIONAL_MAX
        self.observed = value_down(price, quantity)
        return E_BAD_NOTIONAL if self.observed > NOTIONAL_MAX else E_OK

    def lock(self, kind: i64) -> i64:
        """LOCK_ACCOUNT, UNLOCK_ACCOUNT."""
        a: i64 = self.head[0].account
        code: i64 = self.usable(a)
        if code != E_OK:
            return code
        if a < FIRST_ACCOUNT or self.accounts[a].closing_to != 0:
            return E_NOT_ALLOWED
        self.accounts[a].status = AC_LOCKED if kind == C_LOCK_ACCOUNT else AC_OPEN
        self.tell_account(a)
        return E_OK

    def close(self) -> i64:
        """CLOSE_ACCOUNT: nothing new from now on; `finish` returns what it has once its orders ended."""
        a: i64 = self.head[0].account
        b: i64 = self.command.close[0].to_account
        code: i64 = self.usable(a)
        if code == E_OK:
            code = self.usable(b)
        if code != E_OK:
            return code
        if a < FIRST_ACCOUNT or a == b or self.accounts[a].closing_to != 0:
            return E_NOT_ALLOWED
        if self.accounts[b].closing_to != 0:
            return E_ACCOUNT_CLOSED
        code = self.same_realm(self.accounts[a].realm, self.accounts[b].realm)
        if code != E_OK:
            return code
        self.accounts[a].status = AC_LOCKED
        self.accounts[a].closing_to = b
        return E_OK

    def finish(self, a: i64) -> None:
        """The last order of a closing account ended: return its cash and shares, and close it."""
        if self.accounts[a].closing_to == 0 or self.accounts[a].open_orders != 0:
            return
        b: i64 = self.accounts[a].closing_to
        h: i64 = self.accounts[a].holdings
        while h != NIL:
            following: i64 = self.holdings[h].next
            self.hand_over(a, b, h)
            h = following
        self.vault.roll(a)
        self.vault.roll(b)
        self.accounts[b].unsettled += self.accounts[a].unsettled
        self.accounts[a].unsettled = 0
        if self.accounts[a].cash > 0:
            self.move_cash(a, b, self.accounts[a].cash, C_CLOSE_ACCOUNT)
        self.accounts[a].closing_to = 0
        self.accounts[a].status = AC_CLOSED
        self.tell_account(a)

    def hand_over(self, a: i64, b: i64, h: i64) -> None:
        """Give all shares of holding `h`, and its slot, to `b`: so there is always room."""
        n: i64 = self.holdings[h].instrument
        quantity: i64 = self.holdings[h].quantity
        cost: i64 = self.holdings[h].cost
        self.vault.drop(h)
        if quantity == 0:
            return
        self.vault.give(self.vault.open(b, n), quantity, cost)
        self.tell_shares(a, n, -quantity, -cost, b, C_CLOSE_ACCOUNT)
        self.tell_shares(b, n, quantity, cost, a, C_CLOSE_ACCOUNT)

    # -- movements and their events --------------------------------------------------------------

    def move_cash(self, a: i64, b: i64, amount: i64, why: i64) -> None:
        self.vault.pay(a, -amount)
        self.vault.pay(b, amount)
        self.tell_cash(a, -amount, b, why)
        self.tell_cash(b, amount, a, why)

    def move_shares(self, a: i64, b: i64, n: i64, quantity: i64, why: i64) -> None:
        """Shares with their part of the cost; both holdings exist."""
        source: i64 = self.vault.find(a, n)
        target: i64 = self.vault.find(b, n)
        cost: i64 = self.vault.cost_of(source, quantity)
        self.vault.give(source, -quantity, -cost)
        self.vault.give(target, quantity, cost)
        self.tell_shares(a, n, -quantity, -cost, b, why)
        self.tell_shares(b, n, quantity, cost, a, why)

    def tell_cash(self, a: i64, amount: i64, other: i64, why: i64) -> None:
        e: i64 = self.outbox.event(EV_CASH, 0, a, 0)
        self.events[e].quantity = amount
        self.events[e].notional = self.accounts[a].cash
        self.events[e].other_account = other
        self.events[e].reason = why

    def tell_shares(self, a: i64, n: i64, quantity: i64, cost: i64, other: i64, why: i64) -> None:
        e: i64 = self.outbox.event(EV_SHARES, n, a, 0)
        self.events[e].quantity = quantity
        self.events[e].notional = cost
        self.events[e].other_account = other
        self.events[e].reason = why

    def tell_account(self, a: i64) -> None:
        e: i64 = self.outbox.event(EV_ACCOUNT, 0, a, 0)
        self.events[e].status = self.accounts[a].status
        self.events[e].order_type = self.accounts[a].kind
        self.events[e].quantity = self.accounts[a].realm
