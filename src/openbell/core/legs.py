"""Legs of groups in the book: what a fill or an end of one means for the others, in the same step.

A fill of an alternative lowers its sibling by as much, which keeps its place; at zero, and when one ends for
any other reason, the sibling ends. Children work for what their parent has filled: what it fills gives them
a turn, after the incoming order has finished; what it will never fill is taken off them.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.channel import Channel
from openbell.core.election import Election
from openbell.core.hidden import Hidden
from openbell.core.kin import Kin
from openbell.core.queue import Queue
from openbell.core.stops import Stops

if not cython.compiled:
    from openbell.core.codes import IN_CONTINUOUS, PRIORITY_KEPT, ROLE_PARENT, WHY_SIBLING
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import M_END, M_REDUCED, NIL
    from openbell.core.stop_layouts import B_PERCENT, B_WAITS
    from openbell.core.types import i64


class Legs:
    """Lowers, ends and releases legs. `level` is one that is being swept: its events are the sweeper's."""

    def __init__(
        self, memory: Any, queue: Queue, hidden: Hidden, stops: Stops, election: Election, mail: Channel
    ) -> None:
        self.scalars = memory["scalars"]
        self.instruments = memory["instruments"]
        self.levels = memory["levels"]
        self.orders = memory["book_orders"]
        self.extras = memory["extras"]
        self.legs = memory["book_legs"]
        self.counts = memory["leg_counts"]
        self.queue = queue
        self.hidden = hidden
        self.stops = stops
        self.election = election
        self.mail = mail
        self.letters = mail.messages
        self.kin = Kin(memory)

    # -- fills -------------------------------------------------------------------------------------

    def hit(self, maker: i64, quantity: i64, cause: i64, level: i64) -> None:
        """A resting leg was traded with: its group, and its own place if nothing is left there."""
        self.traded(maker, quantity, cause, level)
        if self.orders[maker].leaves == 0:
            self.queue.unlink(maker, level)
            self.emptied(maker, cause, level)

    def traded(self, slot: i64, quantity: i64, cause: i64, level: i64) -> None:
        """A leg filled so much, or lost it: its sibling has as much less, or its children may begin."""
        if self.legs[slot].role == ROLE_PARENT:
            self.release(slot)
            return
        if self.hidden.left(slot) == 0:
            return  # its own end is its sibling's
        sibling: i64 = self.kin.sibling(slot)
        if sibling != NIL:
            self.lower(sibling, quantity, cause, level)

    def decremented(self, slot: i64, by: i64, cause: i64, level: i64) -> None:
        """Self-trade prevention took so much off a leg: nobody fills it any more."""
        if self.legs[slot].role == ROLE_PARENT:
            self.shrink_children(slot, by, cause, level)
            return
        self.traded(slot, by, cause, level)
        if self.orders[slot].leaves == 0:
            self.queue.unlink(slot, level)
            self.orders[slot].level = NIL

    def emptied(self, slot: i64, cause: i64, level: i64) -> None:
        """A leg has nothing left that it works for: a child may get more, else it is filled."""
        if self.extras[slot].rest == 0:
            self.forget(slot, cause, level)

    def spent(self, slot: i64, before: i64, filled: i64, cause: i64) -> None:
        """A leg had its turn, to which it came with `before`: it has filled `filled` of all now."""
        got: i64 = filled - self.orders[slot].filled
        used: i64 = before - self.orders[slot].leaves
        self.orders[slot].filled = filled
        if self.legs[slot].role != ROLE_PARENT:
            if used > 0:
                self.traded(slot, used, cause, NIL)
            return
        if used > got:
            self.shrink_children(slot, used - got, cause, NIL)
        if got > 0:
            self.release(slot)

    def release(self, parent: i64) -> None:
        """Give the children of a parent that filled something their turns, each once in a cascade."""
        child: i64 = self.legs[parent].next
        while child != parent:
            if self.legs[child].queued == 0:
                self.election.push(child, self.legs[child].round == self.scalars[0].rounds)
            child = self.legs[child].next

    # -- sizes -------------------------------------------------------------------------------------

    def lower(self, slot: i64, by: i64, cause: i64, level: i64) -> None:
        """Take so much off all that is open of a leg; it keeps its place, and at zero it ends."""
        left: i64 = self.hidden.left(slot) - by
        if left <= 0:
            self.end(slot, cause, level)
            return
        self.tell_left(slot, left, cause)
        shown: i64 = max(0, min(self.orders[slot].leaves, left - self.kin.parent_open(slot)))
        self.show(slot, shown, level)
        self.extras[slot].rest = left - shown

    def show(self, slot: i64, shown: i64, level: i64) -> None:
        """What a leg works for becomes less, where it is."""
        less: i64 = self.orders[slot].leaves - shown
        if less == 0:
            return
        if self.orders[slot].flags & B_WAITS:
            self.orders[slot].leaves = shown
            if shown == 0:  # it waits for its parent again, and then for its price
                percent: i64 = self.orders[slot].flags & B_PERCENT
                self.stops.drop(slot)
                self.orders[slot].flags |= percent
                self.legs[slot].begun = 0
        elif not self.kin.rests(slot):
            self.orders[slot].leaves = shown
        elif shown == 0:
            self.unlink(slot, level)
            self.orders[slot].leaves = 0
        elif self.orders[slot].level == level:
            self.levels[level].quantity -= less
            self.orders[slot].leaves = shown
        else:
            self.queue.shrink(slot, shown)

    def shrink_children(self, parent: i64, by: i64, cause: i64, level: i64) -> None:
        """The parent will never fill so much."""
        first: i64 = self.legs[parent].next
        if first == parent:
            return
        second: i64 = self.legs[first].next
        self.shrink(first, by, cause, level)
        if second != parent and self.orders[second].flags & B_GROUPED:  # else it ended with the first
            self.shrink(second, by, cause, level)

    def shrink(self, child: i64, by: i64, cause: i64, level: i64) -> None:
        left: i64 = self.hidden.left(child) - by
        if left <= 0:
            self.end(child, cause, level)
            return
        self.extras[child].rest -= by
        self.tell_left(child, left, cause)

    def tell_left(self, slot: i64, left: i64, cause: i64) -> None:
        i: i64 = self.letter(M_REDUCED, slot, cause)
        self.letters[i].flags = PRIORITY_KEPT
        self.letters[i].leaves = left

    # -- ends --------------------------------------------------------------------------------------

    def end(self, slot: i64, cause: i64, level: i64) -> None:
        """A leg ends because of another."""
        i: i64 = self.letter(M_END, slot, cause)
        self.letters[i].reason = WHY_SIBLING
        self.letters[i].leaves = self.hidden.left(slot)
        self.take_out(slot, level)
        self.forget(slot, cause, level)

    def take_out(self, slot: i64, level: i64) -> None:
        """Take a leg out of wherever it is, keeping its slot and size."""
        if self.legs[slot].queued != 0:
            self.election.pull(slot)
        if self.orders[slot].flags & B_WAITS:
            self.stops.drop(slot)
        elif self.kin.rests(slot):
            self.unlink(slot, level)
        self.orders[slot].level = NIL

    def unlink(self, slot: i64, level: i64) -> None:
        if self.orders[slot].level == level:
            self.levels[level].quantity -= self.orders[slot].leaves
            self.queue.unlink(slot, level)
        else:
            self.queue.remove(slot)
        self.orders[slot].level = NIL

    def forget(self, slot: i64, cause: i64, level: i64) -> None:
        """Free the slot of a leg that has left the book, `leaves` of it unfilled: its group hears of it."""
        parent: bool = self.legs[slot].role == ROLE_PARENT
        lost: i64 = self.orders[slot].leaves
        if parent and lost > 0:
            self.orders[slot].leaves = 0
            self.shrink_children(slot, lost, cause, level)
        if self.legs[slot].queued != 0:
            self.election.pull(slot)
        sibling: i64 = self.kin.sibling(slot)
        before: i64 = slot
        while self.legs[before].next != slot:
            before = self.legs[before].next
        self.legs[before].next = self.legs[slot].next
        self.legs[slot].next = slot
        self.orders[slot].flags &= ~B_GROUPED & 255
        self.counts[self.orders[slot].instrument].legs -= 1
        self.queue.forget(slot)
        if sibling != NIL:
            self.end(sibling, cause, level)

    # -- other -------------------------------------------------------------------------------------

    def again(self, slot: i64, price: i64) -> None:
        """A resting leg gets another price, as if it came anew."""
        n: i64 = self.orders[slot].instrument
        self.take_out(slot, NIL)
        self.orders[slot].price = price
        if self.instruments[n].status == IN_CONTINUOUS:
            self.election.push(slot, False)
        else:
            self.queue.append(slot, n, self.orders[slot].side, price, self.orders[slot].leaves)

    def letter(self, kind: i64, slot: i64, cause: i64) -> i64:
        """A message to a leg's account."""
        i: i64 = self.mail.post(
            kind, self.orders[slot].instrument, self.orders[slot].account, self.orders[slot].id, cause
        )
        self.letters[i].side = self.orders[slot].side
        self.letters[i].ref = self.orders[slot].ref
        return i
