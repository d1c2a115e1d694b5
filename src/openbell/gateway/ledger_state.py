"""Whether the ledger can be read and follows the log, for those who watch over the exchange."""

from __future__ import annotations

from typing import NamedTuple

from openbell.ledger.reads import LedgerReads, LedgerUnavailable

OK = "ok"
DEGRADED = "degraded"  # PostgreSQL is away: it comes back by itself
STOPPED = "stopped"  # an event cannot be applied: somebody must look


class LedgerState(NamedTuple):
    """One of the words above; unless it is away, the position of the last command that the ledger holds; if
    it stopped, before which command and why."""

    word: str
    position: int | None = None
    stopped_before: int | None = None
    reason: str | None = None


async def ledger_state(reads: LedgerReads) -> LedgerState:
    """What the ledger says of itself now."""
    try:
        row = await reads.status()
    except LedgerUnavailable:
        return LedgerState(DEGRADED)
    if row["stopped"]:
        return LedgerState(STOPPED, row["position"], row["stopped_seq"], row["stopped"])
    return LedgerState(OK, row["position"])
