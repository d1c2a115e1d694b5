"""The layout of an instrument's schedule: its phase's end, calls of the exchange's own, what waits."""

from __future__ import annotations

from openbell.core.layout import record

# Where an instrument is in its day. `scheduled` is the phase that the last PHASE command asked for, `target`
# what an uncross leads to, `due` when the exchange itself ends a call (0: a PHASE command does). Orders with
# ids above `since` are pending (0: none is): they came while the market was closed. The lists are levels
# outside the ladders: MARKET orders that wait for an auction, CLS orders for the closing one.
Schedule = record(
    "Schedule",
    """
    ends_ts i64
    lock_ns i64
    due i64
    since u64
    date u32
    scheduled u32
    target u32
    extended u32
    buys u32
    sells u32
    closes u32
    reserved u32
    """,
)
