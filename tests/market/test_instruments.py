import pytest

from openbell.core.records import PRICE_MAX, symbol_words
from openbell.market.instruments import BY_SYMBOL, INSTRUMENTS, TICK_SIZE, find, read

HEADER = "symbol,name,sector,industry,market_cap_usd,reference_price_usd\n"


def test_the_table_holds_about_five_hundred_companies_in_eleven_sectors() -> None:
    assert len(INSTRUMENTS) >= 490
    assert len({listing.sector for listing in INSTRUMENTS}) == 11


def test_every_reference_price_is_on_the_cent_and_in_range() -> None:
    assert all(0 < listing.reference_price <= PRICE_MAX for listing in INSTRUMENTS)
    assert all(listing.reference_price % TICK_SIZE == 0 for listing in INSTRUMENTS)


def test_listings_come_by_market_capitalisation_descending() -> None:
    caps = [listing.market_cap for listing in INSTRUMENTS]
    assert caps == sorted(caps, reverse=True)
    assert min(caps) > 10**9


def test_every_symbol_fits_a_list_command_and_is_unique() -> None:
    assert len(BY_SYMBOL) == len(INSTRUMENTS)
    for symbol in BY_SYMBOL:
        assert symbol == symbol.upper()
        symbol_words(symbol)


def test_the_well_known_companies_are_there() -> None:
    for symbol in ("AAPL", "MSFT", "NVDA", "GOOG", "AMZN", "TSLA", "BRK.B", "JPM", "HD", "COIN", "F"):
        assert symbol in BY_SYMBOL


def test_a_symbol_is_found_in_any_case() -> None:
    assert find("brk.b") is BY_SYMBOL["BRK.B"]
    assert find("NOSUCH") is None


def test_a_price_between_two_cents_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"AAA: reference price 1\.005"):
        read(HEADER + "AAA,Triple A,Energy,Oil,1000,1.005\n")


def test_a_symbol_listed_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="AAA is listed twice"):
        read(HEADER + "AAA,Triple A,Energy,Oil,1000,1.00\nAAA,Other,Energy,Oil,2000,2.00\n")
