"""Amounts and time spans as the pages of docs/rules write them, in the units of the records."""

from __future__ import annotations

from decimal import Decimal

from tests.core.commands import MILLISECOND, SECOND, SHARE, USD

UNITS = {"ms": MILLISECOND, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}


def scaled(text: str, scale: int) -> int:
    """A decimal in the units of the records.

    Raises:
        ValueError: finer than the unit.
    """
    number = Decimal(text) * scale
    if number != int(number):
        raise ValueError(f"{text} is finer than 1/{scale}")
    return int(number)


def money(text: str) -> int:
    return scaled(text, USD)


def shares(text: str) -> int:
    return scaled(text, SHARE)


def span(text: str) -> int:
    """A time span such as 5s or 20ms in nanoseconds."""
    unit = next(unit for unit in UNITS if text.endswith(unit) and text.removesuffix(unit).isdecimal())
    return int(text.removesuffix(unit)) * UNITS[unit]
