"""The reference treasury: accounts opened and closed, cash and shares that move other than by a fill."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import (
    CASH_MAX,
    CLEARING_ACCOUNT,
    FIRST_ACCOUNT,
    NOTIONAL_MAX,
    PRICE_MAX,
    QUANTITY_MAX,
)
from tests.core.oracle.state import Account, Refusal, State, signed, value_down

KINDS = (codes.KIND_USER, codes.KIND_HOUSE, codes.KIND_PARTICIPANT, codes.KIND_DEMO)
REALM_MAX = 0xFFFF
GROUP_MAX = 0xFFFF_FFFF


class Treasury:
    def __init__(self, state: State) -> None:
        self.state = state

    # -- commands ----------------------------------------------------------------------------------

    def open(self, head: Any, body: Any) -> None:
        """OPEN_ACCOUNT"""
        state = self.state
        if len(state.accounts) >= state.limits.accounts:
            raise Refusal(codes.E_ACCOUNTS_FULL, state.limits.accounts, len(state.accounts) + 1)
        if body.kind not in KINDS:
            raise Refusal(codes.E_NOT_ALLOWED, 0, body.kind)
        if body.realm > REALM_MAX:
            raise Refusal(codes.E_WRONG_REALM, REALM_MAX, body.realm)
        if head.firm >= len(state.firms):
            raise Refusal(codes.E_UNKNOWN_FIRM, len(state.firms) - 1, head.firm)
        if body.group > GROUP_MAX:
            raise Refusal(codes.E_NOT_ALLOWED, GROUP_MAX, signed(body.group))
        if not 0 <= body.grant <= NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_AMOUNT, NOTIONAL_MAX, body.grant)
        if body.grant:
            source = self.usable(body.source_account)
            self.same_realm(body.realm, source.realm)
            self.afford(source, body.grant)
        number = len(state.accounts)
        state.accounts.append(
            Account(
                number, body.kind, body.realm, state.time, state.time, body.group or number, firm=head.firm
            )
        )
        state.answer["account"] = number
        self.tell_account(state.accounts[number])
        if body.grant:
            self.move_cash(source, state.accounts[number], body.grant, codes.C_OPEN_ACCOUNT)

    def deposit(self, head: Any, body: Any) -> None:
        account = self.usable(head.account)
        self.amount(body.amount)
        if self.state.deposits + body.amount > CASH_MAX:
            raise Refusal(codes.E_OVERFLOW, NOTIONAL_MAX, body.amount)
        self.state.deposits += body.amount
        self.pay(account, body.amount, 0, codes.C_DEPOSIT)

    def withdraw(self, head: Any, body: Any) -> None:
        account = self.usable(head.account)
        self.amount(body.amount)
        self.afford(account, body.amount)
        self.settled(account, body.amount)
        self.state.withdrawals += body.amount
        self.pay(account, -body.amount, 0, codes.C_WITHDRAW)

    def transfer(self, head: Any, body: Any) -> None:
        """TRANSFER: cash, shares, or both; whole or not at all."""
        a = self.usable(head.account)
        b = self.usable(body.to_account)
        if a is b:
            raise Refusal(codes.E_NOT_ALLOWED, 0, b.number)
        self.same_realm(a.realm, b.realm)
        if not 0 <= body.cash <= NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_AMOUNT, NOTIONAL_MAX, body.cash)
        if not 0 <= body.quantity <= QUANTITY_MAX or not (body.quantity or body.cash):
            raise Refusal(codes.E_BAD_QUANTITY, QUANTITY_MAX, body.quantity)
        self.afford(a, body.cash)
        self.settled(a, body.cash)
        if body.quantity:
            self.give(a, b, head.instrument, body.quantity)
        if body.cash:
            self.move_cash(a, b, body.cash, codes.C_TRANSFER)

    def give(self, a: Account, b: Account, instrument: int, quantity: int) -> None:
        self.known(instrument)
        available = self.state.available_shares(a.number, instrument)
        if quantity > available:
            raise Refusal(codes.E_INSUFFICIENT_SHARES, available, quantity)
        self.holding(b.number, instrument)
        self.move_shares(a, b, instrument, quantity, codes.C_TRANSFER)

    def issue(self, head: Any, body: Any) -> None:
        """ISSUE: shares come into being, with a cost."""
        account = self.usable(head.account)
        self.known(head.instrument)
        instrument = self.state.instruments[head.instrument]
        self.same_realm(instrument.realm, account.realm)
        if not 1 <= body.quantity <= QUANTITY_MAX:
            raise Refusal(codes.E_BAD_QUANTITY, QUANTITY_MAX, body.quantity)
        if instrument.issued + body.quantity > CASH_MAX:
            raise Refusal(codes.E_OVERFLOW, QUANTITY_MAX, body.quantity)
        if not 0 <= body.price <= PRICE_MAX:
            raise Refusal(codes.E_BAD_PRICE, PRICE_MAX, body.price)
        cost = value_down(body.price, body.quantity)
        if cost > NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_NOTIONAL, NOTIONAL_MAX, cost)
        holding = self.holding(account.number, head.instrument)
        instrument.issued += body.quantity
        holding.quantity += body.quantity
        holding.cost += cost
        holding.net_transfers += body.quantity
        self.tell_shares(account.number, head.instrument, body.quantity, cost, 0, codes.C_ISSUE)

    def lock(self, head: Any, _: Any) -> None:
        """LOCK_ACCOUNT, UNLOCK_ACCOUNT"""
        account = self.usable(head.account)
        if account.number < FIRST_ACCOUNT:
            raise Refusal(codes.E_NOT_ALLOWED, 0, account.number)
        account.status = codes.AC_LOCKED if head.type == codes.C_LOCK_ACCOUNT else codes.AC_OPEN
        self.tell_account(account)

    def close(self, head: Any, body: Any) -> None:
        """CLOSE_ACCOUNT: nothing new from now on; `finish` follows its last order."""
        a = self.usable(head.account)
        b = self.usable(body.to_account)
        if a.number < FIRST_ACCOUNT or a is b:
            raise Refusal(codes.E_NOT_ALLOWED, 0, b.number)
        self.same_realm(a.realm, b.realm)
        a.status = codes.AC_LOCKED
        a.closing_to = b.number

    def finish(self, number: int) -> None:
        """Give back what a closing account has once none of its orders works."""
        a = self.state.accounts[number]
        if not a.closing_to or self.state.open_orders(number):
            return
        b = self.state.accounts[a.closing_to]
        for instrument, holding in reversed(list(a.holdings.items())):
            self.state.close_holding(number, instrument)
            if holding.quantity:
                taken = self.state.open_holding(b.number, instrument)
                assert taken is not None  # one was given up just before
                self.tell_shares(
                    number, instrument, -holding.quantity, -holding.cost, b.number, codes.C_CLOSE_ACCOUNT
                )
                taken.quantity += holding.quantity
                taken.cost += holding.cost
                taken.net_transfers += holding.quantity
                self.tell_shares(
                    b.number, instrument, holding.quantity, holding.cost, number, codes.C_CLOSE_ACCOUNT
                )
        b.proceeds += a.proceeds
        a.proceeds = []
        if a.cash:
            self.move_cash(a, b, a.cash, codes.C_CLOSE_ACCOUNT)
        a.closing_to = 0
        a.status = codes.AC_CLOSED
        self.tell_account(a)

    # -- checks ------------------------------------------------------------------------------------

    def usable(self, number: int) -> Account:
        """An account that was opened, is not closed, and is not the clearing account."""
        if not 0 < number < len(self.state.accounts):
            raise Refusal(codes.E_UNKNOWN_ACCOUNT, 0, signed(number))
        account = self.state.accounts[number]
        if number == CLEARING_ACCOUNT:
            raise Refusal(codes.E_NOT_ALLOWED, 0, number)
        if account.status == codes.AC_CLOSED:
            raise Refusal(codes.E_ACCOUNT_CLOSED, 0, number)
        return account

    def same_realm(self, limit: int, observed: int) -> None:
        if limit != observed:
            raise Refusal(codes.E_WRONG_REALM, limit, observed)

    def amount(self, amount: int) -> None:
        if not 1 <= amount <= NOTIONAL_MAX:
            raise Refusal(codes.E_BAD_AMOUNT, NOTIONAL_MAX, amount)

    def afford(self, account: Account, amount: int) -> None:
        available = self.state.available_cash(account.number)
        if amount > available:
            raise Refusal(codes.E_INSUFFICIENT_FUNDS, available, amount)

    def settled(self, account: Account, amount: int) -> None:
        """Proceeds that settle later do not leave."""
        state = self.state
        free = max(0, state.available_cash(account.number) - state.unsettled(account))
        if amount > free:
            raise Refusal(codes.E_UNSETTLED, free, amount)

    def known(self, instrument: int) -> None:
        if instrument >= len(self.state.instruments):
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(self.state.instruments), instrument)

    def holding(self, account: int, instrument: int) -> Any:
        holding = self.state.open_holding(account, instrument)
        if holding is None:
            raise Refusal(
                codes.E_POSITIONS_FULL, self.state.limits.positions, self.state.limits.positions + 1
            )
        return holding

    # -- movements and their events ----------------------------------------------------------------

    def pay(self, account: Account, amount: int, other: int, why: int) -> None:
        account.cash += amount
        account.net_deposits += amount
        self.tell_cash(account, amount, other, why)

    def move_cash(self, a: Account, b: Account, amount: int, why: int) -> None:
        self.pay(a, -amount, b.number, why)
        self.pay(b, amount, a.number, why)

    def move_shares(self, a: Account, b: Account, instrument: int, quantity: int, why: int) -> None:
        """Shares with their part of the cost."""
        source, target = a.holdings[instrument], b.holdings[instrument]
        cost = source.cost * quantity // source.quantity
        source.cost -= cost
        target.cost += cost
        for holding, change in ((source, -quantity), (target, quantity)):
            holding.quantity += change
            holding.net_transfers += change
        self.tell_shares(a.number, instrument, -quantity, -cost, b.number, why)
        self.tell_shares(b.number, instrument, quantity, cost, a.number, why)

    def tell_cash(self, account: Account, amount: int, other: int, why: int) -> None:
        self.state.event(
            codes.EV_CASH,
            account=account.number,
            quantity=amount,
            notional=account.cash,
            other_account=other,
            reason=why,
        )

    def tell_shares(
        self, account: int, instrument: int, quantity: int, cost: int, other: int, why: int
    ) -> None:
        self.state.event(
            codes.EV_SHARES,
            account=account,
            instrument=instrument,
            quantity=quantity,
            notional=cost,
            other_account=other,
            reason=why,
        )

    def tell_account(self, account: Account) -> None:
        self.state.event(
            codes.EV_ACCOUNT,
            account=account.number,
            status=account.status,
            order_type=account.kind,
            quantity=account.realm,
        )
