"""Layouts and bounds of what the exchange's own people set: limits, restricted lists, schedules of fees."""

from __future__ import annotations

from typing import Any

from openbell.core.layout import Record, record

F_FEES = 1 << 16  # the ticket's alone: it pays fees

# What an order of the same slot carries beside its ticket, while it carries any.
# `fee` was charged so far, for `taken` of taking, `auctioned` of auctions and the rest of making.
Charge = record(
    "Charge",
    """
    exposure i64
    fee i64
    taken i64
    auctioned i64
    schedule u32
    reserved u32
    """,
)

# One version of a schedule: it lives while it is `current` for its `key` (tier, instrument), or has orders.
Tariff = record(
    "Tariff",
    """
    key u64
    per_share i64
    per_order i64
    least i64
    maker u32
    taker u32
    auction u32
    dearest u32
    orders u32
    current u32
    next u32
    reserved u32
    """,
)

# Limits of an account (number 0: the venue), a firm or an instrument; 0 is no limit. An account counts its
# messages of one second, and keeps its last order from the app.
Limit = record(
    "Limit",
    """
    quantity_max i64
    value_max i64
    exposure_max i64
    exposure i64
    duplicate_ns i64
    last_ts i64
    last_price i64
    last_size i64
    last_stop i64
    rate_second i64
    rate_count u32
    rate_max u32
    open_orders_max u32
    last_instrument u32
    restricted u32
    last_side u8
    killed u8
    unapproved u8
    tier u8
    """,
)

# A trade as it was settled, for a bust; a busted one has no `buyer`. `day` is the counter's, not a date.
Deal = record(
    "Deal",
    """
    trade u64
    quantity i64
    value i64
    price i64
    buy_fee i64
    sell_fee i64
    buyer u32
    seller u32
    instrument u32
    day u32
    """,
)
DEALS_MAX = 1 << 20

# One instrument on one restricted list; `key` names both (0: a free slot).
Restriction = record("Restriction", "key u64\nnext u32\nreserved u32")

# What `watch` says of an account or, for all of them, of the venue.
WATCH_LIMITS = 1  # its order must pass the limits, kill switches and lists
WATCH_EXPOSURE = 2  # its exposure is kept
WATCHED = 2  # in an asset's flags, beside PROTECTIONS_OFF: the instrument has limits or a kill switch
FIRMS_MAX = 65_535
TIER_MAX = 255
RATE_MAX = 100_000  # millionths: a tenth of the value
PER_SHARE_MAX = 1_000_000
PER_ORDER_MAX = 10**10
FEES_SPARE = 16  # schedules beside eight for each instrument
RESTRICTIONS_MAX = 65_536


def arrays(genesis: Any, tickets: int) -> list[tuple[str, type[Record], int]]:
    """The arrays of these layouts: name, layout, number of records."""
    deals = 16
    while deals < min(2 * genesis.orders, DEALS_MAX):
        deals *= 2
    return [
        ("charges", Charge, tickets),
        ("limits", Limit, genesis.accounts),
        ("firm_limits", Limit, min(genesis.accounts, FIRMS_MAX)),
        ("instrument_limits", Limit, genesis.instruments),
        ("restrictions", Restriction, min(genesis.accounts, RESTRICTIONS_MAX)),
        ("tariffs", Tariff, 8 * genesis.instruments + FEES_SPARE),
        ("deals", Deal, deals),
    ]
