"""What the steps of a flow are drawn from, and what one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


class Draw(Protocol):
    """Where a flow's choices come from: a seed, or Hypothesis."""

    def pick(self, options: Sequence[T]) -> T: ...

    def whole(self, low: int, high: int) -> int: ...


@dataclass(frozen=True)
class Step:
    """One command: `made` is the record; `back` names an order and `again` a command, counted backwards."""

    made: bytes
    gap: int  # nanoseconds since the command before
    back: int = -1  # CANCEL, MODIFY: the order so many before the last
    owner: bool = True  # as the order's own account
    again: int = -1  # instead: repeat the command so many before the last
    ticks: int | None = None  # MODIFY: the new price, in ticks from the middle of the order's instrument
    lots: int | None = None  # MODIFY: the new total
    ends: int | None = None  # NEW_ORDER: nanoseconds from the command to its end
    stop: int | None = None  # MODIFY: the new stop price, in ticks from the middle
    trail: int | None = None  # MODIFY: instead the new trail, in ticks
