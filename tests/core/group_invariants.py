"""What must hold of groups after every command: alternatives never fill more than was asked for once.

A group holds once per side; alternatives have the same size open; a child works for what its parent has
filled, less what it and its alternative used up, unless its next turn is still to come.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from openbell.core import codes, group_layouts, rulebook, state, stop_layouts
from tests.core.oracle.state import EventTuple, value_up

if TYPE_CHECKING:
    from tests.core.invariants import Invariants

NIL = state.NIL
INDEX_MASK = 255


def group_of(order: int) -> int:
    return order & ~INDEX_MASK


class GroupInvariants:
    """Follows the legs of one exchange from event to event, and looks at their rings."""

    def __init__(self, whole: Invariants) -> None:
        self.whole = whole
        self.asked: dict[int, int] = {}  # group -> what each of its legs asked for
        self.roles: dict[int, int] = {}  # leg -> role
        self.filled: dict[int, int] = defaultdict(int)  # leg -> filled so far

    def note(self, events: list[EventTuple]) -> None:
        """In the order of the events: at no moment is more filled than the group asks for."""
        for event in events:
            kind, reason, order, quantity, other = event[0], event[5], event[10], event[13], event[17]
            if kind == codes.EV_ACCEPTED and reason:
                assert other == group_of(order)
                self.roles[order] = reason
                assert self.asked.setdefault(other, quantity) == quantity
            elif kind == codes.EV_FILL and order in self.roles:
                self.filled[order] += quantity
                self.check_filled(group_of(order))

    def check_filled(self, group: int) -> None:
        by_role: dict[bool, int] = defaultdict(int)
        for index in range(group_layouts.LEGS_MAX):
            order = group + index
            if order in self.roles:
                by_role[self.roles[order] == codes.ROLE_PARENT] += self.filled[order]
        assert by_role[False] <= self.asked[group], f"group {group}: alternatives filled {by_role[False]}"
        if self.roles.get(group) == codes.ROLE_PARENT:
            assert by_role[False] <= by_role[True], f"group {group}: children sold more than was bought"

    # -- state -------------------------------------------------------------------------------------

    def check(self, working: dict[int, Any]) -> set[int]:
        """The ids of legs that are in no queue, list or heap of their book."""
        scalars = self.whole.scalars
        self.rows = self.whole.rows("book_legs", scalars.book_used)
        self.ticket_legs = self.whole.rows("ticket_legs", scalars.ticket_used)
        orders = self.whole.book_orders
        slots = {o.id: s for s, o in enumerate(orders) if o.id and o.flags & group_layouts.B_GROUPED}
        flagged = {number for number, ticket in working.items() if ticket.flags & group_layouts.F_LEG}
        assert slots.keys() == flagged, "legs of the book and of the accounts differ"
        self.queue = self.waiting_turns()
        groups: dict[int, list[int]] = defaultdict(list)
        for number in sorted(slots):
            groups[group_of(number)].append(slots[number])
        for legs in groups.values():
            self.check_ring(legs, working)
        assert scalars.groups == len(groups)
        counts = self.whole.rows("leg_counts", scalars.instruments)
        for n, count in enumerate(counts):
            assert count.legs == sum(1 for slot in slots.values() if orders[slot].instrument == n)
        return {orders[slot].id for slot in slots.values() if not self.has_place(slot)}

    def waiting_turns(self) -> list[int]:
        """Slots whose turn comes after the next message: children that had one in the last cascade."""
        turns = self.whole.rows("turns", self.whole.scalars.book_used)
        found, slot = [], self.whole.scalars.turn_head
        while slot != NIL:
            found.append(slot)
            slot = turns[slot].after
            assert len(found) <= len(turns), "turns run in a circle"
        assert self.whole.exchange.books.election.head == self.whole.scalars.turn_head
        queued = {s for s, row in enumerate(self.rows) if row.queued and self.whole.book_orders[s].id}
        legs = {s for s in queued if self.whole.book_orders[s].flags & group_layouts.B_GROUPED}
        assert legs == set(found), f"legs {legs} wait for turns in the queue {found}"
        return found

    def has_place(self, slot: int) -> bool:
        order = self.whole.book_orders[slot]
        if order.flags & stop_layouts.B_WAITS:
            return True
        return bool(order.leaves) and order.level != NIL

    def check_ring(self, legs: list[int], working: dict[int, Any]) -> None:
        """The legs of one group that work, in the book and beside their tickets."""
        orders = self.whole.book_orders
        ring, slot = [], legs[0]
        while slot not in ring:
            ring.append(slot)
            slot = self.rows[slot].next
        assert sorted(ring) == sorted(legs) and slot == legs[0]
        tickets = [working[orders[slot].id] for slot in legs]
        left = [t.quantity - t.filled for t in tickets]
        parent_open = 0
        for slot, ticket, open_ in zip(legs, tickets, left, strict=True):
            order, extra, role = orders[slot], self.whole.extras[slot], self.rows[slot].role
            assert role == self.roles.get(order.id, role)  # nobody looked when it came
            assert (order.leaves + extra.rest, order.filled) == (open_, ticket.filled)
            assert (order.side, order.account) == (ticket.side, ticket.account)
            if role == codes.ROLE_PARENT:
                parent_open = order.leaves
                assert extra.rest == 0 and self.has_place(slot)
        alternatives = {
            open_ for slot, open_ in zip(legs, left, strict=True) if self.rows[slot].role != codes.ROLE_PARENT
        }
        assert len(alternatives) <= 1, f"alternatives have {alternatives} open"
        for slot, open_ in zip(legs, left, strict=True):
            if self.rows[slot].role > codes.ROLE_PARENT and slot not in self.queue:
                assert orders[slot].leaves == open_ - parent_open
                assert self.has_place(slot) or orders[slot].leaves == 0
        self.check_held(tickets, parent_open)

    def check_held(self, tickets: list[Any], parent_open: int) -> None:
        """What a group holds: the dearest of its buys, and their fees; the largest of its sells."""
        values, fees, shares = [0], 0, [0]
        rows = []
        for ticket in tickets:
            t = self.whole.exchange.lookup_order(ticket.id)
            row = self.ticket_legs[t]
            rows.append(row)
            leaves = ticket.quantity - ticket.filled
            if ticket.side == codes.SELL:
                shares.append(leaves - parent_open if row.role > codes.ROLE_PARENT else leaves)
                assert ticket.reserved == shares[-1]
                continue
            value = value_up(ticket.price, leaves)
            fee = 0
            if ticket.flags & rulebook.F_FEES:
                fee = self.whole.dearest_fee(ticket, self.whole.charges[t], value, leaves)
            assert ticket.reserved == value + fee, f"{ticket} needs {value} and {fee}"
            values.append(value)
            fees += fee
        for row in rows:
            assert (row.cash, row.shares) == (max(values) + fees, max(shares))

    def held(self, ticket: Any, t: int) -> int:
        """A leg's part of what its account holds: all of it counts with the group's first working leg."""
        group = group_of(ticket.id)
        first = min(
            number for number, other in self.whole.working.items()
            if group_of(number) == group and other.side == ticket.side
        )  # fmt: skip
        if first != ticket.id:
            return 0
        row = self.whole.rows("ticket_legs", 1, t)[0]
        return int(row.cash if ticket.side == codes.BUY else row.shares)
