"""The exchange's own ticks, of the log's units: its trades, and its best bid and offer after each command.

What a command does to a book on its way is nobody's quote: a tick of a side is made where the best level
after the command is another than before it. As in all quotes, only continuous trading has a bid and an offer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from openbell.core import codes
from openbell.core.records import Header, List, symbol_text
from openbell.market import events
from openbell.market.board import LISTING_STATUS, Board
from openbell.market.book import Side
from openbell.market.events import UnitLike
from openbell.market.ticks.batch import ASK, BID, BOUGHT, BUST, ELIGIBLE, SOLD, TRADE, Ticks, of_rows

SIDE_FLAGS = {codes.BUY: BOUGHT, codes.SELL: SOLD}
NONE = (0, 0)
BUSTED = events.fields("instrument", "price", "quantity", "trade")


class Market:
    """One instrument: its book, whether it trades, and the best bid and offer last told, (price, size). Units
    up to `status_from` and `book_from` are in these already."""

    __slots__ = ("asks", "best", "bids", "book_from", "status", "status_from")

    def __init__(self, status: int, status_from: int = 0) -> None:
        self.status = status
        self.status_from = status_from
        self.book_from = 0
        self.bids, self.asks = Side(codes.BUY), Side(codes.SELL)
        self.best = {BID: NONE, ASK: NONE}


class Tape:
    """Turns units into ticks. Feed it every unit in order, from the first of the log or from a `state`.

    Attributes:
        position: of the last unit.
        symbols: by instrument number; what is listed is added to the list that was given.
    """

    def __init__(self, position: int = 0, symbols: list[str] | None = None, state: bytes = b"") -> None:
        self.position = position
        self.symbols = [] if symbols is None else symbols
        self._markets: list[Market] = []
        self._rows: list[tuple[int, ...]] = []
        self._changed: set[int] = set()
        if state:
            self._restore(state)

    def add_all(self, units: Iterable[UnitLike]) -> None:
        """Take in several units."""
        for unit in units:
            self.add(unit)

    def add(self, unit: UnitLike) -> None:
        """Take in one unit."""
        records = unit.events
        for at in range(0, len(records), events.SIZE):
            kind = records[at]
            if kind == codes.EV_LEVEL:
                self._level(unit, at)
            elif kind == codes.EV_TRADE:
                self._trade(unit, at)
            elif kind == codes.EV_BUST:
                self._bust(unit, at)
            elif kind == codes.EV_PHASE:
                phase, number = events.INSTRUMENT.unpack_from(records, at)
                self._set_status(unit, number, phase)
            elif kind == codes.EV_INSTRUMENT:
                self._instrument(unit, at)
        for number in sorted(self._changed):
            self._best(unit, number)
        self._changed.clear()
        self.position = unit.seq

    def take(self) -> Ticks:
        """The ticks since the last call."""
        rows, self._rows = self._rows, []
        return of_rows(rows)

    def load(self, board: Board, told: bool = False) -> None:
        """Begin in the midst of the log, with the market as `board` was just loaded. Units that were asked
        for before it was loaded may follow: what the board holds of them is skipped.

        Args:
            told: the best prices of the board are ticks already; otherwise the next unit makes them.
        """
        self._markets.clear()
        self.symbols[:] = board.symbols()
        for number in range(len(self.symbols)):
            ticker = board.ticker(number)
            market = Market(ticker.status, ticker.stats_from)
            market.bids, market.asks, market.book_from = ticker.bids, ticker.asks, ticker.book_from
            self._markets.append(market)
            if told:
                market.best = _best(market)
            else:
                self._changed.add(number)

    def state(self) -> bytes:
        """Statuses, levels and best prices: what a tape needs to go on after `position`."""
        return msgspec.msgpack.encode(
            [[one.status, _levels(one.bids), _levels(one.asks), *one.best.values()] for one in self._markets]
        )

    def _restore(self, state: bytes) -> None:
        for status, bids, asks, bid, ask in msgspec.msgpack.decode(state):
            market = Market(status)
            for side, levels in ((market.bids, bids), (market.asks, asks)):
                for level in levels:
                    side.set(*level)
            market.best = {BID: tuple(bid), ASK: tuple(ask)}
            self._markets.append(market)

    def _level(self, unit: UnitLike, at: int) -> None:
        side, number, price, quantity, orders = events.LEVEL.unpack_from(unit.events, at)
        market = self._markets[number]
        if unit.seq <= market.book_from:
            return
        (market.bids if side == codes.BUY else market.asks).set(price, quantity, orders)
        self._changed.add(number)

    def _trade(self, unit: UnitLike, at: int) -> None:
        side, status, number, price, quantity, _, trade = events.TRADE.unpack_from(unit.events, at)
        flags = SIDE_FLAGS[side] | (ELIGIBLE if status & events.ELIGIBLE else 0)
        self._rows.append((TRADE, flags, number, unit.ts, price, quantity, unit.seq, trade))

    def _bust(self, unit: UnitLike, at: int) -> None:
        number, price, quantity, trade = BUSTED.unpack_from(unit.events, at)
        self._rows.append((BUST, 0, number, unit.ts, price, quantity, unit.seq, trade))

    def _instrument(self, unit: UnitLike, at: int) -> None:
        change, number = events.INSTRUMENT.unpack_from(unit.events, at)
        if change == codes.CHANGED:
            return
        if change == codes.LISTED and number == len(self.symbols):
            body = List.from_buffer_copy(unit.command, Header.SIZE)
            self.symbols.append(symbol_text(body.symbol_low, body.symbol_high))
            self._markets.append(Market(codes.IN_CONTINUOUS))
        self._set_status(unit, number, LISTING_STATUS[change])

    def _set_status(self, unit: UnitLike, number: int, status: int) -> None:
        market = self._markets[number]
        if unit.seq > market.status_from:
            market.status = status
            self._changed.add(number)

    def _best(self, unit: UnitLike, number: int) -> None:
        """Tell the sides of an instrument whose best level is another now."""
        market = self._markets[number]
        for kind, best in _best(market).items():
            if best != market.best[kind]:
                market.best[kind] = best
                self._rows.append((kind, 0, number, unit.ts, *best, unit.seq, 0))


def _best(market: Market) -> dict[int, tuple[int, int]]:
    """The best bid and offer as quotes have them, (price, size)."""
    trades = market.status == codes.IN_CONTINUOUS
    levels = {
        kind: side.best() if trades else None for kind, side in ((BID, market.bids), (ASK, market.asks))
    }
    return {kind: (level.price, level.quantity) if level else NONE for kind, level in levels.items()}


def _levels(side: Side) -> list[Any]:
    return side.top(len(side))
