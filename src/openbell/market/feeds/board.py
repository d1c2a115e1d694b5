"""Venue-fed symbols on a process's board: beside what the exchange trades, what feeds say of the others.

A symbol comes onto the board with its first price. The exchange goes first: what it lists is its own.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from openbell.core import codes
from openbell.market.board import Board
from openbell.market.feeds.live import FILE, FedQuote, FedTrade, LiveReader
from openbell.market.feeds.symbols import LOOK_EVERY_S, VenueFed
from openbell.market.instruments import Listing
from openbell.market.search import Index
from openbell.market.ticker import Print, Quote, Ticker
from openbell.market.ticks.batch import BOUGHT, ELIGIBLE, SOLD

log = logging.getLogger(__name__)

FIRST = 1 << 24  # of the numbers that such symbols have on a board; the node's are far below
SLICE = 64  # quotes or trades taken in before others get a turn: about a millisecond
PRICES_ONLY = 255  # their status: one that no instrument of the node has
UNKNOWN_SIDE = -1
SIDES = {BOUGHT: codes.BUY, SOLD: codes.SELL}
LISTED = (
    "close", "last", "last_size", "last_ts", "day_open", "day_high", "day_low", "day_volume", "day_notional",
    "trades", "band_low", "band_high", "limit_state", "min_notional",
)  # fmt: skip


class FedTicker(Ticker):
    """The live state of a symbol that `feed` brings, `number` in it; its positions count the feed's ticks."""

    own_seq = True
    __slots__ = ("feed", "number")

    def __init__(self, instrument: int, feed: str, first: FedQuote) -> None:
        row = dict.fromkeys(LISTED, 0) | {"status": codes.IN_CONTINUOUS, "tick_size": 1, "lot_size": 1}
        price = first.last or first.bid or first.ask
        super().__init__(instrument, first.symbol, row | {"reference_price": price}, 0)
        self.feed = feed
        self.number = first.number

    def take(self, new: FedQuote) -> list[tuple[int, int]]:
        """Become what the feed says now; the levels (side, price) that changed."""
        self.last, self.last_size, self.last_ts = new.last, new.last_size, new.last_time
        self.close = new.close or new.open or self.reference_price
        self.day_open, self.day_high, self.day_low = new.open, new.high, new.low
        self.volume, self.trades = new.volume, new.trades
        self.ts = self.book_ts = new.time
        self.seq = self.book_seq = new.seq
        changed = []
        sides = (
            (self.bids, codes.BUY, new.bid, new.bid_size),
            (self.asks, codes.SELL, new.ask, new.ask_size),
        )
        for book, side, price, size in sides:
            best = book.best()
            if best is not None and best.price != price:
                book.set(best.price, 0, 0)
                changed.append((side, best.price))
            if price and (best is None or (best.price, best.quantity) != (price, size)):
                book.set(price, size, 1)
                changed.append((side, price))
        return changed

    def quote(self) -> Quote:
        """The quote now: there is no market here, whatever its status would be."""
        return super().quote()._replace(status=PRICES_ONLY)


class FedBoard:
    """Keeps `board` up with the feeds below `folder`; used from the board's thread."""

    def __init__(self, board: Board, folder: Path) -> None:
        self.venue_fed = VenueFed(folder)
        self._board = board
        self._folder = folder
        self._readers: dict[str, tuple[int, LiveReader]] = {}
        self._tickers: dict[str, FedTicker] = {}
        self._numbered: dict[tuple[str, int], FedTicker] = {}  # by feed and the number there
        self._looked = -LOOK_EVERY_S
        self._listings: tuple[Listing, ...] | None = None  # made when they are asked for, as the index is
        self._index: Index | None = None

    def ticker(self, instrument: int) -> FedTicker | None:
        """The ticker of an instrument of the board; None if it is the exchange's own."""
        found = self._board.ticker(instrument)
        return found if isinstance(found, FedTicker) else None

    @property
    def listings(self) -> tuple[Listing, ...]:
        """The symbols on the board, by name, as the instrument table would have them."""
        if self._listings is None:
            self._listings = tuple(Listing(one, one, "", "", 0, 1) for one in sorted(self._tickers))
        return self._listings

    def search(self, query: str, traded: Iterable[Listing], limit: int) -> list[Listing]:
        """As `market.search`, over these symbols and those that are traded."""
        if self._index is None:
            self._index = Index((*traded, *self.listings))
        return self._index.search(query, limit)

    def look(self) -> bool:
        """Take in what feeds said since the last look; whether that was anything."""
        told = False
        for one in self.steps():
            told = told or one
        return told

    def steps(self) -> Iterator[bool]:
        """As `look`, in slices: orders need not wait until a whole market elsewhere has been read. Gives
        whether a slice was anything."""
        feeds = self.venue_fed.feeds()
        if time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._looked = time.monotonic()
            self._open(set(feeds.values()))
        for feed, (_, reader) in list(self._readers.items()):
            quotes = reader.quotes()
            while some := list(islice(quotes, SLICE)):
                mine = [quote for quote in some if feeds.get(quote.symbol) == feed]
                for quote in mine:
                    if (ticker := self._ticker(feed, quote)) is not None:
                        self._board.put(ticker, ticker.take(quote))
                yield bool(mine)
            while trades := reader.trades(SLICE):
                yield self._prints(feed, trades)
                if len(trades) < SLICE:
                    break

    def _open(self, feeds: set[str]) -> None:
        """Look at the files that feeds write now; a new one begins with all that it says."""
        for feed in feeds:
            path = self._folder / feed / FILE
            with contextlib.suppress(OSError):
                inode = path.stat().st_ino
                if feed not in self._readers or self._readers[feed][0] != inode:
                    self._readers[feed] = (inode, LiveReader(path))

    def _ticker(self, feed: str, quote: FedQuote) -> FedTicker | None:
        """The ticker of a quote, new if need be; None without a price, or where the exchange trades it."""
        found = self._tickers.get(quote.symbol)
        if found is None:
            other = self._board.number(quote.symbol)
            if other is not None or not (quote.last or quote.bid or quote.ask):
                return None
            found = FedTicker(FIRST + len(self._tickers), feed, quote)
            self._tickers[quote.symbol] = found
            self._listings, self._index = None, None
        found.feed, found.number = feed, quote.number
        self._numbered[feed, quote.number] = found
        return found

    def _prints(self, feed: str, trades: list[FedTrade]) -> bool:
        """Take in new trades as prints; whether there was one of a symbol that is shown."""
        made: dict[FedTicker, list[Print]] = {}
        for one in trades:
            ticker = self._numbered.get((feed, one.number))
            if ticker is None:
                continue
            side = SIDES.get(one.flags & (BOUGHT | SOLD), UNKNOWN_SIDE)
            told = Print(
                one.trade, one.time, one.price, one.quantity, side, bool(one.flags & ELIGIBLE), one.seq
            )
            made.setdefault(ticker, []).append(told)
        for ticker, prints in made.items():
            self._board.put_prints(ticker.instrument, prints)
        return bool(made)
