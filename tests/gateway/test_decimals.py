"""Decimals: exact both ways, and what is not a decimal is refused with a reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbell.gateway import decimals
from openbell.gateway.decimals import DecimalError, parse_decimal


@pytest.mark.parametrize(
    ("raw", "units"),
    [
        (b"213.45", 2_134_500),
        (b'"213.45"', 2_134_500),
        (b"0.1", 1_000),
        (b"1e2", 1_000_000),
        (b"12E-1", 12_000),
        (b'"1.50000000000"', 15_000),
        (b"-0.0001", -1),
        (b"0", 0),
        (b"0e99", 0),
    ],
)
def test_a_number_and_a_string_read_the_same(raw: bytes, units: int) -> None:
    assert parse_decimal(raw, 4) == units


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b'""',
        b'"NaN"',
        b'"Infinity"',
        b"true",
        b"null",
        b'"1',
        b"[1]",
        b'" 1"',
        b'"1_0"',
        b'"+1"',
        b'".5"',
        b"1e100",
        '"١"'.encode(),
        b'"0x10"',
        b'"1,5"',
        b"{}",
        b'"1e1e1"',
        b'"\\u0031"',
    ],
)
def test_what_is_no_number_is_refused(raw: bytes) -> None:
    with pytest.raises(DecimalError):
        parse_decimal(raw, 4)


def test_too_many_decimals_are_refused_with_the_limit() -> None:
    with pytest.raises(DecimalError, match="more than 4 decimals"):
        parse_decimal(b"1.23456", 4)


def test_an_endless_number_costs_nothing() -> None:
    with pytest.raises(DecimalError, match="60000 characters"):
        parse_decimal(b"9" * 60_000, 4)


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8))
def test_every_decimal_of_eight_places_reads_exactly(number: Decimal) -> None:
    assert parse_decimal(format(number, "f").encode(), 8) == int(number * 10**8)


@settings(deadline=None)
@given(st.binary(max_size=50))
def test_any_bytes_are_a_number_or_an_error(raw: bytes) -> None:
    try:
        units = parse_decimal(raw, 8)
    except DecimalError:
        return
    assert isinstance(units, int)


@settings(deadline=None)
@given(st.integers(-(10**18), 10**18))
def test_money_and_quantities_read_back(units: int) -> None:
    assert parse_decimal(decimals.money(units).encode(), 4) == units
    assert parse_decimal(decimals.quantity(units).encode(), 8) == units


@pytest.mark.parametrize(
    ("units", "text"),
    [(2_134_500, "213.45"), (1_234, "0.1234"), (12_340, "1.234"), (0, "0.00"), (-50_000, "-5.00")],
)
def test_money_has_two_to_four_decimals(units: int, text: str) -> None:
    assert decimals.money(units) == text


def test_people_read_dollars_and_shares() -> None:
    assert decimals.dollars(12_400_000) == "$1,240.00"
    assert decimals.dollars(-50_000) == "-$5.00"
    assert decimals.shares(10**8) == "1 share"
    assert decimals.shares(125_050_000_000) == "1,250.5 shares"


def test_the_average_price_is_rounded_to_four_decimals() -> None:
    assert decimals.average_price(10_000, 3 * 10**8) == "0.3333"
    assert decimals.average_price(0, 0) is None


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 100, "1.00"), (-5, 400, "-1.25"), (1, 3, "33.33"), (-1, 10**9, "0.00"), (5, 0, "0.00")],
)
def test_percent_has_two_decimals(part: int, whole: int, text: str) -> None:
    assert decimals.percent(part, whole) == text
