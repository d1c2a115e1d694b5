"""Reference entry of groups: every leg passes the whole table of checks, or no leg has any effect."""

from __future__ import annotations

from typing import Any

from openbell.core import codes, records
from tests.core.oracle.book import STOPS
from tests.core.oracle.entry import RESTING_TIMES, Entry
from tests.core.oracle.state import Group, Order, Refusal

ROLES = {
    codes.OCO: (codes.ROLE_LEG, codes.ROLE_LEG),
    codes.OTO: (codes.ROLE_PARENT, codes.ROLE_CHILD),
    codes.BRACKET: (codes.ROLE_PARENT, codes.ROLE_TAKE_PROFIT, codes.ROLE_STOP_LOSS),
}
TYPES = {
    codes.ROLE_LEG: (codes.LIMIT, *STOPS),
    codes.ROLE_PARENT: (codes.MARKET, codes.LIMIT, *STOPS),
    codes.ROLE_CHILD: (codes.LIMIT, *STOPS),
    codes.ROLE_TAKE_PROFIT: (codes.LIMIT,),
    codes.ROLE_STOP_LOSS: STOPS,
}
ORDERS_PER_GROUP = 16


class GroupEntry:
    """NEW_GROUP."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.state = entry.state
        self.groups: list[Group] = []

    def new(self, number: int, head: Any, body: Any, blob: bytes, asked: Any) -> list[Order]:
        """The legs as orders, rejected or not."""
        state, size = self.state, records.NewOrder.SIZE
        roles = ROLES.get(body.kind, ())
        if not roles or body.legs != len(roles) or len(blob) < size * len(roles):
            raise Refusal(codes.E_BAD_GROUP, 3, body.legs)
        if head.instrument >= len(state.instruments):
            raise Refusal(codes.E_UNKNOWN_INSTRUMENT, len(state.instruments), head.instrument)
        self.groups = [group for group in self.groups if group.working]
        most = max(1, state.limits.orders // ORDERS_PER_GROUP)
        if len(self.groups) >= most:
            raise Refusal(codes.E_GROUPS_FULL, most, most + 1)
        if not self.entry.requests.make_room(len(roles)):
            capacity = state.limits.orders + state.limits.ended_orders
            raise Refusal(codes.E_ORDERS_FULL, capacity, capacity)
        bodies = [records.NewOrder.from_buffer_copy(blob, size * k) for k in range(len(roles))]
        group = Group(body.kind)
        for k, (leg, role) in enumerate(zip(bodies, roles, strict=True)):
            text = blob[size * len(roles) :] if k == 0 else b""
            order = self.entry.ticket(number + k, head, leg, text)
            order.group, order.role = group, role
            group.legs.append(order)
            key = head.key_high << 64 | head.key_low
            self.entry.requests.add(head.account, 0 if k else key, asked, order)
        for k, (order, leg) in enumerate(zip(group.legs, bodies, strict=True)):
            try:
                self.entry.shape(leg)
                self.fits(leg, order.role, bodies[0])
                self.entry.examine(order, leg, head.actor)
                self.hold(order)
            except Refusal as refusal:
                self.reject(group, k, refusal)
                return group.legs
            self.entry.accept(order, leg)
            if order.role > codes.ROLE_PARENT:
                order.status = codes.ST_PENDING
        self.groups.append(group)
        self.entry.books.enter_group(group.legs)
        return group.legs

    def fits(self, leg: Any, role: int, first: Any) -> None:
        """Whether a right order is right as this leg."""
        plain = (leg.display, leg.min_quantity, leg.notional) == (-1, 0, 0)
        if not plain or leg.flags & codes.POST_ONLY or leg.tif in (codes.OPG, codes.CLS):
            raise Refusal(codes.E_UNSUPPORTED)
        if leg.order_type not in TYPES[role]:
            raise Refusal(codes.E_BAD_TYPE)
        if role != codes.ROLE_PARENT and leg.tif not in RESTING_TIMES:
            raise Refusal(codes.E_BAD_TIME_IN_FORCE)
        if leg is not first and (leg.side == first.side) != (role == codes.ROLE_LEG):
            raise Refusal(codes.E_BAD_SIDE)
        if leg.quantity != first.quantity:
            raise Refusal(codes.E_BAD_QUANTITY, first.quantity, leg.quantity)

    def hold(self, order: Order) -> None:
        """What the group reserves more with this leg must be there."""
        entry, state = self.entry, self.state
        entry.fees.stamp(order)
        if order.side == codes.BUY:
            before = state.reserved_cash(order.account)
            state.working[order.id] = order
            more = state.reserved_cash(order.account) - before
        else:
            before = state.reserved_shares(order.account, order.instrument)
            state.working[order.id] = order
            more = state.reserved_shares(order.account, order.instrument) - before
        del state.working[order.id]
        entry.cover(order, more)
        if state.open_holding(order.account, order.instrument) is None:
            positions = state.limits.positions
            raise Refusal(codes.E_POSITIONS_FULL, positions, positions + 1)

    def reject(self, group: Group, bad: int, refusal: Refusal) -> None:
        for k, order in enumerate(group.legs):
            if k < bad:
                del self.state.working[order.id]
        for k, order in enumerate(group.legs):
            why = refusal if k == bad else Refusal(codes.E_SIBLING_REFUSED, 0, bad)
            self.entry.settlement.reject(order, why)
