"""The board: what every instrument's market looks like now, kept in memory from the event stream.

One board a process, used from one thread. It is loaded from the node's queries (see `feed`) and then fed
every unit in order. Values are raw: prices and money in 1/10,000 USD, quantities in 1/1e8 share, ns UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from openbell.core import codes
from openbell.core.records import Header, List, symbol_text
from openbell.market import events
from openbell.market.book import Level, Side
from openbell.market.events import UnitLike
from openbell.market.ticker import PRINTS_KEPT, Auction, Band, Print, Quote, Ticker

LISTING_STATUS = {
    codes.LISTED: codes.IN_CONTINUOUS,
    codes.SUSPENDED: codes.IN_SUSPENDED,
    codes.RESUMED: codes.IN_CONTINUOUS,
}
COLLECTING = (codes.IN_PRE_OPEN, codes.IN_CLOSING_AUCTION, codes.IN_AUCTION_CALL)


class Depth(NamedTuple):
    """The best levels of both sides, best first, at log position `seq`."""

    seq: int
    ts: int
    bids: list[Level]
    asks: list[Level]


class Changes(NamedTuple):
    """What changed since the last drain: instruments whose quote did, (side, price) of changed levels by
    instrument, and prints by instrument in the order of the tape."""

    quotes: set[int]
    levels: dict[int, set[tuple[int, int]]]
    prints: dict[int, list[Print]]


class Board:
    """Quotes, books and recent trades of all instruments."""

    def __init__(self) -> None:
        self.seq = 0
        self._tickers: dict[int, Ticker] = {}
        self._numbers: dict[str, int] = {}
        self._changes = Changes(set(), {}, {})

    # -- loading -----------------------------------------------------------------------------------

    def add(self, row: Mapping[str, Any], seq: int) -> None:
        """Take over an instrument as the node's `instruments` query gave it at `seq`; its book is empty
        until `set_depth`. The prints of an instrument that is taken over again stay."""
        number, symbol = row["instrument"], row["symbol"]
        ticker = Ticker(number, symbol, row, seq)
        if number in self._tickers:
            ticker.prints = self._tickers[number].prints
        self._tickers[number] = ticker
        self._numbers[symbol] = number
        self._changes.quotes.add(number)
        self.seq = max(self.seq, seq)

    def set_depth(self, instrument: int, depth: Mapping[str, Sequence[Sequence[int]]], seq: int) -> None:
        """Take over an instrument's whole book as the node's `depth` query gave it at `seq`."""
        ticker = self._tickers[instrument]
        ticker.bids, ticker.asks = Side(codes.BUY), Side(codes.SELL)
        for side, levels in ((ticker.bids, depth["bids"]), (ticker.asks, depth["asks"])):
            for price, quantity, orders in levels:
                side.set(price, quantity, orders)
        ticker.book_seq = ticker.book_from = seq

    def put(self, ticker: Ticker, levels: Iterable[tuple[int, int]]) -> None:
        """Take in an instrument that is not of the node's, or what changed of it: its quote, and levels
        (side, price). Its number is one that the node never gives."""
        number = ticker.instrument
        self._tickers[number] = ticker
        self._numbers.setdefault(ticker.symbol, number)
        self._changes.quotes.add(number)
        self._changes.levels.setdefault(number, set()).update(levels)

    def put_prints(self, instrument: int, prints: Sequence[Print]) -> None:
        """Take in the next prints of such an instrument."""
        self._tickers[instrument].prints.extend(prints)
        tape = self._changes.prints.setdefault(instrument, [])
        tape.extend(prints)
        del tape[:-PRINTS_KEPT]

    # -- feeding -----------------------------------------------------------------------------------

    def apply(self, unit: UnitLike) -> None:
        """Take in one unit; units come in log order. Of those that the loaded state already contains only
        the prints are taken: so a stream that begins some way back brings the newest trades along."""
        records = unit.events
        for at in range(0, len(records), events.SIZE):
            kind = records[at]
            if kind == codes.EV_LEVEL:
                self._level(unit, at)
            elif kind == codes.EV_TRADE:
                self._trade(unit, at)
            elif kind == codes.EV_CLOSE:
                self._close(unit, at)
            elif kind == codes.EV_INSTRUMENT:
                self._instrument(unit, at)
            elif kind == codes.EV_PHASE:
                self._phase(unit, at)
            elif kind == codes.EV_AUCTION:
                self._auction(unit, at)
            elif kind == codes.EV_BAND:
                self._band(unit, at)
        self.seq = max(self.seq, unit.seq)

    def apply_all(self, units: Iterable[UnitLike]) -> None:
        """Take in several units."""
        for unit in units:
            self.apply(unit)

    def _level(self, unit: UnitLike, at: int) -> None:
        side, number, price, quantity, orders = events.LEVEL.unpack_from(unit.events, at)
        ticker = self._tickers[number]
        if unit.seq <= ticker.book_from:
            return
        book = ticker.bids if side == codes.BUY else ticker.asks
        best = book.best()
        book.set(price, quantity, orders)
        ticker.book_seq, ticker.book_ts = unit.seq, unit.ts
        changed = self._changes.levels.get(number)
        if changed is None:
            changed = self._changes.levels[number] = set()
        changed.add((side, price))
        if book.best() is not best:
            self._changes.quotes.add(number)

    def _trade(self, unit: UnitLike, at: int) -> None:
        side, status, number, price, quantity, notional, trade = events.TRADE.unpack_from(unit.events, at)
        ticker = self._tickers[number]
        seq, ts = unit.seq, unit.ts
        eligible = bool(status & events.ELIGIBLE)
        made = Print(trade, ts, price, quantity, side, eligible, seq)
        if not ticker.prints or trade > ticker.prints[-1].trade:
            ticker.prints.append(made)
        if seq <= ticker.stats_from:
            return
        ticker.volume += quantity
        ticker.notional += notional
        ticker.trades += 1
        ticker.seq, ticker.ts = seq, ts
        if eligible:
            ticker.last, ticker.last_size, ticker.last_ts = price, quantity, ts
            if ticker.day_open == 0:
                ticker.day_open = ticker.day_high = ticker.day_low = price
            elif price > ticker.day_high:
                ticker.day_high = price
            elif price < ticker.day_low:
                ticker.day_low = price
        self._changes.quotes.add(number)
        tape = self._changes.prints.setdefault(number, [])
        tape.append(made)
        if len(tape) > PRINTS_KEPT:
            del tape[0]

    def _close(self, unit: UnitLike, at: int) -> None:
        """A new day: the close is fixed and the day's figures begin again."""
        number, price = events.CLOSE.unpack_from(unit.events, at)
        ticker = self._tickers[number]
        if unit.seq <= ticker.stats_from:
            return
        ticker.close = price or ticker.reference_price
        ticker.day_open = ticker.day_high = ticker.day_low = 0
        ticker.volume = ticker.notional = 0
        ticker.seq, ticker.ts = unit.seq, unit.ts
        self._changes.quotes.add(number)

    def _instrument(self, unit: UnitLike, at: int) -> None:
        change, number = events.INSTRUMENT.unpack_from(unit.events, at)
        if change == codes.CHANGED:
            return  # ticks and collars are no quote
        status = LISTING_STATUS[change]
        if number not in self._tickers:
            self.add(_listed(number, status, unit.command), unit.seq)
        self._set_status(unit, number, status)

    def _phase(self, unit: UnitLike, at: int) -> None:
        phase, number = events.INSTRUMENT.unpack_from(unit.events, at)
        self._set_status(unit, number, phase)

    def _auction(self, unit: UnitLike, at: int) -> None:
        """What the auction would do now; when it is done, trades and the phase that follows say the rest."""
        side, _, done, number, price, quantity, imbalance, reference, left = events.AUCTION.unpack_from(
            unit.events, at
        )
        ticker = self._tickers[number]
        if done or unit.seq <= ticker.stats_from:
            return
        told = Auction(price, quantity, imbalance, side, reference, unit.ts + left if left else 0)
        if told != ticker.auction:
            ticker.auction = told
            ticker.seq, ticker.ts = unit.seq, unit.ts
            self._changes.quotes.add(number)

    def _band(self, unit: UnitLike, at: int) -> None:
        """Bands moved, or ended; a side came to one, or left it."""
        limit_state, number, reference, high, low = events.BAND.unpack_from(unit.events, at)
        ticker = self._tickers[number]
        if unit.seq > ticker.stats_from:
            ticker.band = Band(low, high, limit_state) if reference else None
            ticker.seq, ticker.ts = unit.seq, unit.ts
            self._changes.quotes.add(number)

    def _set_status(self, unit: UnitLike, number: int, status: int) -> None:
        ticker = self._tickers[number]
        if unit.seq > ticker.stats_from:
            if status not in COLLECTING:
                ticker.auction = None
            ticker.status = status
            ticker.seq, ticker.ts = unit.seq, unit.ts
        self._changes.quotes.add(number)

    def drain(self) -> Changes:
        """What changed since the last call. Call it regularly: what is not drained is kept."""
        changes, self._changes = self._changes, Changes(set(), {}, {})
        return changes

    # -- reading -----------------------------------------------------------------------------------

    def number(self, symbol: str) -> int | None:
        """The number of the instrument called `symbol` (upper case), None if there is none."""
        return self._numbers.get(symbol)

    def ticker(self, instrument: int) -> Ticker:
        """The live state of an instrument, to be read only.

        Raises:
            KeyError: no such instrument.
        """
        return self._tickers[instrument]

    def tape_seq(self, instrument: int) -> int:
        """The position at which the tape of an instrument is: the log's, or its own where it has one.

        Raises:
            KeyError: no such instrument.
        """
        ticker = self._tickers[instrument]
        return ticker.seq if ticker.own_seq else self.seq

    def symbols(self) -> list[str]:
        """All symbols, in the order of their listing."""
        return list(self._numbers)

    def quote(self, instrument: int) -> Quote:
        """The quote of an instrument.

        Raises:
            KeyError: no such instrument.
        """
        return self._tickers[instrument].quote()

    def depth(self, instrument: int, levels: int) -> Depth:
        """At most `levels` levels a side.

        Raises:
            KeyError: no such instrument.
        """
        ticker = self._tickers[instrument]
        return Depth(ticker.book_seq, ticker.book_ts, ticker.bids.top(levels), ticker.asks.top(levels))

    def level(self, instrument: int, side: int, price: int) -> Level:
        """The level at `price` now, of size 0 if it is gone."""
        ticker = self._tickers[instrument]
        return (ticker.bids if side == codes.BUY else ticker.asks).at(price)

    def trades(self, instrument: int, limit: int = PRINTS_KEPT) -> list[Print]:
        """The newest trades that this process has seen, at most `limit` and PRINTS_KEPT, newest first.

        Raises:
            KeyError: no such instrument.
        """
        return list(self._tickers[instrument].prints)[::-1][:limit]


def _listed(number: int, status: int, command: bytes) -> dict[str, Any]:
    """An instrument that was listed just now, as a row of the node's `instruments` query."""
    body = List.from_buffer_copy(command, Header.SIZE)
    row = dict.fromkeys(
        (
            "last",
            "last_size",
            "last_ts",
            "day_open",
            "day_high",
            "day_low",
            "day_volume",
            "day_notional",
            "trades",
            "band_low",
            "band_high",
            "limit_state",
        ),
        0,
    )
    return row | {
        "instrument": number,
        "symbol": symbol_text(body.symbol_low, body.symbol_high),
        "status": status,
        "tick_size": body.tick_size,
        "lot_size": body.lot_size,
        "min_notional": body.min_notional,
        "reference_price": body.reference_price,
        "close": body.reference_price,
    }
