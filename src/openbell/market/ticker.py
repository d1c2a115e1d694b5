"""One instrument's live state, and the values it is read as. Raw units: see `board`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from openbell.core import codes
from openbell.market.book import Side

PRINTS_KEPT = 100


class Print(NamedTuple):
    """One trade on the tape. `side` is the taker's; only an `eligible` one moved the last price."""

    trade: int
    ts: int
    price: int
    quantity: int
    side: int
    eligible: bool
    seq: int


class Auction(NamedTuple):
    """What an auction under way would do: `price` 0: nothing would trade, `uncross_ts` 0: not known when."""

    price: int
    quantity: int
    imbalance: int
    side: int
    reference: int
    uncross_ts: int


class Band(NamedTuple):
    """Where an instrument may trade now; `limit_state`: AT_UPPER or AT_LOWER while a side stands there."""

    low: int
    high: int
    limit_state: int


class Quote(NamedTuple):
    """An instrument at log position `seq`; 0 stands for "none" in bid, ask, last and the day's prices.

    Only continuous trading has a bid and an ask. Where orders gather for an auction, `auction` is what it
    would do, as published each second. `band` is there while the instrument has price bands.

    `price` is the last eligible trade, before the first one the official close, before the first of these
    the reference price. `change` is `price` less the official close, `change_bp` the same in 1/100 percent.
    `volume` and `notional` are the day's, `trades` counts since the listing. `status` is one of IN_*.
    `ts` is the time of the last change.
    """

    instrument: int
    symbol: str
    status: int
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    last: int
    last_size: int
    last_ts: int
    price: int
    close: int
    change: int
    change_bp: int
    volume: int
    notional: int
    trades: int
    day_open: int
    day_high: int
    day_low: int
    auction: Auction | None
    band: Band | None
    ts: int
    seq: int


class Ticker:
    """One instrument's live state. Units at or before `stats_from` (quote) and `book_from` (levels) are
    already in it. `own_seq`: its positions are not the log's."""

    own_seq = False
    __slots__ = (
        "asks", "auction", "band", "bids", "book_from", "book_seq", "book_ts", "close", "day_high", "day_low",
        "day_open", "instrument", "last", "last_size", "last_ts", "lot_size", "min_notional", "notional",
        "prints", "reference_price", "seq", "stats_from", "status", "symbol", "tick_size", "trades", "ts",
        "volume",
    )  # fmt: skip

    def __init__(self, instrument: int, symbol: str, row: Mapping[str, Any], seq: int) -> None:
        self.instrument = instrument
        self.symbol = symbol
        self.status: int = row["status"]
        self.tick_size: int = row["tick_size"]
        self.lot_size: int = row["lot_size"]
        self.min_notional: int = row["min_notional"]
        self.reference_price: int = row["reference_price"]
        self.last: int = row["last"]
        self.last_size: int = row["last_size"]
        self.last_ts: int = row["last_ts"]
        self.close: int = row["close"] or self.reference_price
        self.day_open: int = row["day_open"]
        self.day_high: int = row["day_high"]
        self.day_low: int = row["day_low"]
        self.volume: int = row["day_volume"]
        self.notional: int = row["day_notional"]
        self.trades: int = row["trades"]
        self.bids = Side(codes.BUY)
        self.asks = Side(codes.SELL)
        self.auction: Auction | None = None
        self.band: Band | None = None
        if row["band_high"]:
            self.band = Band(row["band_low"], row["band_high"], row["limit_state"])
        self.prints: deque[Print] = deque(maxlen=PRINTS_KEPT)
        self.ts = self.book_ts = self.last_ts
        self.seq = self.book_seq = self.stats_from = self.book_from = seq

    @property
    def price(self) -> int:
        """As the quote has it: the last eligible trade, before the first one the official close."""
        return self.last or self.close

    def quote(self) -> Quote:
        """The quote now."""
        trades = self.status == codes.IN_CONTINUOUS
        bid, ask = (self.bids.best(), self.asks.best()) if trades else (None, None)
        price = self.price
        change = price - self.close
        return Quote(
            instrument=self.instrument,
            symbol=self.symbol,
            status=self.status,
            bid=bid.price if bid else 0,
            bid_size=bid.quantity if bid else 0,
            ask=ask.price if ask else 0,
            ask_size=ask.quantity if ask else 0,
            last=self.last,
            last_size=self.last_size,
            last_ts=self.last_ts,
            price=price,
            close=self.close,
            change=change,
            change_bp=(2 * change * 10_000 + self.close) // (2 * self.close),
            volume=self.volume,
            notional=self.notional,
            trades=self.trades,
            day_open=self.day_open,
            day_high=self.day_high,
            day_low=self.day_low,
            auction=self.auction,
            band=self.band,
            ts=max(self.ts, self.book_ts),
            seq=max(self.seq, self.book_seq),
        )
