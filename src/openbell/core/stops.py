"""Stops that wait: who is elected by a trade, without looking at those that are not.

Per instrument and side one heap orders waiting stops by stop price, then age. Trailing stops whose marks are
equal form a group, a heap by trail and then age (amounts and percentages apart): its first is its leader, and
stands for the group in the heap of stop prices and in a heap of marks, the mark that moves first in front. A
trade that moves marks joins the groups it passes into one, so each order costs O(log n) moves in its life
however often its mark moves; a trade that moves and elects nothing looks at four roots. A group's leader has
the stop price nearest to the market; when it goes the next of its group takes its place.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.election import Election
from openbell.core.heap import Heap

if not cython.compiled:
    from openbell.core.codes import BUY, SELL, TRAIL_PERCENT, TRAILING_STOP
    from openbell.core.prices import trail_stop
    from openbell.core.state import NIL
    from openbell.core.stop_layouts import B_PERCENT, B_WAITS
    from openbell.core.types import i64


class Stops:
    """The waiting stops of all books, under the slots of their orders."""

    def __init__(self, memory: Any, election: Election) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.orders = memory["book_orders"]
        self.sides = memory["stop_sides"]
        self.election = election
        self.ladder = Heap(memory["stop_knots"])
        self.marks = Heap(memory["mark_knots"])
        self.trails = Heap(memory["trail_knots"])

    def open(self, n: i64) -> None:
        """Begin an instrument."""
        side: i64
        for side in range(2):
            self.sides[2 * n + side].stops = NIL
            self.sides[2 * n + side].marks = NIL

    # -- waiting -----------------------------------------------------------------------------------

    def wait(self, slot: i64, asked: i64, mark: i64, percent: bool) -> None:
        """Let the order at `slot` wait behind all others of its stop price.

        `asked` is its stop price, or its trail behind `mark`, an amount or, `percent`, in basis points.
        """
        n: i64 = self.orders[slot].instrument
        side: i64 = self.orders[slot].side
        stamp: i64 = self.scalars[0].arrivals + 1
        self.scalars[0].arrivals = stamp
        if slot >= self.scalars[0].stop_used:
            self.scalars[0].stop_used = slot + 1
        self.orders[slot].flags |= (B_WAITS | B_PERCENT) if percent else B_WAITS
        self.instruments[n].stops += 1
        if self.orders[slot].order_type == TRAILING_STOP:
            self.follow_along(2 * n + side, slot, asked, mark)
            return
        s: i64 = 2 * n + side
        key: i64 = asked if side == BUY else -asked
        self.sides[s].stops = self.ladder.push(self.sides[s].stops, slot, key, stamp)

    def follow_along(self, s: i64, slot: i64, trail: i64, mark: i64) -> None:
        """Join the group of this mark if it is the first to move, else make one, so that groups stay few."""
        leader: i64 = self.sides[s].marks
        key: i64 = -mark if self.orders[slot].side == BUY else mark
        stamp: i64 = self.scalars[0].arrivals
        alike: bool = leader != NIL and self.marks.knots[leader].key == key
        if alike and self.orders[leader].flags & B_PERCENT != self.orders[slot].flags & B_PERCENT:
            leader = self.marks.second(leader)  # amounts and percentages of one mark lie side by side
            alike = leader != NIL and self.marks.knots[leader].key == key
            alike = alike and self.orders[leader].flags & B_PERCENT == self.orders[slot].flags & B_PERCENT
        if not alike:
            self.trails.push(NIL, slot, trail, stamp)
            self.lead(slot, mark)
        elif self.trails.push(leader, slot, trail, stamp) == slot:
            self.step_down(s, leader)
            self.lead(slot, mark)

    def drop(self, slot: i64) -> None:
        """Take a waiting stop out, keeping its slot."""
        n: i64 = self.orders[slot].instrument
        s: i64 = 2 * n + self.orders[slot].side
        self.instruments[n].stops -= 1
        self.take_out(s, slot)
        self.orders[slot].flags &= ~(B_WAITS | B_PERCENT) & 255

    def take_out(self, s: i64, slot: i64) -> None:
        """Take a stop out of the heaps; where it led a group the next one leads."""
        if self.orders[slot].order_type != TRAILING_STOP:
            self.sides[s].stops = self.ladder.remove(self.sides[s].stops, slot)
            return
        if not self.trails.is_root(slot):
            self.trails.remove(NIL, slot)
            return
        mark: i64 = self.mark_of(slot)
        self.step_down(s, slot)
        following: i64 = self.trails.remove(slot, slot)
        if following != NIL:
            self.lead(following, mark)

    def lead(self, slot: i64, mark: i64) -> None:
        """Let the first of a group stand for it."""
        side: i64 = self.orders[slot].side
        s: i64 = 2 * cython.cast(i64, self.orders[slot].instrument) + side
        stop: i64 = self.stop_at(slot, mark)
        stamp: i64 = self.trails.knots[slot].stamp
        key: i64 = stop if side == BUY else -stop
        self.sides[s].stops = self.ladder.push(self.sides[s].stops, slot, key, stamp)
        key = -mark if side == BUY else mark
        self.sides[s].marks = self.marks.push(self.sides[s].marks, slot, key, stamp)

    def step_down(self, s: i64, slot: i64) -> None:
        """A leader leaves the heaps in which it stands for its group."""
        self.sides[s].stops = self.ladder.remove(self.sides[s].stops, slot)
        self.sides[s].marks = self.marks.remove(self.sides[s].marks, slot)

    # -- where a stop stands -----------------------------------------------------------------------

    def stop_at(self, slot: i64, mark: i64) -> i64:
        """The stop price of a trailing stop behind `mark`."""
        percent: bool = self.orders[slot].flags & B_PERCENT != 0
        tick: i64 = self.instruments[self.orders[slot].instrument].tick_size
        return trail_stop(self.orders[slot].side, mark, self.trails.knots[slot].key, percent, tick)

    def mark_of(self, slot: i64) -> i64:
        """The mark of a trailing stop: its group's."""
        key: i64 = self.marks.knots[self.trails.root(slot)].key
        return -key if self.orders[slot].side == BUY else key

    def stop_of(self, slot: i64) -> i64:
        """The stop price of a waiting stop."""
        if self.orders[slot].order_type == TRAILING_STOP:
            return self.stop_at(slot, self.mark_of(slot))
        key: i64 = self.ladder.knots[slot].key
        return key if self.orders[slot].side == BUY else -key

    def asked_of(self, slot: i64) -> i64:
        """What its owner asked for: the trail of a trailing stop, else the stop price."""
        if self.orders[slot].order_type == TRAILING_STOP:
            return self.trails.knots[slot].key
        return self.stop_of(slot)

    def age_of(self, slot: i64) -> i64:
        """The number of its arrival."""
        if self.orders[slot].order_type == TRAILING_STOP:
            return self.trails.knots[slot].stamp
        return self.ladder.knots[slot].stamp

    def flags_of(self, slot: i64) -> i64:
        """TRAIL_PERCENT for a trail in basis points."""
        return TRAIL_PERCENT if self.orders[slot].flags & B_PERCENT else 0

    # -- trades ------------------------------------------------------------------------------------

    def trade(self, n: i64, price: i64, cause: i64) -> None:
        """An eligible trade: it moves marks first, then elects."""
        self.move_marks(n, price)
        self.elect_all(n, price, cause)

    def move_marks(self, n: i64, price: i64) -> None:
        self.follow(2 * n + BUY, BUY, price)
        self.follow(2 * n + SELL, SELL, price)

    def elect_all(self, n: i64, price: i64, cause: i64) -> None:
        """Elect what waits for a trade at `price`, buys before sells."""
        self.election.cause = cause
        self.elect(2 * n + BUY, price, price)
        self.elect(2 * n + SELL, price, -price)

    def follow(self, s: i64, side: i64, price: i64) -> None:
        """Join all groups whose marks the trade passes into one of that mark."""
        root: i64 = self.sides[s].marks
        key: i64 = -price if side == BUY else price
        if root == NIL or self.marks.knots[root].key >= key:
            return
        amounts: i64 = NIL
        percents: i64 = NIL
        while root != NIL and self.marks.knots[root].key <= key:
            self.step_down(s, root)
            if self.orders[root].flags & B_PERCENT:
                percents = self.trails.meld(percents, root)
            else:
                amounts = self.trails.meld(amounts, root)
            root = self.sides[s].marks
        if amounts != NIL:
            self.lead(amounts, price)
        if percents != NIL:
            self.lead(percents, price)

    def elect(self, s: i64, price: i64, key: i64) -> None:
        """Elect every stop of a side up to `key`: nearest to where the market was, then oldest.

        They are gathered first, because followers of one group may round to one stop price in any age.
        """
        batch: i64 = NIL
        slot: i64 = self.sides[s].stops
        while slot != NIL and self.ladder.knots[slot].key <= key:
            stop: i64 = self.ladder.knots[slot].key
            stamp: i64 = self.ladder.knots[slot].stamp
            self.drop(slot)
            batch = self.ladder.push(batch, slot, stop, stamp)
            slot = self.sides[s].stops
        while batch != NIL:
            slot = batch
            stop = self.ladder.knots[slot].key
            batch = self.ladder.remove(batch, slot)
            self.election.add(slot, stop if self.orders[slot].side == BUY else -stop, price)

    def elect_if_held(self, slot: i64) -> None:
        """Elect a stop whose condition the last eligible trade of the day fulfils; without one none is."""
        n: i64 = self.orders[slot].instrument
        if self.instruments[n].last_day != self.scalars[0].day:
            return
        last: i64 = self.instruments[n].last
        stop: i64 = self.stop_of(slot)
        if (self.orders[slot].side == BUY and stop <= last) or (
            self.orders[slot].side == SELL and stop >= last
        ):
            self.drop(slot)
            self.election.add(slot, stop, last)
