"""Reference fees: SET_FEES, and what an order owes for all that it traded."""

from __future__ import annotations

from typing import Any

from openbell.core import codes
from openbell.core.records import ANY_INSTRUMENT
from openbell.core.rulebook import FEES_SPARE, PER_ORDER_MAX, PER_SHARE_MAX, RATE_MAX, TIER_MAX
from tests.core.oracle.schedule import Schedule
from tests.core.oracle.state import Order, Refusal, State


class Fees:
    def __init__(self, state: State) -> None:
        self.state = state

    def set_fees(self, head: Any, body: Any) -> None:
        """SET_FEES: orders that entered before keep what they were promised."""
        state = self.state
        listed = len(state.instruments)
        if head.instrument >= listed and head.instrument != ANY_INSTRUMENT:
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, listed, head.instrument)
        if body.tier > TIER_MAX:
            raise Refusal(codes.E_UNSUPPORTED, TIER_MAX, body.tier)
        dearest = max(body.maker, body.taker, body.auction)
        for value, most in (
            (dearest, RATE_MAX),
            (body.per_share, PER_SHARE_MAX),
            (body.per_order, PER_ORDER_MAX),
            (body.least, PER_ORDER_MAX),
        ):
            if not 0 <= value <= most:
                raise Refusal(codes.E_BAD_AMOUNT, most, value)
        key = (body.tier, head.instrument)
        self.check_room(key)
        state.schedules[key] = Schedule(
            body.maker, body.taker, body.auction, body.per_share, body.per_order, body.least
        )
        state.event(
            codes.EV_FEES,
            instrument=head.instrument,
            status=body.tier,
            price=body.per_share,
            quantity=body.per_order,
            notional=body.least,
            filled=body.maker,
            leaves=body.taker,
            limit=body.auction,
        )

    def check_room(self, key: tuple[int, int]) -> None:
        """A version takes room while it is current or an open order has it."""
        state = self.state
        kept = {id(schedule) for schedule in state.schedules.values()}
        in_use = {id(order.schedule) for order in state.working.values() if order.schedule}
        old = state.schedules.get(key)
        if old and id(old) not in in_use:
            return  # the new version takes its place
        most = 8 * state.limits.instruments + FEES_SPARE
        if len(kept | in_use) >= most:
            raise Refusal(codes.E_FEES_FULL, most, most + 1)

    def stamp(self, order: Order) -> None:
        """An order pays by the schedules of the moment it enters, the instrument's before the general."""
        tier = self.state.accounts[order.account].tier
        general = self.state.schedules.get((tier, ANY_INSTRUMENT))
        order.schedule = self.state.schedules.get((tier, order.instrument), general)
