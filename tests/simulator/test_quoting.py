"""A maker's ladder: never crossed, on the tick, leaning against the inventory, within the means."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from openbell.simulator.quoting import LEVELS, Means, ladder
from tests.simulator.desk import AAPL, TINY

RICH = Means(1_000_000, 1_000_000, 10**12)


@given(st.floats(1.0, 5_000_000.0), st.integers(0, 2_000_000), st.integers(0, 2**32))
def test_bids_fall_and_asks_rise_and_they_never_meet(fair: float, shares: int, seed: int) -> None:
    quotes = ladder(AAPL, fair, Means(shares, 1_000_000, 10**12), Random(seed))
    bids, asks = [q.price for q in quotes.bids], [q.price for q in quotes.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert not bids or bids[0] < asks[0]
    assert all(price >= 1 for price in bids + asks)


def test_both_sides_have_every_level() -> None:
    quotes = ladder(AAPL, 30_935.0, RICH, Random(1))
    assert len(quotes.bids) == len(quotes.asks) == LEVELS
    assert all(quote.quantity > 0 for quote in quotes.bids + quotes.asks)


def test_a_cheap_stock_is_quoted_a_cent_apart() -> None:
    quotes = ladder(TINY, 100.5, RICH, Random(1))
    assert quotes.asks[0].price - quotes.bids[0].price <= 2


def test_too_many_shares_lower_the_quotes_and_too_few_raise_them() -> None:
    def middle(shares: int) -> float:
        quotes = ladder(AAPL, 30_935.0, Means(shares, 10_000, 10**12), Random(1))
        return (quotes.bids[0].price + quotes.asks[0].price) / 2

    assert middle(20_000) < middle(10_000) < middle(0)


def test_no_more_is_offered_than_there_is() -> None:
    quotes = ladder(AAPL, 30_935.0, Means(7, 7, 31_000 * 5), Random(1))
    assert sum(quote.quantity for quote in quotes.asks) <= 9
    assert sum(quote.quantity * quote.price for quote in quotes.bids) <= 31_000 * 5


def test_a_maker_without_shares_offers_none() -> None:
    quotes = ladder(AAPL, 30_935.0, Means(0, 100, 10**12), Random(1))
    assert [quote.quantity for quote in quotes.asks] == [0] * LEVELS
