"""Reading what is set over trading: limits, approval, kill switches, restricted lists."""

from __future__ import annotations

from typing import Any

from openbell.core.codes import SCOPE_ACCOUNT, SCOPE_FIRM, SCOPE_INSTRUMENT, SCOPE_VENUE
from openbell.core.exchange import Exchange

ROWS = {
    SCOPE_VENUE: "limits",
    SCOPE_ACCOUNT: "limits",
    SCOPE_FIRM: "firm_limits",
    SCOPE_INSTRUMENT: "instrument_limits",
}
SCOPE_BITS = 3  # of a restriction's key; the instrument's number follows
INSTRUMENT_BITS = 28


def limits(ex: Exchange, scope: int, number: int) -> dict[str, Any] | None:
    """What is set for account, firm or instrument `number`, or the venue (0); None if there is none.

    0 is no limit. `restricted` are the instruments on its list; `exposure` is kept where it is limited.
    """
    if not _exists(ex, scope, number):
        return None
    row = ex.memory[ROWS[scope]][number]
    return {
        "scope": scope,
        "number": number,
        "quantity_max": row.quantity_max,
        "value_max": row.value_max,
        "open_orders_max": row.open_orders_max,
        "rate_max": row.rate_max,
        "exposure_max": row.exposure_max,
        "exposure": row.exposure,
        "duplicate_ns": row.duplicate_ns,
        "tier": row.tier,
        "approved": not row.unapproved,
        "killed": bool(row.killed),
        "restricted": _restricted(ex, scope, number) if row.restricted else [],
    }


def _exists(ex: Exchange, scope: int, number: int) -> bool:
    scalars = ex.memory["scalars"][0]
    if scope == SCOPE_VENUE:
        return number == 0
    if scope == SCOPE_ACCOUNT:
        return 0 < number < int(scalars.accounts)
    if scope == SCOPE_FIRM:
        return 0 < number <= int(scalars.firms)
    return scope == SCOPE_INSTRUMENT and number < int(scalars.instruments)


def _restricted(ex: Exchange, scope: int, number: int) -> list[int]:
    """The instruments on a restricted list, by number."""
    rows, used = ex.memory["restrictions"], ex.memory["scalars"][0].restriction_used
    keys = [int(rows[slot].key) for slot in range(used)]
    low = (1 << SCOPE_BITS) - 1
    return sorted(
        key >> SCOPE_BITS & (1 << INSTRUMENT_BITS) - 1
        for key in keys
        if key and key & low == scope and key >> SCOPE_BITS + INSTRUMENT_BITS == number
    )
