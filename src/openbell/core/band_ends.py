"""What rests beyond bands that have moved ends (trading-rules: Bands)."""

from __future__ import annotations

from typing import Any

import cython

from openbell.core.bands import Bands
from openbell.core.channel import Channel
from openbell.core.hidden import Hidden
from openbell.core.ladder import Ladder
from openbell.core.legs import Legs
from openbell.core.queue import Queue

if not cython.compiled:
    from openbell.core.codes import BUY, SELL, WHY_BAND
    from openbell.core.group_layouts import B_GROUPED
    from openbell.core.state import M_END, NIL
    from openbell.core.types import i64


class BandEnds:
    """To be run after whatever may move bands."""

    def __init__(
        self,
        memory: Any,
        bands: Bands,
        ladder: Ladder,
        queue: Queue,
        hidden: Hidden,
        legs: Legs,
        mail: Channel,
    ) -> None:
        self.levels = memory["levels"]
        self.shades = memory["shades"]
        self.orders = memory["book_orders"]
        self.bands = bands
        self.ladder = ladder
        self.queue = queue
        self.hidden = hidden
        self.legs = legs
        self.mail = mail
        self.letters = mail.messages

    def run(self, n: i64, cause: i64) -> None:
        """End what the bands of an instrument have left behind, if they moved."""
        if self.bands.moved:
            self.bands.moved = False
            self.end_beyond(n, BUY, cause)
            self.end_beyond(n, SELL, cause)

    def end_beyond(self, n: i64, side: i64, cause: i64) -> None:
        """Best price first, displayed before hidden, then by time."""
        level: i64 = self.ladder.best(n, side)
        while level >= 0 and self.bands.clip(n, side, self.levels[level].price) != self.levels[level].price:
            slot: i64 = self.levels[level].head
            if slot == NIL:
                slot = self.shades[level].head
            i: i64 = self.mail.post(M_END, n, self.orders[slot].account, self.orders[slot].id, cause)
            self.letters[i].side = side
            self.letters[i].ref = self.orders[slot].ref
            self.letters[i].reason = WHY_BAND
            self.letters[i].leaves = self.hidden.left(slot)
            self.hidden.remove(slot)
            if self.orders[slot].flags & B_GROUPED:
                self.legs.forget(slot, cause, NIL)
            else:
                self.queue.forget(slot)
            level = self.ladder.best(n, side)
