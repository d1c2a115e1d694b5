"""The table of instruments: the large US companies that this exchange lists.

The figures are of August 2026 (see `docs/market-data.md`); they anchor a simulated market and are not
kept current.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from importlib import resources
from typing import NamedTuple

from openbell.core.records import PRICE_SCALE

TICK_SIZE = PRICE_SCALE // 100  # every reference price is a whole number of cents


class Listing(NamedTuple):
    """One company's static facts: market capitalisation in USD, reference price in 1/10,000 USD."""

    symbol: str
    name: str
    sector: str
    industry: str
    market_cap: int
    reference_price: int


def read(text: str) -> tuple[Listing, ...]:
    """The listings of a CSV text, by market capitalisation descending, equal ones by symbol.

    Raises:
        ValueError: a price that is not a positive number of cents, or a symbol that appears twice.
    """
    listings = [_listing(row) for row in csv.DictReader(text.splitlines())]
    listings.sort(key=lambda listing: (-listing.market_cap, listing.symbol))
    seen: set[str] = set()
    for listing in listings:
        if listing.symbol in seen:
            raise ValueError(f"instrument {listing.symbol} is listed twice; remove one row")
        seen.add(listing.symbol)
    return tuple(listings)


def _listing(row: dict[str, str]) -> Listing:
    price = Decimal(row["reference_price_usd"]) * PRICE_SCALE
    if price <= 0 or price % TICK_SIZE:
        raise ValueError(
            f"{row['symbol']}: reference price {row['reference_price_usd']} is not in whole cents"
        )
    return Listing(
        symbol=row["symbol"],
        name=row["name"],
        sector=row["sector"],
        industry=row["industry"],
        market_cap=int(row["market_cap_usd"]),
        reference_price=int(price),
    )


INSTRUMENTS = read(resources.files(__package__).joinpath("instruments.csv").read_text(encoding="utf-8"))
BY_SYMBOL = {listing.symbol: listing for listing in INSTRUMENTS}


def find(symbol: str) -> Listing | None:
    """The listing of `symbol`, in any case; None if this exchange has none."""
    return BY_SYMBOL.get(symbol.upper())
