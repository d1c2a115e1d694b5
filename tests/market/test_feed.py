"""The board against the real core: loaded at any moment and carried on by units, both show the same."""

from __future__ import annotations

from typing import Any

import pytest

from openbell.core import view
from openbell.core.exchange import Exchange
from openbell.market.board import Board
from openbell.market.feed import load
from tests.ledger.market import RandomMarket

LEVELS = 1_000


def assert_shows(board: Board, exchange: Exchange) -> None:
    """Every quote and whole book of the board equals the core's own view."""
    for row in view.instruments(exchange):
        number = row["instrument"]
        quote = board.quote(number)
        assert quote.symbol == row["symbol"]
        shown = {
            "status": quote.status,
            "bid": quote.bid,
            "bid_size": quote.bid_size,
            "ask": quote.ask,
            "ask_size": quote.ask_size,
            "last": quote.last,
            "last_size": quote.last_size,
            "last_ts": quote.last_ts,
            "close": quote.close,
            "day_open": quote.day_open,
            "day_high": quote.day_high,
            "day_low": quote.day_low,
            "day_volume": quote.volume,
            "day_notional": quote.notional,
            "trades": quote.trades,
        }
        assert shown == {name: row[name] for name in shown}
        depth = board.depth(number, LEVELS)
        assert {
            "bids": [list(x) for x in depth.bids],
            "asks": [list(x) for x in depth.asks],
        } == view.depth(exchange, number, LEVELS)


class Node:
    """Answers queries from a real exchange that goes on trading between any two of them."""

    def __init__(self, market: RandomMarket) -> None:
        self.market = market
        self.genesis = market.genesis

    async def query(self, name: str, **arguments: int) -> dict[str, Any]:
        data: Any
        if name == "instruments":
            data = view.instruments(self.market.exchange)
        else:
            assert name == "depth"
            data = view.depth(self.market.exchange, number=arguments["instrument"], levels=LEVELS)
        result = {"seq": self.market.position, "data": data}
        self.market.run(7)
        return result


@pytest.mark.parametrize("seed", range(6))
async def test_a_board_that_is_loaded_while_the_market_trades_misses_nothing(seed: int) -> None:
    market = RandomMarket(seed)
    market.run(300)
    subscribed = len(market.units)
    board = Board()
    await load(board, Node(market))
    market.run(300)
    board.apply_all(market.units[subscribed:])
    assert_shows(board, market.exchange)
    assert board.seq == market.position


async def test_a_board_fed_from_the_first_command_needs_no_loading() -> None:
    market = RandomMarket(99)
    market.run(800)
    board = Board()
    board.apply_all(market.units)
    assert_shows(board, market.exchange)
    assert any(quote.trades for quote in map(board.quote, range(3)))


async def test_loading_again_mends_a_board_that_missed_units() -> None:
    market = RandomMarket(5)
    board = Board()
    board.apply_all(market.units)
    market.run(200)
    board.drain()
    subscribed = len(market.units)
    await load(board, Node(market))
    board.apply_all(market.units[subscribed:])
    assert_shows(board, market.exchange)
    assert board.drain().quotes == set(market.instruments)
