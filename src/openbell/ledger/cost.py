"""What a sale takes from a position's cost: the same integers as the core's (trading-rules, Cost)."""

from __future__ import annotations


def cost_of_sale(cost: int, held: int, sold: int) -> int:
    """The part of `cost` (1/10,000 USD) that selling `sold` of `held` (1/100,000,000 share) removes.

    floor(cost x sold / held); the last share takes all that is left.

    Raises:
        ValueError: more is sold than held, or nothing.
    """
    if not 0 < sold <= held:
        raise ValueError(f"a sale of {sold} from a position of {held}")
    return cost if sold == held else cost * sold // held
