import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbell.market.instruments import INSTRUMENTS, Listing
from openbell.market.search import Index, fold, search


def symbols(query: str, limit: int = 20) -> list[str]:
    return [listing.symbol for listing in search(query, limit)]


@pytest.mark.parametrize(
    ("query", "symbol"),
    [
        ("appl", "AAPL"),
        ("AAPL", "AAPL"),
        ("a", "A"),
        ("brk.b", "BRK.B"),
        ("BRK B", "BRK.B"),
        ("brk", "BRK.B"),
        ("berkshre", "BRK.B"),
        ("coca cola", "KO"),
        ("mircosoft", "MSFT"),
        ("telsa", "TSLA"),
        ("amzon", "AMZN"),
        ("google", "GOOGL"),
        ("facebook", "META"),
        ("jp morgan", "JPM"),
        ("estee", "EL"),
        ("O’Reilly", "ORLY"),
        ("bank of am", "BAC"),
        ("at&t", "T"),
    ],
)
def test_the_first_match_is_the_company_that_was_meant(query: str, symbol: str) -> None:
    assert symbols(query)[0] == symbol


def test_an_exact_ticker_comes_before_ticker_prefixes_and_these_before_names() -> None:
    found = symbols("ma", 500)
    assert found[0] == "MA"
    starts = [symbol.startswith("MA") for symbol in found]
    assert starts == sorted(starts, reverse=True)


def test_equal_matches_come_by_market_capitalisation() -> None:
    found = [listing for listing in search("a", 500) if listing.symbol.startswith("A")][1:]
    assert [x.market_cap for x in found] == sorted((x.market_cap for x in found), reverse=True)


@pytest.mark.parametrize("query", ["", "   ", "!?", "zzzzzzzz", "\U0001f600"])
def test_what_matches_nothing_finds_nothing(query: str) -> None:
    assert search(query) == []


def test_the_limit_bounds_the_answer() -> None:
    assert len(search("a", 3)) == 3


@given(st.text(max_size=200))
def test_any_text_is_answered_with_listings_without_repeats(query: str) -> None:
    found = search(query, 600)
    assert len(set(found)) == len(found)
    assert set(found) <= set(INSTRUMENTS)


@given(st.sampled_from(INSTRUMENTS))
def test_every_listing_is_found_first_by_its_ticker_and_somewhere_by_its_name(listing: Listing) -> None:
    assert search(listing.symbol)[0] is listing
    assert listing in search(listing.name)


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_an_index_of_nothing_answers() -> None:
    assert Index([]).search("apple") == []
