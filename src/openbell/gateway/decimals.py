"""Decimals between people and the core: text on one side, whole units on the other, never a float."""

from __future__ import annotations

import re
from functools import lru_cache

from openbell.core.records import CASH_SCALE, PRICE_SCALE, QUANTITY_SCALE

PRICE_DECIMALS = 4
QUANTITY_DECIMALS = 8
DIGITS_MAX = 40  # of the text; every number that can mean something here is far shorter
EXPONENT_MAX = 99

# A JSON number, bare or inside a JSON string.
NUMBER = re.compile(rb'(?P<quote>"?)(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?(?P=quote)')


class DecimalError(ValueError):
    """The text is no decimal that fits; the message says why, as the end of a sentence."""


def parse_decimal(raw: bytes | memoryview, decimals: int) -> int:
    """The JSON number or string `raw` as a count of units of 10**-`decimals`.

    Raises:
        DecimalError: no number (NaN and Infinity neither), more digits than any amount here has, or
            more than `decimals` decimals.
    """
    text = bytes(raw)
    if len(text) > DIGITS_MAX:
        raise DecimalError(f"is written with {len(text)} characters, at most {DIGITS_MAX}")
    match = NUMBER.fullmatch(text)
    if match is None:
        raise DecimalError("is not a decimal number")
    _, sign, whole, fraction, exponent = match.groups()
    fraction = (fraction or b"").rstrip(b"0")
    shift = decimals + int(exponent or 0) - len(fraction)
    digits: int = int(whole + fraction)
    if digits == 0:
        return 0
    if shift > EXPONENT_MAX:
        raise DecimalError("is too large")
    if shift < 0:
        digits, rest = divmod(digits, 10**-shift)
        if rest:
            raise DecimalError(f"has more than {decimals} decimals")
    else:
        digits *= 10**shift
    return -digits if sign else digits


def money(units: int) -> str:
    """Cash or a price, in 1/10,000 USD: two to four decimals ("213.45", "0.1234", "-5.00")."""
    if units < 0:
        return f"-{money(-units)}"
    whole, rest = divmod(units, CASH_SCALE)
    if rest % 100 == 0:
        return f"{whole}.{rest // 100:02d}"
    return f"{whole}.{rest:04d}".rstrip("0")


@lru_cache(maxsize=16_384)
def price(units: int) -> str:
    """As `money`, remembered: of a stock's candles most have prices that others had."""
    return money(units)


def money_or_none(units: int) -> str | None:
    """A price, or None where 0 means that there is none."""
    return money(units) if units else None


def quantity(units: int) -> str:
    """A quantity in 1/100,000,000 share: no more decimals than it needs ("10", "0.5")."""
    if units < 0:
        return f"-{quantity(-units)}"
    whole, rest = divmod(units, QUANTITY_SCALE)
    return f"{whole}.{rest:08d}".rstrip("0") if rest else str(whole)


def dollars(units: int) -> str:
    """Cash or a price as a person reads it: "$2,134.50", "-$5.00"."""
    sign = "-" if units < 0 else ""
    whole, _, cents = money(abs(units)).partition(".")
    return f"{sign}${int(whole):,}.{cents}"


def shares(units: int) -> str:
    """A quantity as a person reads it: "1 share", "1,250.5 shares"."""
    whole, dot, rest = quantity(units).partition(".")
    return f"{int(whole):,}{dot}{rest} share{'' if units == QUANTITY_SCALE else 's'}"


def value(price: int, units: int) -> int:
    """What `units` of a share are worth at `price`, in 1/10,000 USD, rounded down."""
    return price * units // QUANTITY_SCALE


def average_price(notional: int, filled: int) -> str | None:
    """The average price of `filled` units for `notional`, to four decimals, half up; None if none filled."""
    if filled == 0:
        return None
    return money((notional * QUANTITY_SCALE + filled // 2) // filled)


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in percent, to two decimals, half away from zero ("-1.25"); of nothing: "0.00"."""
    if whole == 0:
        return "0.00"
    sign = "-" if (part < 0) != (whole < 0) else ""
    hundredths = (abs(part) * 20_000 + abs(whole)) // (2 * abs(whole))
    return f"{sign if hundredths else ''}{hundredths // 100}.{hundredths % 100:02d}"


assert PRICE_SCALE == CASH_SCALE == 10**PRICE_DECIMALS
assert QUANTITY_SCALE == 10**QUANTITY_DECIMALS
