"""Market data as answers and the stream show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.decimals import money, money_or_none, price, quantity
from openbell.gateway.times import rfc3339
from openbell.gateway.words import CandleSource, Decimal, LimitState, Side, Time, TradingStatus
from openbell.market.board import Depth
from openbell.market.book import Level
from openbell.market.feeds.board import PRICES_ONLY, FedTicker
from openbell.market.history import Candle
from openbell.market.instruments import Listing, find
from openbell.market.ticker import Auction, Band, Print, Quote, Ticker

STATUS_NAMES = {phase: codes.PHASE_NAMES[phase] for phase in codes.PHASES} | {PRICES_ONLY: "PRICES_ONLY"}

LIMIT_STATES = {0: None, codes.AT_UPPER: "UPPER", codes.AT_LOWER: "LOWER"}


class AuctionBody(Struct, rename="camel", kw_only=True):
    """What the auction under way would do, as of a second ago at most: at `indicative_price` (null: nothing
    would trade) `paired_quantity` trades, and `imbalance` of one side is left."""

    indicative_price: Decimal | None
    paired_quantity: Decimal
    imbalance: Decimal
    imbalance_side: Side | None
    reference_price: Decimal
    uncross_at: Time | None


class QuoteBody(Struct, rename="camel", kw_only=True):
    """An instrument's quote; `change` counts from the official close, `previous_close`. Only in CONTINUOUS
    there are bid and ask; `auction` is there while orders gather for one. Nothing trades outside `band_low`
    and `band_high`, if the instrument has price bands; in a `limit_state` a side stands at that band. With
    the status PRICES_ONLY it is what a feed says of a market elsewhere: bid and ask are that one's."""

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal
    ask_size: Decimal
    last: Decimal
    last_size: Decimal
    change: Decimal
    change_percent: Decimal
    volume: Decimal
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    previous_close: Decimal
    status: TradingStatus
    auction: AuctionBody | None
    band_low: Decimal | None
    band_high: Decimal | None
    limit_state: LimitState | None
    timestamp: Time
    seq: int
    simulated: bool = True


class AssetBody(Struct, rename="camel", kw_only=True):
    """A company with its market now. `ticker` and `symbol` are the same. `feed` names whom the prices are
    from where the status is PRICES_ONLY; it is null for what is traded here."""

    ticker: str
    symbol: str
    name: str
    sector: str
    industry: str
    market_cap: Decimal
    price: Decimal
    change: Decimal
    change_percent: Decimal
    bid: Decimal | None
    ask: Decimal | None
    previous_close: Decimal
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: Decimal
    status: TradingStatus
    tick_size: Decimal
    lot_size: Decimal
    feed: str | None
    simulated: bool


class MetaBody(Struct):
    """Where a page lies in its list."""

    total: int
    offset: int
    limit: int


class AssetListBody(Struct):
    """A page of assets."""

    data: Sequence[AssetBody]
    meta: MetaBody


class QuoteListBody(Struct, rename="camel"):
    """Several quotes, in the order asked for."""

    data: Sequence[QuoteBody]
    next_cursor: str | None = None


class LevelBody(Struct):
    """One price level of a book: its total size, and the number of orders in it."""

    price: Decimal
    quantity: Decimal
    orders: int


class BookBody(Struct, kw_only=True):
    """A book, best first."""

    symbol: str
    bids: Sequence[LevelBody]
    asks: Sequence[LevelBody]
    timestamp: Time
    seq: int
    simulated: bool = True


class TradeBody(Struct, rename="camel", kw_only=True):
    """One trade of the tape; `side` is the taker's, null where a feed does not tell."""

    trade_id: str
    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side | None
    timestamp: Time
    seq: int


class TradeListBody(Struct, rename="camel", kw_only=True):
    """The newest trades, newest first."""

    trades: Sequence[TradeBody]
    next_cursor: str | None
    seq: int


class CandleBody(Struct, kw_only=True):
    """One candle; `source` is traded, filled or generated."""

    timestamp: Time
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    source: CandleSource


class HistoryBody(Struct, kw_only=True):
    """Candles of one symbol, oldest first."""

    symbol: str
    interval: str
    candles: Sequence[CandleBody]
    simulated: bool = True


class ChangeBody(Struct, kw_only=True):
    """The next change of phase or day."""

    phase: str
    at: Time


class ClockBody(Struct, rename="camel", kw_only=True):
    """What time the exchange has, what it does; `next_open`: when continuous trading begins, null in it."""

    timestamp: Time
    calendar: str
    phase: str
    is_open: bool
    trading_date: str
    next_change: ChangeBody | None
    next_open: Time | None
    seq: int


