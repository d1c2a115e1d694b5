"""What changed accounts between the marks of a day: read from the ledger once, and then only what is new.

What happened before a mark that the ledger has passed never changes: a bust is a change of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openbell.gateway.curve import Flow
from openbell.ledger.portfolio_reads import PortfolioReads

ROWS_MAX = 200_000  # of all accounts that are kept, some 30 MB


class Day(NamedTuple):
    """An account's day: where in the log and when it began, and its marks: the first, and how far apart."""

    account: int
    seq: int
    ts: int
    first: int
    length: int


class Kept(NamedTuple):
    """What changed in a day before the mark `until`."""

    day: Day
    until: int
    flows: list[Flow]


class DayFlows:
    """The days of one gateway process's accounts; those that were asked for least recently go first."""

    def __init__(self, rows_max: int = ROWS_MAX) -> None:
        self._rows_max = rows_max
        self._rows = 0
        self._days: dict[int, Kept] = {}

    async def read(
        self, reads: PortfolioReads, day: Day, seq: int, times: Sequence[int], settled: bool
    ) -> list[Flow]:
        """What changed in `day` between its marks `times`, before the last of them.

        Args:
            seq: a log position whose time is after the last mark.
            settled: whether the ledger has reached `seq`: only then is something kept.

        Raises:
            LedgerUnavailable: as `LedgerReads` says.
        """
        if not times:
            return []
        kept = self._days.get(day.account)
        if kept is None or kept.day != day:
            kept = Kept(day, day.ts, [])
        if kept.until < times[-1]:
            rows = await reads.flows(day.account, day.seq, kept.until, seq, times, times[-1])
            new = [Flow(row["bucket"], row["asset"], row["amount"], row["moved"]) for row in rows]
            kept = Kept(day, times[-1], kept.flows + new)
        if settled:
            self._keep(kept)
        return kept.flows

    def _keep(self, kept: Kept) -> None:
        """Keep it as the last that was asked for."""
        before = self._days.pop(kept.day.account, None)
        self._rows += len(kept.flows) - (len(before.flows) if before else 0)
        self._days[kept.day.account] = kept
        while self._rows > self._rows_max:
            self._rows -= len(self._days.pop(next(iter(self._days))).flows)
