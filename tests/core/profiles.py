"""The exchanges that flows run on: roomy or tight, with prices in the middle or at the end of the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openbell.core import codes, records
from tests.core import commands
from tests.core.commands import MILLISECOND, SECOND, SHARE, USD

HOUSE = 4
TRADERS = (5, 6, 7)
MEMBER = 7  # belongs to a firm
MEMBERS_FIRM = 1
STRANGER = 8  # of another realm
GUEST = 9  # has cash alone, and comes and goes
LATER = (10, 11)  # opened by a flow, if at all
TTL = 10 * MILLISECOND
# How time passes where there are bands, and when their phases end.
SPANS = (*(SECOND, 3 * SECOND, 10 * SECOND, 10 * SECOND, 16 * SECOND, 31 * SECOND) * 3, 300 * SECOND)
BANDED_ENDS = (0, 2500 * SECOND, 3000 * SECOND, 4000 * SECOND)


@dataclass(frozen=True)
class Profile:
    """An exchange to run flows on."""

    name: str
    limits: dict[str, int]
    listings: tuple[bytes, ...]
    prices: tuple[tuple[int, int, int], ...]  # per instrument: middle, tick, lot
    cash: int
    shares: int  # lots issued of each instrument
    calm: int  # how rare odd fields are, 1: very common
    controls: int = 0  # how common limits and kill switches are
    phases: int = 1  # how often phases change, 1: rarely
    fees: int = 0  # how common changes of fees are
    stops: int = 4  # one order in so many is a stop
    bands: bool = False  # seconds and minutes pass, so that bands move
    groups: int = 0  # how common groups are

    @property
    def shard(self) -> int:
        return self.limits.get("shard", 0)


NARROW_LISTINGS = (
    # cents, whole shares, trades of one share do not move `last`, collars of ten ticks
    ("AAPL", {"last_lot": 2 * SHARE, "market_collar": 1, "limit_collar": 1}, (100 * USD, 100, SHARE)),
    # fractional, at least one dollar
    (
        "BRK.B",
        {
            "tick_size": 1,
            "lot_size": 1,
            "min_notional": USD,
            "last_lot": 10**6,
            "flags": codes.AUCTIONS,
            "market": 1,
        },
        (25_000, 1, SHARE // 2),
    ),
    # protections off
    (
        "REPLAY",
        {"flags": codes.PROTECTIONS_OFF, "min_notional": USD, "market_collar": 1},
        (50_000, 100, SHARE),
    ),
    # of another realm
    ("OTHER", {"realm": 2}, (100 * USD, 100, SHARE)),
)

# Prices near the top of the range, ticks that divide nothing, lots of one and of many.
LARGE_LISTINGS = (
    (
        "TOP",
        {"tick_size": 10**9, "lot_size": 1, "last_lot": 1, "market_collar": 1, "limit_collar": 1},
        (records.PRICE_MAX, 10**9, 10**9 + 7),
    ),
    (
        "ODD",
        {
            "tick_size": 7,
            "lot_size": 3,
            "min_notional": 50,
            "limit_collar": 10**8,
            "flags": codes.AUCTIONS,
        },
        (700_007, 7, 333_333_333),
    ),
    ("PENNY", {"tick_size": 1, "lot_size": 10**10}, (1, 1, 10**14)),
)  # fmt: skip


# Few ticks are many percent; two markets, one instrument without auctions.
AUCTION_LISTINGS = (
    ("NEAR", {"flags": codes.AUCTIONS, "last_lot": 3 * SHARE}, (100 * USD, 100, SHARE)),
    ("WIDE", {"flags": codes.AUCTIONS, "limit_collar": 10**8, "market": 1}, (20_000, 500, SHARE)),
    ("PLAIN", {"limit_collar": 10**8}, (20_000, 500, SHARE)),
)


# A few ticks are the width of a band: half a percent each at 5 %, one at 10 and 20 %, a cent at 15 cents.
BANDED_LISTINGS = (
    ("FIRST", {"tier": 1, "limit_collar": 10**8, "market_collar": 2000}, (100 * USD, 5_000, SHARE)),
    (
        "SECOND",
        {"tier": 2, "flags": codes.AUCTIONS, "limit_collar": 10**8, "market": 1},
        (20 * USD, 2_000, SHARE),
    ),
    ("CHEAP", {"tier": 2, "limit_collar": 5000, "last_lot": 2 * SHARE}, (5_000, 100, SHARE)),
    ("MIDDLE", {"tier": 1, "limit_collar": 10**8}, (2 * USD, 300, SHARE)),
)


def profile(
    name: str,
    table: Sequence[tuple[str, dict[str, Any], tuple[int, int, int]]],
    cash: int,
    shares: int,
    calm: int,
    controls: int = 0,
    phases: int = 1,
    fees: int = 0,
    stops: int = 4,
    bands: bool = False,
    groups: int = 0,
    **limits: int,
) -> Profile:
    """A profile whose instruments are those of `table`: symbol, listing fields, and prices to trade at."""
    listings = tuple(
        bytes(commands.listing(symbol, reference_price=prices[0], **fields))
        for symbol, fields, prices in table
    )
    ranges = tuple(prices for _, _, prices in table)
    most = {"request_ttl_ns": TTL} | limits
    return Profile(
        name, most, listings, ranges, cash, shares, calm, controls, phases, fees, stops, bands, groups
    )


NARROW = profile(
    "narrow", NARROW_LISTINGS, 40_000 * USD, 120, 6,
    fees=2, order_quantity_max=10**12, order_value_max=5_000 * USD, levels=12, open_orders_per_account=12,
    ended_per_account=24, slice=3,
)  # fmt: skip
TIGHT = profile(
    "tight", NARROW_LISTINGS, 40_000 * USD, 120, 2,
    accounts=12, instruments=5, positions=12, orders=14, ended_orders=10, requests=30, levels=3,
    open_orders_per_account=6, ended_per_account=5, slice=2, order_quantity_max=10**12,
    order_value_max=5_000 * USD, request_ttl_ns=40 * MILLISECOND, shard=3,
)  # fmt: skip
STARVED = profile(
    "starved", NARROW_LISTINGS, 40_000 * USD, 120, 1,
    accounts=12, instruments=5, orders=9, ended_orders=3, requests=7, levels=20, slice=1,
    ended_per_account=3, request_ttl_ns=40 * MILLISECOND,
)  # fmt: skip
LARGE = profile("large", LARGE_LISTINGS, records.NOTIONAL_MAX, 60, 1, fees=1, levels=8, slice=1, shard=1023)
GOVERNED = profile(
    "governed", NARROW_LISTINGS, 40_000 * USD, 120, 6, 5,
    order_quantity_max=10**12, levels=12, open_orders_per_account=12, ended_per_account=24, slice=3,
)  # fmt: skip
AUCTIONS = profile(
    "auctions", AUCTION_LISTINGS, 200_000 * USD, 1200, 8, phases=8,
    order_quantity_max=10**12, levels=7, slice=2, ended_per_account=40,
)  # fmt: skip
CASCADES = profile(
    "cascades", NARROW_LISTINGS, 200_000 * USD, 1200, 12, fees=1, stops=2,
    order_quantity_max=10**12, levels=4, slice=2, open_orders_per_account=40, ended_per_account=60,
)  # fmt: skip
BANDED = profile(
    "banded", BANDED_LISTINGS, 400_000 * USD, 6000, 25, stops=8, bands=True,
    order_quantity_max=10**12, levels=12, slice=3, open_orders_per_account=40, ended_per_account=60,
)  # fmt: skip
GROUPS = profile(
    "groups", (*AUCTION_LISTINGS[:2], BANDED_LISTINGS[0]), 900_000 * USD, 6000, 40,
    fees=1, phases=2, stops=6, groups=20,
    order_quantity_max=10**12, orders=512, slice=2, open_orders_per_account=60, ended_per_account=60,
)  # fmt: skip
CROWDED = profile(
    "crowded", NARROW_LISTINGS, 40_000 * USD, 120, 4, 1, phases=6, stops=4, groups=14,
    accounts=12, instruments=5, positions=12, orders=48, ended_orders=10, requests=60, levels=3, slice=1,
    open_orders_per_account=14, order_quantity_max=10**12, order_value_max=5_000 * USD, shard=5,
)  # fmt: skip
ALL = (NARROW, TIGHT, STARVED, LARGE, GOVERNED, AUCTIONS, CASCADES, BANDED, GROUPS, CROWDED)
PROFILES = {made.name: made for made in ALL}


def opening(made: Profile) -> list[bytearray]:
    """Instruments, a house with cash and shares, and traders who got some of both."""
    first = [bytearray(listing) for listing in made.listings]
    first += [commands.open_account(codes.KIND_HOUSE), commands.deposit(HOUSE, made.cash)]
    for instrument, (price, _, lot) in enumerate(made.prices):
        cost = min(price, records.NOTIONAL_MAX * SHARE // (made.shares * lot))
        first.append(commands.issue(HOUSE, instrument, made.shares * lot, cost))
    first.append(commands.set_limits(firm=MEMBERS_FIRM))
    for number in TRADERS:
        firm = MEMBERS_FIRM if number == MEMBER else 0
        first.append(commands.open_account(codes.KIND_DEMO, made.cash // 5, HOUSE, firm=firm))
        for instrument, (_, _, lot) in enumerate(made.prices):
            quantity = made.shares // 6 * lot
            first.append(commands.transfer(HOUSE, number, instrument=instrument, quantity=quantity))
    first.append(commands.open_account(codes.KIND_USER, realm=2))
    first.append(commands.deposit(STRANGER, made.cash))
    first.append(commands.open_account(codes.KIND_DEMO, made.cash // 20, HOUSE))
    return first
