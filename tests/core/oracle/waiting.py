"""A reference stop order while it waits, and where a trailing one stands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from openbell.core import codes
from openbell.core.records import PRICE_MAX
from tests.core.oracle.state import Resting


def trail_stop(side: int, mark: int, trail: int, percent: bool, tick: int) -> int:
    """Where a stop stands that trails its mark: on the tick, rounded away from the market."""
    width = Fraction(mark * trail, 10_000) if percent else Fraction(trail)
    if side == codes.BUY:
        return min(ceil((mark + width) / tick), PRICE_MAX // tick) * tick
    return max(floor((mark - width) / tick), 1) * tick


@dataclass(eq=False)
class Waiting:
    """A stop in a book: `resting` is what it becomes once elected. `trail` 0: it stays where it is."""

    resting: Resting
    stop: int
    trail: int
    percent: bool
    mark: int

    @property
    def asked(self) -> int:
        """What its owner asked for: the trail of a trailing stop, else the stop price."""
        return self.trail or self.stop

    def holds(self, last: int) -> bool:
        """Whether a trade at `last` elects it."""
        return self.stop <= last if self.resting.order.side == codes.BUY else self.stop >= last

    def move(self, tick: int) -> None:
        """Stand anew behind the mark."""
        self.stop = trail_stop(self.resting.order.side, self.mark, self.trail, self.percent, tick)
