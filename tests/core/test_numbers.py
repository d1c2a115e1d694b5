"""Price times quantity over the whole range: exact, rounded down for a fill, up for a reserve.

Interpreted, the functions are called; compiled, they are C, and what commands say about them is compared.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.core import codes, records
from openbell.core.records import CASH_MAX, NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX, QUANTITY_SCALE
from tests.core import commands
from tests.core.commands import SHARE
from tests.core.oracle.state import ANSWER_FIELDS, EVENT_FIELDS
from tests.core.scale import INTERPRETED, examples
from tests.core.story import HOUSE, Market

OBSERVED, CODE = ANSWER_FIELDS.index("observed"), ANSWER_FIELDS.index("code")


def near(*edges: int, low: int, high: int) -> st.SearchStrategy[int]:
    """Anything in the range, and often something next to an edge."""
    close = st.sampled_from(edges).flatmap(lambda edge: st.integers(edge - 2, edge + 2))
    return st.one_of(close, st.integers(low, high)).map(lambda number: min(max(number, low), high))


prices = near(1, 2_000_000_000, 2**31, 2**32, PRICE_MAX, low=1, high=PRICE_MAX)
quantities = near(
    1,
    SHARE,
    2_000_000_000 * SHARE,
    2**31 * SHARE,
    2**63 // PRICE_MAX,
    10**15,
    QUANTITY_MAX,
    low=1,
    high=QUANTITY_MAX,
)


@cache
def market() -> Market:
    """One exchange for all examples, where every price is on the tick and any fraction a lot."""
    return Market({"tick_size": 1, "lot_size": 1, "min_notional": NOTIONAL_MAX}, request_ttl_ns=0)


def observed(command: bytearray) -> tuple[int, int]:
    """The refusal's code and what it observed."""
    made = market()
    made.ts += 1
    record = commands.sequenced(command, made.exchange.position + 1, made.ts)
    answer, _ = made.core.apply(record)
    return answer[CODE], answer[OBSERVED]


@examples(compiled=300, interpreted=60)
@given(prices, quantities)
def test_a_reserve_is_rounded_up(price: int, quantity: int) -> None:
    exact = min(-(-price * quantity // QUANTITY_SCALE), CASH_MAX)
    code, value = observed(commands.order(HOUSE, 0, codes.BUY, price, quantity))
    if exact > NOTIONAL_MAX:
        assert (code, value) == (codes.E_BAD_NOTIONAL, exact)
    else:  # the smallest value allowed is the largest: the next check observes it rounded down
        exact = price * quantity // QUANTITY_SCALE
        assert (code, value) == (codes.E_MIN_NOTIONAL, exact) or exact == NOTIONAL_MAX


@examples(compiled=300, interpreted=60)
@given(prices, quantities)
def test_an_issues_cost_is_rounded_down(price: int, quantity: int) -> None:
    exact = min(price * quantity // QUANTITY_SCALE, CASH_MAX)
    code, value = observed(commands.issue(HOUSE, 0, quantity, price))
    assert (code, value) == ((codes.E_BAD_NOTIONAL, exact) if exact > NOTIONAL_MAX else (codes.E_OK, 0))


@examples(compiled=60, interpreted=20)
@given(st.data())
def test_a_part_of_a_holding_carries_its_part_of_the_cost(data: st.DataObject) -> None:
    whole = data.draw(quantities)
    price = data.draw(near(1, PRICE_MAX, low=1, high=min(PRICE_MAX, NOTIONAL_MAX * QUANTITY_SCALE // whole)))
    part = data.draw(near(1, whole, whole // 2, low=1, high=whole))
    made = Market({"tick_size": 1, "lot_size": 1})
    owner = made.trader()
    made.do(commands.issue(owner, 0, whole, price))
    cost = price * whole // QUANTITY_SCALE
    record = commands.sequenced(
        commands.transfer(owner, HOUSE, quantity=part), made.exchange.position + 1, made.ts
    )
    _, events = made.core.apply(record)
    moved = [event[EVENT_FIELDS.index("notional")] for event in events]
    assert moved == [-(cost * part // whole), cost * part // whole]


@examples(compiled=300, interpreted=60)
@given(prices, quantities, st.integers(0, QUANTITY_MAX))
@pytest.mark.skipif(not INTERPRETED, reason="compiled, these are C functions")
def test_the_functions_agree_with_plain_integers(price: int, quantity: int, part: int) -> None:
    from openbell.core import numbers

    assert numbers.value_down(price, quantity) == min(price * quantity // QUANTITY_SCALE, CASH_MAX)
    assert numbers.value_up(price, quantity) == min(-(-price * quantity // QUANTITY_SCALE), CASH_MAX)
    part = min(part, quantity)
    assert numbers.share_of(price, part, quantity) == price * part // quantity


@examples(compiled=60, interpreted=20)
@given(
    st.integers(1, 10**7),
    st.lists(st.tuples(st.integers(1, 3 * SHARE), st.integers(0, 50)), min_size=1, max_size=8),
)
def test_sliced_fills_never_cost_more_than_was_reserved(price: int, slices: list[tuple[int, int]]) -> None:
    """The buyer has exactly the reserve; every slice sells at the buyer's price or is dearer for nobody."""
    made = Market({"tick_size": 1, "lot_size": 1, "flags": codes.PROTECTIONS_OFF, "last_lot": 1})
    total = sum(quantity for quantity, _ in slices)
    reserve = -(-price * total // QUANTITY_SCALE)
    opened = made.do(commands.open_account(codes.KIND_DEMO, reserve, HOUSE))
    buyer = int(opened.answer.account)
    order = made.do(commands.order(buyer, 0, codes.BUY, price, total))
    assert order.code == "OK"
    for quantity, lower in slices:
        sold = made.do(commands.order(HOUSE, 0, codes.SELL, max(1, price - lower), quantity))
        assert sold.status == "FILLED"
    row = made.exchange.memory["accounts"][buyer]
    assert (row.reserved, row.open_orders) == (0, 0)
    assert 0 <= row.cash <= len(slices)
    assert records.CLEARING_ACCOUNT == 1 and made.exchange.memory["accounts"][1].cash == 0
