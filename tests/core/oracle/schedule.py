"""A reference schedule of fees."""

from __future__ import annotations

from dataclasses import dataclass

from openbell.core.records import QUANTITY_SCALE


@dataclass(frozen=True, eq=False)
class Schedule:
    """What an order pays: rates in millionths of its value, amounts in cash units."""

    maker: int
    taker: int
    auction: int
    per_share: int
    per_order: int
    least: int

    def fee(self, made: int, taken: int, auctioned: int, quantity: int, more: int = 0) -> int:
        """The fee of all that an order traded; `more` of it, not traded yet, at the dearest rate."""
        rates = (
            made * self.maker
            + taken * self.taker
            + auctioned * self.auction
            + more * max(self.maker, self.taker, self.auction)
        )
        per_share = -(-self.per_share * quantity // QUANTITY_SCALE)
        return max(-(-rates // 1_000_000) + per_share + self.per_order, self.least)

    def spendable(self, notional: int) -> int:
        """The most that costs no more than the notional with its fee, shares aside; found by halves."""
        least, most = 0, notional
        while least < most:
            middle = (least + most + 1) // 2
            if middle + self.fee(0, 0, 0, 0, middle) <= notional:
                least = middle
            else:
                most = middle - 1
        return least
