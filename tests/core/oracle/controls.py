"""Reference limits, restricted lists and kill switches: what is set, and what an order meets of it."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import CASH_MAX, FIRST_ACCOUNT, NOTIONAL_MAX, QUANTITY_MAX
from openbell.core.rulebook import FIRMS_MAX, RESTRICTIONS_MAX
from tests.core.oracle.state import Account, Limits, Order, Refusal, State

SECOND = 1_000_000_000
DUPLICATE_MAX = 60 * SECOND
ANY_SCOPE = (
    codes.LIMIT_QUANTITY | codes.LIMIT_VALUE | codes.LIMIT_OPEN_ORDERS | codes.LIMIT_RATE
    | codes.LIMIT_EXPOSURE | codes.LIMIT_DUPLICATE | codes.LIMIT_RESTRICTED
)  # fmt: skip


class Checks:
    """What an order meets: who may trade, how much, how often, and what."""

    def __init__(self, state: State) -> None:
        self.state = state

    def scopes(self, account: Account) -> list[tuple[int, Limits]]:
        """What is set for the account itself, for its firm, and for everybody."""
        found = [(codes.SCOPE_ACCOUNT, account.limits)]
        if account.firm:
            found.append((codes.SCOPE_FIRM, self.state.firms[account.firm]))
        return [*found, (codes.SCOPE_VENUE, self.state.venue)]

    def tightest(self, order: Order, name: str, otherwise: int) -> int:
        """The smallest limit of that name; `otherwise` is the venue's while it has set none."""
        own = [getattr(limits, name) for _, limits in self.scopes(self.state.accounts[order.account])]
        own[-1] = own[-1] or otherwise
        own.append(getattr(self.state.instruments[order.instrument].limits, name))
        return min((value for value in own if value), default=0)

    def admit(self, order: Order) -> None:
        """KYC, kill switches, the number of messages in this second."""
        account = self.state.accounts[order.account]
        if not account.approved:
            raise Refusal(codes.E_KYC)
        scopes = self.scopes(account)
        scopes.insert(-1, (codes.SCOPE_INSTRUMENT, self.state.instruments[order.instrument].limits))
        for scope, limits in scopes:
            if limits.killed:
                raise Refusal(codes.E_KILLED, scope)
        most = self.tightest(order, "rate_max", 0)
        if most:
            now = self.state.time
            account.messages = [time for time in account.messages if time // SECOND == now // SECOND] + [now]
            recent = len(account.messages)
            if recent > most:
                raise Refusal(codes.E_MESSAGE_RATE, most, recent)

    def repeated(self, order: Order, body: Any) -> None:
        """The same order from the app as the last one, too soon after it."""
        account = self.state.accounts[order.account]
        window = max(limits.duplicate_ns for _, limits in self.scopes(account))
        if not body.flags & codes.FROM_APP or not window:
            return
        asked = (order.instrument, body.side, body.price, body.stop_price, body.quantity - body.notional)
        if account.last_app:
            last, then = account.last_app
            if last == asked and self.state.time - then < window:
                raise Refusal(codes.E_DUPLICATE, window, self.state.time - then)
        account.last_app = asked, self.state.time

    def screen(self, order: Order, added: int) -> None:
        """Restricted lists, then the exposure of the account and of its firm."""
        account = self.state.accounts[order.account]
        for scope, limits in self.scopes(account):
            if order.instrument in limits.restricted:
                raise Refusal(codes.E_RESTRICTED, scope, order.instrument)
        if added <= 0 or not self.state.keeps_exposure(account):
            return
        own = [limits.exposure_max for limits in (account.limits, self.state.venue) if limits.exposure_max]
        exposure = self.state.exposure([account]) + added
        if exposure > min([*own, CASH_MAX]):
            raise Refusal(codes.E_EXPOSURE, min([*own, CASH_MAX]), exposure)
        if account.firm:
            most = self.state.firms[account.firm].exposure_max or CASH_MAX
            exposure = self.state.exposure(self.state.accounts_of(account.firm)) + added
            if exposure > most:
                raise Refusal(codes.E_FIRM_EXPOSURE, most, exposure)


class Controls:
    """SET_LIMITS, KILL, LIFT."""

    def __init__(self, state: State) -> None:
        self.state = state

    def within(self, head: Any, scope: int, firms: int) -> None:
        """The scope names what there is."""
        if scope == codes.SCOPE_ACCOUNT:
            if head.account == 0:
                raise Refusal(codes.E_UNKNOWN_ACCOUNT)
            if head.account < FIRST_ACCOUNT:
                raise Refusal(codes.E_NOT_ALLOWED, 0, head.account)
            if self.state.accounts[head.account].status == codes.AC_CLOSED:
                raise Refusal(codes.E_ACCOUNT_CLOSED, 0, head.account)
        elif scope == codes.SCOPE_FIRM:
            if not 0 < head.firm <= firms:
                raise Refusal(codes.E_UNKNOWN_FIRM, firms, head.firm)
        elif scope != codes.SCOPE_VENUE:
            raise Refusal(codes.E_UNSUPPORTED, 0, scope)

    def limits_of(self, head: Any, scope: int) -> Limits:
        if scope == codes.SCOPE_ACCOUNT:
            return self.state.accounts[head.account].limits
        if scope == codes.SCOPE_FIRM:
            return self.state.firms[head.firm]
        if scope == codes.SCOPE_INSTRUMENT:
            return self.state.instruments[head.instrument].limits
        return self.state.venue

    # -- SET_LIMITS --------------------------------------------------------------------------------

    def set_limits(self, head: Any, body: Any) -> None:
        state = self.state
        known_firms = len(state.firms) - 1
        self.within(head, body.scope, known_firms + 1)
        self.check(head, body)
        if body.scope == codes.SCOPE_FIRM and head.firm > known_firms:
            most = min(state.limits.accounts, FIRMS_MAX) - 1
            if head.firm > most:
                raise Refusal(codes.E_FIRMS_FULL, most, head.firm)
        if body.flags & codes.LIMIT_RESTRICTED:
            self.check_list(head, body)
        if body.scope == codes.SCOPE_FIRM and head.firm > known_firms:
            state.firms.append(Limits())
        limits = self.limits_of(head, body.scope)
        for flag, name, value in (
            (codes.LIMIT_QUANTITY, "quantity_max", body.order_quantity_max),
            (codes.LIMIT_VALUE, "value_max", body.order_value_max),
            (codes.LIMIT_OPEN_ORDERS, "open_orders_max", body.open_orders_max),
            (codes.LIMIT_RATE, "rate_max", body.message_rate),
            (codes.LIMIT_EXPOSURE, "exposure_max", body.exposure_max),
            (codes.LIMIT_DUPLICATE, "duplicate_ns", body.duplicate_ns),
        ):
            if body.flags & flag:
                setattr(limits, name, value)
        if body.flags & codes.LIMIT_EXPOSURE:
            limits.exposure_kept = True
        if body.flags & codes.LIMIT_KYC:
            state.accounts[head.account].approved = bool(body.kyc)
        if body.flags & codes.LIMIT_TIER:
            state.accounts[head.account].tier = body.tier
        if body.flags & codes.LIMIT_RESTRICTED:
            (limits.restricted.add if body.restricted else limits.restricted.discard)(head.instrument)
        self.tell_limits(head, body, limits)

    def check(self, head: Any, body: Any) -> None:
        known = ANY_SCOPE | (codes.LIMIT_KYC | codes.LIMIT_TIER if body.scope == codes.SCOPE_ACCOUNT else 0)
        nothing = body.flags == 0 and body.scope != codes.SCOPE_FIRM
        if body.flags & ~known or nothing or body.kyc > 1 or body.restricted > 1:
            raise Refusal(codes.E_UNSUPPORTED, known, body.flags)
        for code, value, most in (
            (codes.E_BAD_QUANTITY, body.order_quantity_max, QUANTITY_MAX),
            (codes.E_BAD_NOTIONAL, body.order_value_max, NOTIONAL_MAX),
            (codes.E_BAD_AMOUNT, body.exposure_max, CASH_MAX),
            (codes.E_BAD_AMOUNT, body.duplicate_ns, DUPLICATE_MAX),
        ):
            if not 0 <= value <= most:
                raise Refusal(code, most, value)

    def check_list(self, head: Any, body: Any) -> None:
        state = self.state
        if head.instrument >= len(state.instruments):
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(state.instruments), head.instrument)
        most = min(state.limits.accounts, RESTRICTIONS_MAX)
        everywhere = [state.venue, *state.firms, *(account.limits for account in state.accounts)]
        if body.restricted and sum(len(limits.restricted) for limits in everywhere) >= most:
            raise Refusal(codes.E_RESTRICTIONS_FULL, most, most + 1)

    def tell_limits(self, head: Any, body: Any, limits: Limits) -> None:
        restricts = body.flags & codes.LIMIT_RESTRICTED
        self.tell(
            codes.EV_LIMITS,
            head,
            body.scope,
            quantity=limits.quantity_max,
            notional=limits.value_max,
            filled=limits.open_orders_max,
            leaves=limits.rate_max,
            limit=limits.exposure_max,
            observed=limits.duplicate_ns,
            status=int(body.scope == codes.SCOPE_ACCOUNT and not self.state.accounts[head.account].approved),
            tif=self.state.accounts[head.account].tier if body.scope == codes.SCOPE_ACCOUNT else 0,
            reason=body.restricted if restricts else 0,
            **({"instrument": head.instrument} if restricts else {}),
        )

    def tell(self, kind: int, head: Any, scope: int, **fields: int) -> None:
        if scope == codes.SCOPE_ACCOUNT:
            fields["account"] = head.account
        elif scope == codes.SCOPE_FIRM:
            fields["other_account"] = head.firm
        elif scope == codes.SCOPE_INSTRUMENT:
            fields["instrument"] = head.instrument
        self.state.event(kind, order_type=scope, **fields)

    # -- kill switches -----------------------------------------------------------------------------

    def switch(self, head: Any, body: Any) -> list[Order]:
        """KILL, LIFT: returns the orders to look at, account by account, oldest first."""
        state = self.state
        if body.scope == codes.SCOPE_INSTRUMENT:
            if head.instrument >= len(state.instruments):
                raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(state.instruments), head.instrument)
        else:
            self.within(head, body.scope, len(state.firms) - 1)
        limits = self.limits_of(head, body.scope)
        if head.type == codes.C_LIFT and not limits.killed:
            observed = {
                codes.SCOPE_ACCOUNT: head.account,
                codes.SCOPE_FIRM: head.firm,
                codes.SCOPE_INSTRUMENT: head.instrument,
                codes.SCOPE_VENUE: body.scope,
            }
            raise Refusal(codes.E_NOT_ALLOWED, 0, observed[body.scope])
        limits.killed = head.type == codes.C_KILL
        if not limits.killed:
            return []
        looked = list(state.working.values())
        if body.scope == codes.SCOPE_ACCOUNT:
            looked = state.open_orders(head.account)
        elif body.scope == codes.SCOPE_FIRM:
            looked = [order for order in looked if state.accounts[order.account].firm == head.firm]
        return sorted(looked, key=lambda order: (order.account, order.id))

    def tell_switch(self, head: Any, body: Any, count: int) -> None:
        self.tell(codes.EV_KILLED, head, body.scope, status=int(head.type == codes.C_KILL), quantity=count)
