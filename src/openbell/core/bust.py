"""BUST: a trade is taken back by postings the other way; nothing is deleted, orders stay as they ended.

What a side has no more comes from the error account, which alone may be negative (trading-rules: Bust).
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.command import Command
from openbell.core.outbox import Outbox
from openbell.core.treasury import Treasury
from openbell.core.vault import Vault

if not cython.compiled:
    from openbell.core.codes import (
        AC_CLOSED,
        C_BUST,
        E_NOT_ALLOWED,
        E_OK,
        E_POSITIONS_FULL,
        E_UNKNOWN_TRADE,
        EV_BUST,
    )
    from openbell.core.records import ERROR_ACCOUNT, FEE_ACCOUNT
    from openbell.core.types import POSITIVE, i64


class Busts:
    """Applies BUST to the trades that are still kept; `limit` and `observed` explain a refusal."""

    def __init__(
        self, memory: Any, command: Command, outbox: Outbox, treasury: Treasury, vault: Vault
    ) -> None:
        self.scalars = memory["scalars"]
        self.accounts = memory["accounts"]
        self.holdings = memory["holdings"]
        self.deals = memory["deals"]
        self.events = memory["events"]
        self.head = command.head
        self.order = command.bust
        self.outbox = outbox
        self.treasury = treasury
        self.vault = vault
        self.recent = len(self.deals) - 1
        self.limit = 0
        self.observed = 0
        self.lent = 0

    def bust(self) -> i64:
        """BUST: whole or not at all."""
        self.limit = self.head[0].actor
        self.observed = self.order[0].second
        if self.limit == 0 or self.observed == 0 or self.limit == self.observed:
            return E_NOT_ALLOWED
        d: i64 = self.order[0].trade & self.recent
        self.limit = 0
        self.observed = self.order[0].trade & POSITIVE
        if self.order[0].trade == 0 or self.deals[d].trade != self.order[0].trade:
            return E_UNKNOWN_TRADE
        if self.deals[d].buyer == 0:
            return E_NOT_ALLOWED
        b: i64 = self.party(self.deals[d].buyer)
        s: i64 = self.party(self.deals[d].seller)
        lacking: i64 = self.lacking(d, b)
        if not self.has_room(d, b, s, lacking):
            self.limit = self.vault.capacity
            self.observed = self.vault.capacity + 1
            return E_POSITIONS_FULL
        self.post(d, b, s, lacking)
        self.deals[d].buyer = 0
        return E_OK

    def party(self, a: i64) -> i64:
        """Who stands for a side: itself, or the error account once it is closed."""
        return ERROR_ACCOUNT if self.accounts[a].status == AC_CLOSED else a

    def lacking(self, d: i64, b: i64) -> i64:
        """How many of the shares the buyer's side has no more, or has promised to others."""
        if b == ERROR_ACCOUNT:
            return 0
        h: i64 = self.vault.find(b, self.deals[d].instrument)
        free: i64 = 0
        if h >= 0:
            free = self.holdings[h].quantity - self.holdings[h].reserved
        return max(0, self.deals[d].quantity - free)

    def has_room(self, d: i64, b: i64, s: i64, lacking: i64) -> bool:
        """Holdings for all that gets or gives shares."""
        n: i64 = self.deals[d].instrument
        if b == s:
            return True
        if lacking > 0 and self.vault.open(ERROR_ACCOUNT, n) < 0:
            return False
        return self.vault.open(b, n) >= 0 and self.vault.open(s, n) >= 0

    def post(self, d: i64, b: i64, s: i64, lacking: i64) -> None:
        """Fees back, cash back to the buyer, shares back to the seller, each with its events."""
        e: i64 = self.outbox.event(EV_BUST, self.deals[d].instrument, self.deals[d].buyer, 0)
        self.events[e].other_account = self.deals[d].seller
        self.events[e].trade = self.deals[d].trade
        self.events[e].price = self.deals[d].price
        self.events[e].quantity = self.deals[d].quantity
        self.events[e].notional = self.deals[d].value
        self.events[e].limit = self.deals[d].buy_fee
        self.events[e].observed = self.deals[d].sell_fee
        self.lent = 0
        self.pay(FEE_ACCOUNT, b, self.deals[d].buy_fee)
        self.pay(FEE_ACCOUNT, s, self.deals[d].sell_fee)
        self.accounts[self.deals[d].buyer].fees -= self.deals[d].buy_fee
        self.accounts[self.deals[d].seller].fees -= self.deals[d].sell_fee
        self.unsettle(d, s)
        if b != s:
            self.pay(s, b, self.deals[d].value)
            self.give(d, b, s, lacking)
            self.events[e].leaves = lacking
        self.events[e].other_leaves = self.lent

    def unsettle(self, d: i64, s: i64) -> None:
        """The sale's proceeds are no longer awaited."""
        if s == ERROR_ACCOUNT or self.deals[d].day < self.scalars[0].settled_day:
            return
        self.vault.roll(s)
        self.accounts[s].unsettled -= self.deals[d].value - self.deals[d].sell_fee

    def pay(self, giver: i64, taker: i64, amount: i64) -> None:
        """Cash from one to another; what the giver has not, the error account gives it first."""
        if amount == 0 or giver == taker:
            return
        short: i64 = 0
        if giver != ERROR_ACCOUNT:
            short = max(0, amount - (self.accounts[giver].cash - self.accounts[giver].reserved))
        if short > 0:
            self.lent += short
            self.move(ERROR_ACCOUNT, giver, short)
        self.move(giver, taker, amount)

    def move(self, giver: i64, taker: i64, amount: i64) -> None:
        """Cash that moves as if it were traded: to the day's profit it is no deposit."""
        self.treasury.move_cash(giver, taker, amount, C_BUST)
        self.accounts[giver].net_deposits += amount
        self.accounts[taker].net_deposits -= amount

    def give(self, d: i64, b: i64, s: i64, lacking: i64) -> None:
        """Shares back, with their part of the cost; those of the error account have none."""
        n: i64 = self.deals[d].instrument
        own: i64 = self.deals[d].quantity - lacking
        if b == ERROR_ACCOUNT:
            lacking = own
            own = 0
        if own > 0:
            self.treasury.move_shares(b, s, n, own, C_BUST)
            self.traded(b, s, n, own)
        if lacking > 0 and s != ERROR_ACCOUNT:
            self.vault.give(self.vault.find(ERROR_ACCOUNT, n), -lacking, 0)
            self.vault.give(self.vault.find(s, n), lacking, 0)
            self.treasury.tell_shares(ERROR_ACCOUNT, n, -lacking, 0, s, C_BUST)
            self.treasury.tell_shares(s, n, lacking, 0, ERROR_ACCOUNT, C_BUST)
            self.traded(ERROR_ACCOUNT, s, n, lacking)

    def traded(self, giver: i64, taker: i64, n: i64, quantity: i64) -> None:
        """Shares that have moved as if they were traded: to the day's profit they are no transfer."""
        self.holdings[self.vault.find(giver, n)].net_transfers += quantity
        self.holdings[self.vault.find(taker, n)].net_transfers -= quantity
