"""Reference sessions: kept for a while, ended, lost, or lapsed."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import FIRST_ACCOUNT
from openbell.core.state import SESSIONS_AN_ACCOUNT, SESSIONS_MAX
from tests.core.oracle.state import Order, Refusal, State

DAY = 24 * 3600 * 10**9
NEVER = (1 << 63) - 1


class Sessions:
    def __init__(self, state: State) -> None:
        self.state = state

    def check(self, head: Any, body: Any) -> None:
        if not codes.SESSION_OPEN <= body.op <= codes.SESSION_LOST:
            raise Refusal(codes.E_UNSUPPORTED, codes.SESSION_LOST, body.op)
        if head.account < FIRST_ACCOUNT:
            raise Refusal(codes.E_NOT_ALLOWED, 0, head.account)
        if not head.actor:
            raise Refusal(codes.E_NOT_ALLOWED)
        least = 1 if body.op == codes.SESSION_OPEN else 0
        most = DAY if body.op <= codes.SESSION_KEEP else 0
        if not least <= body.span <= most:
            raise Refusal(codes.E_BAD_AMOUNT, most, body.span)
        known = (head.account, head.actor) in self.state.sessions
        if known and body.op == codes.SESSION_OPEN:
            raise Refusal(codes.E_NOT_ALLOWED, 0, head.actor)
        if not known and body.op != codes.SESSION_OPEN:
            raise Refusal(codes.E_UNKNOWN_SESSION, 0, head.actor)

    def keep(self, head: Any, body: Any) -> None:
        kept, name = self.state.sessions, (head.account, head.actor)
        span = body.span or kept[name][1]
        own, most = sum(account == head.account for account, _ in kept), SESSIONS_AN_ACCOUNT
        if own >= most and name not in kept:
            raise Refusal(codes.E_TIMERS_FULL, most, own + 1)
        most = min(self.state.limits.accounts, SESSIONS_MAX)
        if len(kept) >= most and name not in kept:
            raise Refusal(codes.E_TIMERS_FULL, most, most + 1)
        kept[name] = self.state.time + span, span
        self.tell(name, body.op, 0)

    def first(self) -> tuple[int, tuple[int, int]]:
        """When the next session lapses, and which."""
        return min(((due, name) for name, (due, _) in self.state.sessions.items()), default=(NEVER, (0, 0)))

    def orders(self, name: tuple[int, int]) -> list[Order]:
        """The account's open orders; those of the session are to be cancelled."""
        return self.state.open_orders(name[0])

    def end(self, name: tuple[int, int], what: int, cancelled: int) -> None:
        self.tell(name, what, cancelled)
        del self.state.sessions[name]

    def tell(self, name: tuple[int, int], what: int, cancelled: int) -> None:
        due, span = self.state.sessions[name]
        self.state.event(
            codes.EV_SESSION,
            account=name[0],
            observed=name[1],
            order_type=what,
            quantity=cancelled,
            notional=span,
            limit=due if what in (codes.SESSION_OPEN, codes.SESSION_KEEP) else 0,
        )
