"""What must hold of stops after every command: each waits in one place, and none whose condition held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openbell.core import codes, group_layouts, state, stop_layouts
from tests.core.oracle.state import EventTuple
from tests.core.oracle.waiting import trail_stop

if TYPE_CHECKING:
    from tests.core.invariants import Invariants

NIL = state.NIL
LAST_SIGN = {codes.BUY: 1, codes.SELL: -1}  # a heap of stop prices has the first to be elected on top


class StopInvariants:
    """Walks every heap of stops of one exchange."""

    def __init__(self, whole: Invariants) -> None:
        self.whole = whole
        self.phases: dict[int, int] = {}  # instrument -> its phase, as the events tell
        self.unarmed: set[int] = set()  # instruments in whose last auction nobody could be elected
        self.untried: dict[int, int] = {}  # stop -> its instrument: no trade has tried it since it was stored

    def note(self, events: list[EventTuple]) -> None:
        """Follow phases and trades: outside continuous trading no stop is tried."""
        for event in events:
            kind, status, reason, n, order = event[0], event[4], event[5], event[9], event[10]
            if kind == codes.EV_INSTRUMENT and status in (codes.SUSPENDED, codes.RESUMED):
                self.phases[n] = codes.IN_SUSPENDED if status == codes.SUSPENDED else codes.IN_CONTINUOUS
            elif kind == codes.EV_PHASE:
                self.phases[n] = status
                self.after_auction(n, status)
            elif kind == codes.EV_TRADE and status:
                if self.is_continuous(n):
                    self.tried(n)
                else:
                    self.unarmed.add(n)
            elif (kind == codes.EV_ACCEPTED and status == codes.ST_PENDING) or (
                kind == codes.EV_MODIFIED and not reason
            ):
                self.untried.pop(order, None)
                if not self.is_continuous(n):
                    self.untried[order] = n

    def is_continuous(self, n: int) -> bool:
        return self.phases.get(n, codes.IN_CONTINUOUS) == codes.IN_CONTINUOUS

    def tried(self, n: int) -> None:
        self.untried = {order: where for order, where in self.untried.items() if where != n}

    def after_auction(self, n: int, phase: int) -> None:
        """The print of an auction elects exactly if continuous trading follows."""
        if n in self.unarmed and phase == codes.IN_CONTINUOUS:
            self.tried(n)
        elif n in self.unarmed:
            waiting = [order for order in self.whole.read_orders() if self.waits(order)]
            self.untried |= {order.id: n for order in waiting if order.instrument == n}
        self.unarmed.discard(n)

    def check(self, working: dict[int, Any]) -> set[int]:
        """The ids of the stops that wait."""
        scalars = self.whole.scalars
        self.knots = {
            name: self.whole.rows(name, scalars.stop_used)
            for name in ("stop_knots", "mark_knots", "trail_knots")
        }
        self.orders = self.whole.book_orders
        waiting: dict[int, int] = {}  # slot -> stop price
        for n, instrument in enumerate(self.whole.instruments):
            found = self.side(n, codes.BUY) | self.side(n, codes.SELL)
            assert instrument.stops == len(found)
            waiting |= found
        for slot, stop in waiting.items():
            self.check_order(slot, stop, working[self.orders[slot].id])
        flagged = {slot for slot in range(len(self.orders)) if self.waits(self.orders[slot])}
        assert flagged == waiting.keys(), "a stop that waits is in no heap"
        return {self.orders[slot].id for slot in waiting}

    def waits(self, order: Any) -> bool:
        return bool(order.id and order.flags & stop_layouts.B_WAITS)

    def side(self, n: int, side: int) -> dict[int, int]:
        """Slot and stop price of each stop of one side; leaders of trailing groups stand for their group."""
        roots = self.whole.rows("stop_sides", 1, 2 * n + side)[0]
        sign = LAST_SIGN[side]
        prices = {slot: sign * knot.key for slot, knot in self.heap("stop_knots", roots.stops)}
        marks = {slot: -sign * knot.key for slot, knot in self.heap("mark_knots", roots.marks)}
        trailing = {s for s in prices if self.orders[s].order_type == codes.TRAILING_STOP}
        assert marks.keys() == trailing, "a group of trailing stops has no mark"
        found = {slot: price for slot, price in prices.items() if slot not in trailing}
        tick = self.whole.instruments[n].tick_size
        for leader, mark in marks.items():
            for slot, knot in self.heap("trail_knots", leader):
                percent = bool(self.orders[slot].flags & stop_layouts.B_PERCENT)
                assert percent == bool(self.orders[leader].flags & stop_layouts.B_PERCENT)
                assert slot not in found, "a stop waits twice"
                found[slot] = trail_stop(side, mark, knot.key, percent, tick)
            assert found[leader] == prices[leader]
        for slot in found:
            assert (self.orders[slot].instrument, self.orders[slot].side) == (n, side)
        return found

    def heap(self, name: str, root: int) -> Iterator[tuple[int, Any]]:
        """The knots of one heap; parents come before their children, the way to the right is the shortest."""
        knots = self.knots[name]
        if root == NIL:
            return
        assert knots[root].up == NIL
        todo = [root]
        while todo:
            slot = todo.pop()
            knot = knots[slot]
            yield slot, knot
            left, right = (0 if child == NIL else knots[child].rank for child in (knot.left, knot.right))
            assert left >= right and knot.rank == right + 1
            for child in (knot.left, knot.right):
                if child != NIL:
                    assert knots[child].up == slot
                    assert (knot.key, knot.stamp) < (knots[child].key, knots[child].stamp)
                    todo.append(child)

    def check_order(self, slot: int, stop: int, ticket: Any) -> None:
        """A stop that waits is its owner's pending order, and no trade that tried it elected it."""
        order = self.orders[slot]
        assert ticket.status == codes.ST_PENDING
        if not order.flags & group_layouts.B_GROUPED:
            assert (order.leaves, order.filled) == (ticket.quantity, 0)
        assert (order.price, order.side, order.account) == (ticket.price, ticket.side, ticket.account)
        instrument = self.whole.instruments[order.instrument]
        armed = instrument.status == codes.IN_CONTINUOUS and order.id not in self.untried
        if armed and instrument.last_day == self.whole.scalars.day:
            last = instrument.last
            held = stop <= last if order.side == codes.BUY else stop >= last
            assert not held, f"{order} waits for {stop} after a trade at {last}"
