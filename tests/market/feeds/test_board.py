"""Venue-fed symbols on a board: quotes, books and prints as the exchange's own have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbell.core import codes
from openbell.market.board import Board
from openbell.market.feeds import board as module
from openbell.market.feeds import symbols
from openbell.market.feeds.board import FIRST, PRICES_ONLY, FedBoard
from openbell.market.feeds.intake import Intake
from openbell.market.instruments import INSTRUMENTS
from openbell.market.ticks.batch import BOUGHT, TRADE, Ticks
from tests.market.events import row
from tests.market.feeds.made import intake
from tests.market.ticks.made import SHARE, START, Row, ask, batch, bid, trade


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0)
    monkeypatch.setattr(symbols, "LOOK_EVERY_S", 0)


@pytest.fixture
def board() -> Board:
    made = Board()
    made.add(row(0, "AAPL"), 5)
    made.drain()
    return made


def feed(folder: Path, name: str = "lab") -> Intake:
    one = intake(folder, name, ("GOLD", "OIL"))
    one.open("tests")
    for symbol in ("GOLD", "OIL", "AAPL"):
        one.number(symbol)
    return one


def take(one: Intake, *rows: Row) -> None:
    ticks: Ticks = batch(*rows)
    assert one.take("tests", ticks) == len(ticks)


def test_a_symbol_comes_with_its_first_price_and_its_quote_follows(board: Board, tmp_path: Path) -> None:
    fed = FedBoard(board, tmp_path)
    assert not fed.look() and board.number("GOLD") is None
    one = feed(tmp_path)
    assert not fed.look() and board.number("GOLD") is None and fed.venue_fed.feed("GOLD") == "lab"
    take(one, bid(0, 99), ask(0, 101, 7), trade(0, 100, 5, START + 1))
    assert fed.look() and not fed.look()
    number = board.number("GOLD")
    assert number is not None and number >= FIRST
    quote = board.quote(number)
    assert (quote.status, quote.price, quote.bid, quote.ask) == (PRICES_ONLY, 100, 99, 101)
    assert (quote.ask_size, quote.volume, quote.seq, quote.ts) == (7, 5, 3, START + 1)
    changes = board.drain()
    assert changes.quotes == {number}
    assert changes.levels == {number: {(codes.BUY, 99), (codes.SELL, 101)}}
    assert [(made.price, made.quantity, made.seq) for made in changes.prints[number]] == [(100, 5, 3)]
    assert board.trades(number) == changes.prints[number]
    one.close()


def test_a_level_that_moves_takes_the_old_one_away(board: Board, tmp_path: Path) -> None:
    one, fed = feed(tmp_path), FedBoard(board, tmp_path)
    take(one, bid(0, 99, 5), ask(0, 101))
    fed.look()
    board.drain()
    take(one, bid(0, 98, 6, START + 1), ask(0, 0, 0, START + 1))
    fed.look()
    number = board.number("GOLD")
    assert number is not None
    depth = board.depth(number, 10)
    assert [(one.price, one.quantity) for one in depth.bids] == [(98, 6)] and depth.asks == []
    assert board.drain().levels[number] == {(codes.BUY, 99), (codes.BUY, 98), (codes.SELL, 101)}
    assert board.quote(number).ask == 0
    one.close()


def test_who_starts_later_finds_the_prices_and_prints_that_there_are(board: Board, tmp_path: Path) -> None:
    one = feed(tmp_path)
    take(one, *(trade(0, 100 + n, time=START + n) for n in range(150)), trade(1, 50, time=START + 150))
    one.flush()
    one.close()
    fed = FedBoard(board, tmp_path)
    fed.look()
    gold = board.number("GOLD")
    assert gold is not None
    assert [made.price for made in board.trades(gold, 3)] == [249, 248, 247]
    assert len(board.trades(gold)) == 100
    assert [one.symbol for one in fed.listings] == ["GOLD", "OIL"]


def test_what_the_exchange_trades_is_its_own(board: Board, tmp_path: Path) -> None:
    one, fed = feed(tmp_path), FedBoard(board, tmp_path)
    symbols.declare(tmp_path / "lab", ["AAPL"])
    take(one, trade(2, 7), trade(0, 100))
    fed.look()
    assert board.number("AAPL") == 0 and board.quote(0).price == 1_000_000
    board.add(row(1, "GOLD"), 6)  # listed from now on
    take(one, trade(0, 105, time=START + 1))
    fed.look()
    assert board.number("GOLD") == 1 and fed.ticker(1) is None
    one.close()


def test_of_two_feeds_that_bring_a_symbol_the_first_by_name_counts(board: Board, tmp_path: Path) -> None:
    late, early = feed(tmp_path, "two"), feed(tmp_path, "one")
    fed = FedBoard(board, tmp_path)
    take(late, trade(0, 7))
    take(early, trade(0, 9))
    fed.look()
    number = board.number("GOLD")
    assert number is not None and board.quote(number).price == 9
    assert fed.ticker(number) is not None and fed.ticker(number).feed == "one"  # type: ignore[union-attr]
    late.close()
    early.close()


def test_the_side_of_a_trade_is_told_where_the_feed_knows_it(board: Board, tmp_path: Path) -> None:
    one, fed = feed(tmp_path), FedBoard(board, tmp_path)
    take(one, trade(0, 100), (TRADE, 1 | BOUGHT, 0, START + 1, 100, SHARE, 0, 0))
    fed.look()
    number = board.number("GOLD")
    assert number is not None
    assert [made.side for made in board.trades(number)] == [codes.BUY, module.UNKNOWN_SIDE]
    one.close()


def test_search_finds_them_among_what_is_traded(board: Board, tmp_path: Path) -> None:
    one, fed = feed(tmp_path), FedBoard(board, tmp_path)
    fed.look()
    assert "GOLD" not in [found.symbol for found in fed.search("gold", INSTRUMENTS, 50)]
    take(one, trade(0, 100))
    fed.look()
    found = fed.search("gold", INSTRUMENTS, 50)
    assert found[0].symbol == "GOLD" and "GS" in [listing.symbol for listing in found]
    one.close()
