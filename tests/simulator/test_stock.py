"""Money notation is exact, and larger companies trade more at finer spreads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.simulator.stock import cents, dollars, whole
from tests.simulator.desk import AAPL, TINY


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("309.35", 30_935),
        ("5", 500),
        ("0.1", 10),
        ("213.4450", 21_345),
        ("213.4449", 21_344),
        ("-1.25", -125),
    ],
)
def test_a_decimal_string_is_read_as_cents(text: str, amount: int) -> None:
    assert cents(text) == amount


@given(st.integers(0, 10**14))
def test_cents_are_read_back_as_they_were_written(amount: int) -> None:
    assert cents(dollars(amount)) == amount


def test_fractions_of_a_share_are_left_out() -> None:
    assert whole("12.99999999") == 12


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError):
        cents("dear")


def test_a_larger_company_is_more_active_at_a_finer_spread() -> None:
    assert AAPL.activity > 10 * TINY.activity
    assert AAPL.half_spread < TINY.half_spread
    assert AAPL.clip > TINY.clip
