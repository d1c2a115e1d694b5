"""Price times quantity, exactly: 128 bits in C, plain integers in Python.

A fill's value is rounded down, a reservation up (trading-rules: Numbers), so that fills can never cost
more than what was reserved for them, however they are sliced.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    from openbell.core.records import QUANTITY_MAX, QUANTITY_SCALE
    from openbell.core.types import CASH_TOP, EASY, MILLION, i64, i128


def value_down(price: i64, quantity: i64) -> i64:
    """price x quantity in cash units, rounded down; arguments not negative, capped at CASH_TOP."""
    shares: i64 = quantity // QUANTITY_SCALE
    if price <= EASY and shares <= EASY and shares * QUANTITY_SCALE == quantity:
        return price * shares
    wide: i128 = price
    wide = wide * quantity // QUANTITY_SCALE
    if wide > CASH_TOP:
        return CASH_TOP
    return cython.cast(i64, wide)


def value_up(price: i64, quantity: i64) -> i64:
    """price x quantity in cash units, rounded up; arguments not negative, capped at CASH_TOP."""
    shares: i64 = quantity // QUANTITY_SCALE
    if price <= EASY and shares <= EASY and shares * QUANTITY_SCALE == quantity:
        return price * shares
    wide: i128 = price
    wide = (wide * quantity + (QUANTITY_SCALE - 1)) // QUANTITY_SCALE
    if wide > CASH_TOP:
        return CASH_TOP
    return cython.cast(i64, wide)


def rated(
    making: i64, maker: i64, taking: i64, taker: i64, auctioned: i64, auction: i64, more: i64, dearest: i64
) -> i64:
    """Four values, each at its rate in millionths, summed and rounded up; none negative, rates up to one."""
    wide: i128 = making
    wide = wide * maker
    part: i128 = taking
    wide = wide + part * taker
    part = auctioned
    wide = wide + part * auction
    part = more
    wide = (wide + part * dearest + (MILLION - 1)) // MILLION
    if wide > CASH_TOP:
        return CASH_TOP
    return cython.cast(i64, wide)


def lots_for(cash: i64, price: i64, lot: i64) -> i64:
    """The most that `cash` pays for at `price`, in whole lots; at most QUANTITY_MAX. price, lot > 0."""
    wide: i128 = cash
    wide = wide * QUANTITY_SCALE // price
    if wide > QUANTITY_MAX:
        wide = QUANTITY_MAX
    quantity: i64 = cython.cast(i64, wide)
    return quantity - quantity % lot


def share_of(total: i64, part: i64, whole: i64) -> i64:
    """total x part / whole rounded down; 0 <= part <= whole, whole > 0."""
    if part == whole:
        return total
    if total <= EASY and part <= EASY:
        return total * part // whole
    wide: i128 = total
    wide = wide * part // whole
    return cython.cast(i64, wide)
