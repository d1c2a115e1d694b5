"""Units on their way from the node to the database: gathered into batches, bounded in memory."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from openbell.ledger.projection import UnitLike

BATCH_BYTES = 4 << 20  # of commands and events in one transaction; a larger single unit goes alone
HELD_BYTES_MAX = 4 * BATCH_BYTES


class Intake:
    """Pulls units from `units` in the background and hands them out in batches.

    While they trickle, batches leave `interval_s` apart; a full batch leaves at once.
    """

    def __init__(self, units: AsyncIterator[Sequence[UnitLike]], interval_s: float) -> None:
        self._source = units
        self._interval_s = interval_s
        self._held: deque[UnitLike] = deque()
        self._held_bytes = 0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._left_at = 0.0
        self._pump: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._pump = asyncio.create_task(self._pull())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._pump is not None
        self._pump.cancel()
        with suppress(asyncio.CancelledError, Exception):  # its error, if any, has left through `take`
            await self._pump
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    async def _pull(self) -> None:
        try:
            async for units in self._source:
                self._held.extend(units)
                self._held_bytes += sum(size(unit) for unit in units)
                self._changed.set()
                while self._held_bytes >= HELD_BYTES_MAX:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._changed.set()

    @property
    def full(self) -> bool:
        """Whether a whole batch waits."""
        return self._held_bytes >= BATCH_BYTES

    @property
    def waiting(self) -> bool:
        """Whether any unit waits."""
        return bool(self._held)

    async def take(self) -> list[UnitLike]:
        """The next units in order: all that are there, up to one batch; at least one.

        Raises:
            Whatever the source raised; EOFError when it ended.
        """
        while not self._held:
            await self._until(None)
        due = self._left_at + self._interval_s
        while self._held_bytes < BATCH_BYTES and (wait := due - time.monotonic()) > 0:
            await self._until(wait)
        self._left_at = time.monotonic()
        units = [self._held.popleft()]
        taken = size(units[0])
        for unit in self._held:
            weight = size(unit)
            if taken + weight > BATCH_BYTES:
                break
            units.append(unit)
            taken += weight
        for _ in units[1:]:
            self._held.popleft()
        self._held_bytes -= taken
        self._room.set()
        return units

    async def _until(self, wait_s: float | None) -> None:
        """Wait until something changed, or for `wait_s`; raise what ended the source."""
        assert self._pump is not None
        if self._pump.done():
            self._pump.result()
            raise EOFError("the node's event stream ended")
        self._changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), wait_s)


def size(unit: UnitLike) -> int:
    """The bytes a unit weighs in a batch."""
    return len(unit.command) + len(unit.events)
