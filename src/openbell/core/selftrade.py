"""Self-trade prevention: what happens to a resting order that its own owner's order would trade with next.

The incoming order's mode decides (trading-rules: Matching); what becomes of that order itself, the books do.
"""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.channel import Channel
from openbell.core.hidden import Hidden
from openbell.core.legs import Legs
from openbell.core.queue import Queue

if not cython.compiled:
    from openbell.core.codes import PRIORITY_KEPT, WHY_SELF_TRADE
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import F_HIDDEN, M_END, M_REDUCED
    from openbell.core.types import i64


class SelfTrade:
    """Ends or lowers resting orders and tells their accounts; the level's event is the caller's."""

    def __init__(self, memory: Any, queue: Queue, hidden: Hidden, legs: Legs, mail: Channel) -> None:
        self.orders = memory["book_orders"]
        self.queue = queue
        self.hidden = hidden
        self.legs = legs
        self.mail = mail
        self.letters = mail.messages

    def end(self, maker: i64, level: i64, cause: i64) -> None:
        """The resting order leaves with all that is open of it."""
        i: i64 = self.write(M_END, maker, cause)
        self.letters[i].reason = WHY_SELF_TRADE
        self.letters[i].leaves = self.hidden.left(maker)
        self.hidden.detach(maker, level)
        if self.orders[maker].flags & B_GROUPED:
            self.legs.forget(maker, cause, level)
        else:
            self.queue.forget(maker)

    def lower(self, maker: i64, level: i64, by: i64, cause: i64) -> bool:
        """The resting order's open size falls by `by`; it keeps its place, and at zero it leaves.

        Returns whether the level shows less.
        """
        shown: bool = self.orders[maker].flags & F_HIDDEN == 0
        leaves: i64 = self.hidden.left(maker) - by
        if leaves == 0:
            self.end(maker, level, cause)
            return shown
        i: i64 = self.write(M_REDUCED, maker, cause)
        self.letters[i].flags = PRIORITY_KEPT
        self.letters[i].leaves = leaves
        shown = self.hidden.lower(maker, level, by)
        if self.orders[maker].flags & B_GROUPED:
            self.legs.decremented(maker, by, cause, level)
        return shown

    def lowered(self, order: i64, account: i64, ref: i64, leaves: i64, cause: i64) -> None:
        """Tell the incoming order's account that its open size fell to `leaves`."""
        i: i64 = self.mail.post(M_REDUCED, 0, account, order, cause)
        self.letters[i].ref = ref
        self.letters[i].leaves = leaves

    def write(self, kind: i64, maker: i64, cause: i64) -> i64:
        """A message to the account of a resting order."""
        i: i64 = self.mail.post(
            kind, self.orders[maker].instrument, self.orders[maker].account, self.orders[maker].id, cause
        )
        self.letters[i].side = self.orders[maker].side
        self.letters[i].ref = self.orders[maker].ref
        return i