def auction_body(auction: Auction | None) -> AuctionBody | None:
    """What an auction would do."""
    if auction is None:
        return None
    return AuctionBody(
        indicative_price=money_or_none(auction.price),
        paired_quantity=quantity(auction.quantity),
        imbalance=quantity(auction.imbalance),
        imbalance_side=codes.SIDE_NAMES[auction.side] if auction.imbalance else None,
        reference_price=money(auction.reference),
        uncross_at=rfc3339(auction.uncross_ts) if auction.uncross_ts else None,
    )


def band_fields(band: Band | None) -> dict[str, Any]:
    """Price bands, and which of them a side stands at."""
    if band is None:
        return {"band_low": None, "band_high": None, "limit_state": None}
    return {
        "band_low": money(band.low),
        "band_high": money(band.high),
        "limit_state": LIMIT_STATES[band.limit_state],
    }


def quote_body(quote: Quote) -> QuoteBody:
    """A quote of the board."""
    return QuoteBody(
        symbol=quote.symbol,
        bid=money_or_none(quote.bid),
        ask=money_or_none(quote.ask),
        bid_size=quantity(quote.bid_size),
        ask_size=quantity(quote.ask_size),
        last=money(quote.price),
        last_size=quantity(quote.last_size),
        change=money(quote.change),
        change_percent=decimals.percent(quote.change, quote.close),
        volume=quantity(quote.volume),
        open=money_or_none(quote.day_open),
        high=money_or_none(quote.day_high),
        low=money_or_none(quote.day_low),
        previous_close=money(quote.close),
        status=STATUS_NAMES[quote.status],
        auction=auction_body(quote.auction),
        **band_fields(quote.band),
        timestamp=rfc3339(quote.ts),
        seq=quote.seq,
        simulated=quote.status != PRICES_ONLY,
    )


def asset_fields(ticker: Ticker) -> dict[str, Any]:
    """The fields of an AssetBody; a listing that the table does not know is named by its symbol."""
    quote = ticker.quote()
    facts = find(quote.symbol) or Listing(quote.symbol, quote.symbol, "", "", 0, ticker.reference_price)
    return {
        "ticker": quote.symbol,
        "symbol": quote.symbol,
        "name": facts.name,
        "sector": facts.sector,
        "industry": facts.industry,
        "market_cap": str(facts.market_cap),
        "price": money(quote.price),
        "change": money(quote.change),
        "change_percent": decimals.percent(quote.change, quote.close),
        "bid": money_or_none(quote.bid),
        "ask": money_or_none(quote.ask),
        "previous_close": money(quote.close),
        "open": money_or_none(quote.day_open),
        "high": money_or_none(quote.day_high),
        "low": money_or_none(quote.day_low),
        "volume": quantity(quote.volume),
        "status": STATUS_NAMES[quote.status],
        "tick_size": money(ticker.tick_size),
        "lot_size": quantity(ticker.lot_size),
        "feed": ticker.feed if isinstance(ticker, FedTicker) else None,
        "simulated": not isinstance(ticker, FedTicker),
    }


def asset_body(ticker: Ticker) -> AssetBody:
    """A company with its market now."""
    return AssetBody(**asset_fields(ticker))


def level_body(level: Level) -> LevelBody:
    """One level of a book."""
    return LevelBody(money(level.price), quantity(level.quantity), level.orders)


def book_body(symbol: str, depth: Depth, simulated: bool = True) -> BookBody:
    """A book of the board."""
    return BookBody(
        symbol=symbol,
        bids=[level_body(level) for level in depth.bids],
        asks=[level_body(level) for level in depth.asks],
        timestamp=rfc3339(depth.ts),
        seq=depth.seq,
        simulated=simulated,
    )


def trade_body(symbol: str, made: Print) -> TradeBody:
    """A trade of the board's tape."""
    return TradeBody(
        trade_id=encode_id(made.trade),
        symbol=symbol,
        price=money(made.price),
        quantity=quantity(made.quantity),
        side=codes.SIDE_NAMES.get(made.side),
        timestamp=rfc3339(made.ts),
        seq=made.seq,
    )


def candle_body(candle: Candle) -> CandleBody:
    """A candle of the history."""
    return CandleBody(
        timestamp=rfc3339(candle.start),
        open=price(candle.open),
        high=price(candle.high),
        low=price(candle.low),
        close=price(candle.close),
        volume=quantity(candle.volume),
        source=candle.source,
    )
