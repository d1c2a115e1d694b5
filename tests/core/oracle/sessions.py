"""Reference sessions: kept for a while, ended, lost, or lapsed."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import FIRST_ACCOUNT
from openbell.core.state import SESSIONS_MAX
from tests.core.oracle.state import Order, Refusal, State

DAY = 24 * 3600 * 10**9
NEVER = (1 << 63) - 1


class Sessions:
    def __init__(self, state: State) -> None:
        self.state = state
        self.kept: dict[tuple[int, int], tuple[int, int]] = {}  # (account, number): until when, span

    def check(self, head: Any, body: Any) -> None:
        if body.op not in (codes.SESSION_KEEP, codes.SESSION_END, codes.SESSION_LOST):
            raise Refusal(codes.E_UNSUPPORTED, codes.SESSION_LOST, body.op)
        if head.account < FIRST_ACCOUNT:
            raise Refusal(codes.E_NOT_ALLOWED, 0, head.account)
        if not head.actor:
            raise Refusal(codes.E_NOT_ALLOWED)
        if body.op == codes.SESSION_KEEP and not 0 < body.span <= DAY:
            raise Refusal(codes.E_BAD_AMOUNT, DAY, body.span)
        if body.op != codes.SESSION_KEEP and body.span:
            raise Refusal(codes.E_BAD_AMOUNT, 0, body.span)
        if body.op != codes.SESSION_KEEP and (head.account, head.actor) not in self.kept:
            raise Refusal(codes.E_NOT_ALLOWED, 0, head.actor)

    def keep(self, head: Any, body: Any) -> None:
        name, most = (head.account, head.actor), min(self.state.limits.accounts, SESSIONS_MAX)
        if name not in self.kept and len(self.kept) == most:
            raise Refusal(codes.E_TIMERS_FULL, most, most + 1)
        self.kept[name] = self.state.time + body.span, body.span
        self.tell(name, codes.SESSION_KEEP, 0)

    def first(self) -> tuple[int, tuple[int, int]]:
        """When the next session lapses, and which."""
        return min(((due, name) for name, (due, _) in self.kept.items()), default=(NEVER, (0, 0)))

    def orders(self, name: tuple[int, int]) -> list[Order]:
        """The account's open orders; those of the session are to be cancelled."""
        return self.state.open_orders(name[0])

    def end(self, name: tuple[int, int], what: int, cancelled: int) -> None:
        self.tell(name, what, cancelled)
        del self.kept[name]

    def tell(self, name: tuple[int, int], what: int, cancelled: int) -> None:
        due, span = self.kept[name]
        self.state.event(
            codes.EV_SESSION,
            account=name[0],
            observed=name[1],
            order_type=what,
            quantity=cancelled,
            notional=span,
            limit=due if what == codes.SESSION_KEEP else 0,
        )
