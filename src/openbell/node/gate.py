"""The durability gate: what shows a state waits here until the log has that state's position durably."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Gate:
    """Everything that leaves the node passes here, in the order of the positions it shows."""

    def __init__(self, durable: int) -> None:
        self.durable = durable
        self.shut = False  # for good: nothing leaves any more
        self.held: deque[tuple[int, Callable[[], None]]] = deque()

    def hold(self, position: int, release: Callable[[], None]) -> None:
        """Call `release` once `position` is durable: now if it is, and after everything held before."""
        if self.shut:
            return
        if position <= self.durable and not self.held:
            release()
        else:
            self.held.append((position, release))

    def open(self, durable: int) -> None:
        """Release what waits for positions up to `durable`."""
        self.durable = max(self.durable, durable)
        while self.held and self.held[0][0] <= self.durable and not self.shut:
            self.held.popleft()[1]()

    def close(self) -> None:
        """Let nothing out any more."""
        self.shut = True
        self.held.clear()
