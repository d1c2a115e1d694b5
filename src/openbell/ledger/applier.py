"""Applies batch after batch: the next are prepared while the last are being written."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg

from openbell.ledger import equity
from openbell.ledger.balances import CannotApply
from openbell.ledger.batch import Prepared
from openbell.ledger.projection import UnitLike
from openbell.ledger.store import LedgerStore, PositionMoved

REMEMBERED_MAX = 500_000
# Batches prepared and not yet written: one that is being written, and one that follows it without a pause.
WRITING_MAX = 2

# What one event can be to blame for; anything else is about the connection or the schema.
CONTRADICTIONS = (
    CannotApply,
    psycopg.DataError,
    psycopg.IntegrityError,
    ArithmeticError,
    LookupError,
    ValueError,
    struct.error,  # events cut off in the middle
)


class Stopped(Exception):
    """The ledger met something it cannot apply. `seq` is the command's."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"The ledger stopped before command {seq}: {reason}")
        self.seq = seq
        self.reason = reason


class Applier:
    """Applies units through a store, from `position` on.

    Attributes:
        position: log position of the last command that is known to be written.
        durable: the same, written and surely on disk.
    """

    def __init__(self, store: LedgerStore, position: int) -> None:
        self.store = store
        self.position = position
        self.durable = position
        self._writing: deque[tuple[Sequence[UnitLike], asyncio.Task[int]]] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for _, task in self._writing]
        for task in reversed(tasks):
            task.cancel()
        # An error is what brought us here, or follows it.
        await asyncio.gather(*tasks, return_exceptions=True)

    async def apply(self, units: Sequence[UnitLike], more: bool = False, synchronous: bool = False) -> None:
        """Apply the units that come next.

        Args:
            more: the next units wait already: return while these are still being written.
            synchronous: return only when they, and all before them, are on disk.

        Raises:
            Stopped: an event contradicts the ledger; everything before its command was written.
            PositionMoved, psycopg.Error: as the store says.
        """
        rolled = list(equity.parts(units))
        for part in rolled[:-1]:
            await self._apply(part, True, False)
        await self._apply(rolled[-1], more, synchronous)

    async def _apply(self, units: Sequence[UnitLike], more: bool, synchronous: bool) -> None:
        """As `apply`; a day roll is a batch of its own."""
        behind = self._writing[-1][0][-1].seq if self._writing else self.position
        batch: Prepared | None = None
        with suppress(*CONTRADICTIONS):
            batch = await self.store.prepare(behind, units)
        whole = await self._settle(0 if batch is None else WRITING_MAX - 1)
        if batch is None or not whole:
            await self._apply_in_parts(units)
            return
        before = self._writing[-1][1] if self._writing else None
        self._writing.append((units, asyncio.create_task(self._write(before, batch, synchronous))))
        crowded = self.store.remembered > REMEMBERED_MAX
        if synchronous or crowded or not more:
            await self._settle(0)
        if synchronous:
            self.durable = self.position
        if crowded:
            self.store.forget()

    async def _write(self, before: asyncio.Task[int] | None, batch: Prepared, synchronous: bool) -> int:
        """Write a batch once the one before it is written; an error of that one is this one's too."""
        if before is not None:
            await before
        return await self.store.write(batch.first - 1, batch, synchronous)

    async def _settle(self, left: int) -> bool:
        """Wait until at most `left` batches are being written; whether all could be as prepared."""
        while len(self._writing) > left:
            try:
                self.position = await self._writing[0][1]
            except CONTRADICTIONS:
                failed = list(self._writing)
                self._writing.clear()
                await asyncio.gather(*(task for _, task in failed), return_exceptions=True)
                for units, _ in failed:
                    await self._apply_in_parts(units)
                return False
            self._writing.popleft()
        return True

    async def _apply_in_parts(self, units: Sequence[UnitLike]) -> None:
        """Apply all units before the one that cannot be, and stop there."""
        self.store.forget()  # what it remembers may be from what was not written
        try:
            self.position = await self.store.apply(self.position, units)
            return
        except CONTRADICTIONS as error:
            now = await self.store.position()
            if now != self.position:  # so the balances it was held against were another ledger's later ones
                raise PositionMoved(f"the ledger is at {now}, no longer at {self.position}") from error
            if len(units) == 1:
                await self.store.mark_stopped(units[0].seq, str(error))
                raise Stopped(units[0].seq, str(error)) from error
        half = len(units) // 2
        await self._apply_in_parts(units[:half])
        await self._apply_in_parts(units[half:])
