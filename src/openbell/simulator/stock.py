"""A listed stock as a participant sees it, and the money notation of the API."""

from __future__ import annotations

import math
from dataclasses import dataclass

MARKET_CAP_LEAST = 1_000_000_000  # what a stock without a published market cap is taken for, in USD


@dataclass(frozen=True, slots=True)
class Stock:
    """One stock: prices in cents, market cap in USD."""

    symbol: str
    sector: str
    market_cap: int
    reference: int
    start: int

    @property
    def activity(self) -> float:
        """How often it is quoted and traded against others: falls off slower than market cap does."""
        return math.pow(max(self.market_cap, MARKET_CAP_LEAST), 0.6)

    @property
    def half_spread(self) -> float:
        """Half the usual distance of the best bid and offer, as a part of the price.

        0.6 basis points for the largest companies, up to eight for the smallest listed.
        """
        caps = math.log10(max(self.market_cap, MARKET_CAP_LEAST))
        return min(8.0, max(0.6, 0.6 + 1.75 * (12.5 - caps))) / 10_000.0

    @property
    def clip(self) -> float:
        """The value of a usual order, in cents."""
        return 400_000.0 * math.pow(max(self.market_cap, MARKET_CAP_LEAST) / 1e11, 0.25)


def cents(text: str) -> int:
    """A decimal string of dollars as cents, nearest.

    Raises:
        ValueError: it is not a decimal number.
    """
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").partition(".")
    digits = (part + "000")[:3]
    return sign * ((int(whole or "0") * 1000 + int(digits) + 5) // 10)


def dollars(amount: int) -> str:
    """Cents as the decimal string that the API takes."""
    return f"{amount // 100}.{amount % 100:02d}"


def whole(text: str) -> int:
    """A decimal string of shares, its whole shares only.

    Raises:
        ValueError: it is not a decimal number.
    """
    return int(text.partition(".")[0] or "0")
