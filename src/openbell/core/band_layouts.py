"""Layouts and numbers of price bands, after the plan to address extraordinary market volatility (LULD)."""

from __future__ import annotations

from typing import Any

from openbell.core.layout import Record, record

BAND_TIERS = 2
BAND_SLOT_NS = 10 * 10**9  # a sum of trades covers ten seconds
BAND_SLOTS = 30  # whole sums that the mean is of: five minutes
BAND_RING = 32  # sums kept: those, and the one that is being added to
BAND_COUNT_MAX = 4_000_000  # trades of one sum: at the highest price they add up within 63 bits
BAND_HOLD_NS = 30 * 10**9  # a reference lasts at least so long
BAND_LIMIT_NS = 15 * 10**9  # a limit state that lasts so long becomes a call
BAND_WIDE_NS = 20 * 60 * 10**9  # before the end of continuous trading: bands are doubled
BAND_UPPER_CLASS = 30_000  # an official close above it has the tier's own percentage,
BAND_LOWER_CLASS = 7_500  # one from here up to that 20 %,
BAND_CHEAP = 1_500  # and one below at most so much

# Where an instrument may trade now; `reference` 0: anywhere. The mean was looked at last in the ten seconds
# number `looked`. `due` is when the limit state that there is (AT_UPPER, AT_LOWER) becomes a call.
Band = record(
    "Band",
    """
    reference i64
    low i64
    high i64
    set_ts i64
    looked i64
    due i64
    limit_state u32
    wide u32
    """,
)

# Prices of the eligible trades of ten seconds.
BandSum = record("BandSum", "total i64\nslot u32\ncount u32")


def arrays(genesis: Any) -> list[tuple[str, type[Record], int]]:
    """The arrays of these layouts: name, layout, number of records."""
    return [("bands", Band, genesis.instruments), ("band_sums", BandSum, genesis.instruments * BAND_RING)]
