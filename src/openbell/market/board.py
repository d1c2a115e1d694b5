"""The board: what every instrument's market looks like now, kept in memory from the event stream.

One board a process, used from one thread. It is loaded from the node's queries (see `feed`) and then fed
every unit in order. Values are raw: prices and money in 1/10,000 USD, quantities in 1/1e8 share, ns UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from openbell.core import codes
from openbell.core.records import Event, Header, List, symbol_text
from openbell.market.book import Level, Side
from openbell.market.ticker import PRINTS_KEPT, Print, Quote, Ticker

EVENT_FIELDS = [name for name, _ in Event.FIELDS]
TYPE = EVENT_FIELDS.index("type")
SIDE = EVENT_FIELDS.index("side")
STATUS = EVENT_FIELDS.index("status")
INSTRUMENT = EVENT_FIELDS.index("instrument")
PRICE = EVENT_FIELDS.index("price")
QUANTITY = EVENT_FIELDS.index("quantity")
LEAVES = EVENT_FIELDS.index("leaves")
NOTIONAL = EVENT_FIELDS.index("notional")
TRADE = EVENT_FIELDS.index("trade")

LISTING_STATUS = {
    codes.LISTED: codes.IN_CONTINUOUS,
    codes.SUSPENDED: codes.IN_SUSPENDED,
    codes.RESUMED: codes.IN_CONTINUOUS,
}


class UnitLike(Protocol):
    """One command of the log with all its events, as the node's client hands it out."""

    @property
    def seq(self) -> int: ...
    @property
    def ts(self) -> int: ...
    @property
    def command(self) -> bytes: ...
    @property
    def events(self) -> Sequence[tuple[int, ...]]: ...


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
        self.day = 0
        self._tickers: dict[int, Ticker] = {}
        self._numbers: dict[str, int] = {}
        self._changes = Changes(set(), {}, {})

    # -- loading -----------------------------------------------------------------------------------

    def add(self, row: Mapping[str, Any], seq: int) -> None:
        """Take over an instrument as the node's `instruments` query gave it at `seq`; its book is empty
        until `set_depth`."""
        number, symbol = row["instrument"], row["symbol"]
        self._tickers[number] = Ticker(number, symbol, row, seq)
        self._numbers[symbol] = number

    def set_depth(self, instrument: int, depth: Mapping[str, Sequence[Sequence[int]]], seq: int) -> None:
        """Take over an instrument's whole book as the node's `depth` query gave it at `seq`."""
        ticker = self._tickers[instrument]
        ticker.bids, ticker.asks = Side(codes.BUY), Side(codes.SELL)
        for side, levels in ((ticker.bids, depth["bids"]), (ticker.asks, depth["asks"])):
            for price, quantity, orders in levels:
                side.set(price, quantity, orders)
        ticker.book_seq = ticker.book_from = seq

    # -- feeding -----------------------------------------------------------------------------------

    def apply(self, unit: UnitLike) -> None:
        """Take in one unit; units come in log order, and those already contained change nothing."""
        seq, ts = unit.seq, unit.ts
        for event in unit.events:
            kind = event[TYPE]
            if kind == codes.EV_LEVEL:
                self._level(event, seq, ts)
            elif kind == codes.EV_TRADE:
                self._trade(event, seq, ts)
            elif kind == codes.EV_CLOSE:
                self._close(event, seq, ts)
            elif kind == codes.EV_INSTRUMENT:
                self._instrument(event, unit)
            elif kind == codes.EV_DAY:
                self.day = event[QUANTITY]
        self.seq = max(self.seq, seq)

    def apply_all(self, units: Iterable[UnitLike]) -> None:
        """Take in several units."""
        for unit in units:
            self.apply(unit)

    def _level(self, event: tuple[int, ...], seq: int, ts: int) -> None:
        number = event[INSTRUMENT]
        ticker = self._tickers[number]
        if seq <= ticker.book_from:
            return
        side, price = event[SIDE], event[PRICE]
        book = ticker.bids if side == codes.BUY else ticker.asks
        best = book.best()
        book.set(price, event[QUANTITY], event[LEAVES])
        ticker.book_seq, ticker.book_ts = seq, ts
        changed = self._changes.levels.get(number)
        if changed is None:
            changed = self._changes.levels[number] = set()
        changed.add((side, price))
        if book.best() is not best:
            self._changes.quotes.add(number)

    def _trade(self, event: tuple[int, ...], seq: int, ts: int) -> None:
        number = event[INSTRUMENT]
        ticker = self._tickers[number]
        if seq <= ticker.stats_from:
            return
        price, quantity = event[PRICE], event[QUANTITY]
        eligible = bool(event[STATUS] & 1)
        ticker.volume += quantity
        ticker.notional += event[NOTIONAL]
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
        made = Print(event[TRADE], ts, price, quantity, event[SIDE], eligible, seq)
        ticker.prints.append(made)
        self._changes.quotes.add(number)
        tape = self._changes.prints.setdefault(number, [])
        tape.append(made)
        if len(tape) > PRINTS_KEPT:
            del tape[0]

    def _close(self, event: tuple[int, ...], seq: int, ts: int) -> None:
        """A new day: the close is fixed and the day's figures begin again."""
        ticker = self._tickers[event[INSTRUMENT]]
        if seq <= ticker.stats_from:
            return
        ticker.close = event[PRICE] or ticker.reference_price
        ticker.day_open = ticker.day_high = ticker.day_low = 0
        ticker.volume = ticker.notional = ticker.trades = 0
        ticker.seq, ticker.ts = seq, ts
        self._changes.quotes.add(ticker.instrument)

    def _instrument(self, event: tuple[int, ...], unit: UnitLike) -> None:
        number, status = event[INSTRUMENT], LISTING_STATUS[event[STATUS]]
        ticker = self._tickers.get(number)
        if ticker is None:
            self.add(_listed(number, status, unit.command), unit.seq)
        elif unit.seq > ticker.stats_from:
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
