"""What a sale takes from a position's cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.ledger.cost import cost_of_sale


def test_a_sale_takes_its_part_rounded_down() -> None:
    assert cost_of_sale(100, 3, 1) == 33


def test_the_last_share_takes_all_that_is_left() -> None:
    assert cost_of_sale(67, 2, 1) == 33
    assert cost_of_sale(34, 1, 1) == 34


@given(st.integers(0, 4 * 10**18), st.lists(st.integers(1, 10**16), min_size=1, max_size=20))
def test_sales_of_all_shares_take_all_of_the_cost(cost: int, sales: list[int]) -> None:
    left, held = cost, sum(sales)
    for sold in sales:
        taken = cost_of_sale(left, held, sold)
        assert 0 <= taken <= left
        assert held == sold or taken * held <= left * sold < (taken + 1) * held
        left, held = left - taken, held - sold
    assert left == 0


@pytest.mark.parametrize(("held", "sold"), [(1, 2), (0, 1), (1, 0), (1, -1)])
def test_what_is_no_sale_is_refused(held: int, sold: int) -> None:
    with pytest.raises(ValueError, match="a sale of"):
        cost_of_sale(10, held, sold)
