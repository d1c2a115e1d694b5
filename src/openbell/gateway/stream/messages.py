"""What the stream says, and what it hears: both seeds' words in one decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.decimals import money, money_or_none, quantity
from openbell.gateway.market_body import (
    STATUS_NAMES,
    AuctionBody,
    LevelBody,
    auction_body,
    band_fields,
    level_body,
)
from openbell.gateway.times import milliseconds
from openbell.gateway.words import (
    Decimal,
    LimitState,
    Liquidity,
    OrderRole,
    OrderStatus,
    OrderType,
    SessionStatus,
    Side,
    TimeInForce,
    TradingStatus,
)
from openbell.market.board import Board, Depth
from openbell.market.book import Level
from openbell.market.ticker import Print, Quote

Id = str | int | None

encoder = msgspec.json.Encoder()


class ClientMessage(Struct, rename="camel"):
    """A message of a client. `action` (seed A) is the same as `type` (seed B), `symbols` as `symbol`."""

    action: str | None = None
    type: str | None = None
    symbols: list[str] | None = None
    symbol: str | None = None
    channels: list[str] | None = None
    interval: int | None = None
    last_seq: int | None = None
    token: str | None = None
    cancel_after_ms: int | None = None
    cancel: bool = False
    id: Id = None


decoder = msgspec.json.Decoder(ClientMessage)


class Said(Struct, rename="camel", tag_field="type", kw_only=True):
    """What every message has: its type and the exchange's time in Unix milliseconds."""

    ts: int


class Authenticated(Said, tag="AUTHENTICATED", kw_only=True):
    """The connection has a session now."""

    id: Id
    account_id: str


class Subscribed(Said, tag="SUBSCRIBED", kw_only=True):
    """What was added; `seq` is the position that a snapshot of orders shows."""

    id: Id
    channels: Sequence[str]
    symbols: Sequence[str]
    seq: int


class Unsubscribed(Said, tag="UNSUBSCRIBED", kw_only=True):
    """What was taken away."""

    id: Id
    channels: Sequence[str]
    symbols: Sequence[str]


class Pong(Said, tag="PONG", kw_only=True):
    """The answer to ping."""

    id: Id


class Heartbeat(Said, tag="HEARTBEAT", kw_only=True):
    """Every five seconds."""

    seq: int


class Error(Said, tag="ERROR", kw_only=True):
    """A message that had no effect, and why."""

    id: Id
    code: str
    detail: str


class SessionMessage(Said, tag="SESSION", kw_only=True):
    """How the connection's order session stands. `kept_until` in Unix milliseconds, null when it is over;
    `cancelled` is how many orders its end cancelled, null where that was not heard."""

    id: Id
    session_id: str
    status: SessionStatus
    cancel_after_ms: int | None
    kept_until: int | None
    cancelled: int | None
    seq: int


class Shutdown(Said, tag="SHUTDOWN", kw_only=True):
    """The connection ends soon; connect again after `reconnect_after_ms`."""

    reconnect_after_ms: int


class Resync(Said, tag="RESYNC", kw_only=True):
    """What was asked to be resumed cannot be; a snapshot at `seq` follows."""

    channel: str
    seq: int
    reason: str


class TickMessage(Said, tag="TICK", kw_only=True):
    """An instrument's price."""

    symbol: str
    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    change: Decimal
    change_percent: Decimal
    volume: Decimal
    seq: int
    prev_seq: int
    snapshot: bool


class QuoteMessage(Said, tag="QUOTE", kw_only=True):
    """An instrument's quote."""

    symbol: str
    bid: Decimal | None
    bid_size: Decimal
    ask: Decimal | None
    ask_size: Decimal
    last: Decimal
    last_size: Decimal
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    previous_close: Decimal
    change: Decimal
    change_percent: Decimal
    volume: Decimal
    status: TradingStatus
    auction: AuctionBody | None
    band_low: Decimal | None
    band_high: Decimal | None
    limit_state: LimitState | None
    seq: int
    prev_seq: int
    snapshot: bool


class TradeMessage(Said, tag="TRADE", kw_only=True):
    """One trade; `side` is the taker's, null where a feed does not tell."""

    symbol: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    side: Side | None
    seq: int
    prev_seq: int


class BookSnapshot(Said, tag="BOOK_SNAPSHOT", kw_only=True):
    """A whole book, best first."""

    symbol: str
    bids: Sequence[LevelBody]
    asks: Sequence[LevelBody]
    seq: int


class BookDelta(Said, tag="BOOK_DELTA", kw_only=True):
    """Levels that changed; quantity "0" removes one."""

    symbol: str
    bids: Sequence[LevelBody]
    asks: Sequence[LevelBody]
    seq: int
    prev_seq: int


class OrderUpdate(Said, tag="ORDER_UPDATE", kw_only=True):
    """What happened to one of the account's orders, or (SNAPSHOT) how it stands."""

    event: str
    order_id: str
    client_order_id: str | None
    symbol: str
    side: Side
    order_type: OrderType | None
    time_in_force: TimeInForce | None
    status: OrderStatus
    reason: str | None
    code: str | None
    detail: str | None
    quantity: Decimal
    filled_qty: Decimal
    remaining_qty: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    group_id: str | None
    role: OrderRole | None
    avg_price: Decimal | None
    exec_id: str | None
    trade_id: str | None
    last_qty: Decimal | None
    last_price: Decimal | None
    liquidity: Liquidity | None
    fee: Decimal | None
    seq: int
    prev_seq: int
    more: bool
    snapshot: bool


def frame(message: Said) -> bytes:
    """`message` as one whole WebSocket text frame of a server: unmasked, final."""
    payload = encoder.encode(message)
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def tick(quote: Quote, prev_seq: int, snapshot: bool) -> bytes:
    """A TICK frame."""
    return frame(
        TickMessage(
            ts=milliseconds(quote.ts),
            symbol=quote.symbol,
            price=money(quote.price),
            bid=money_or_none(quote.bid),
            ask=money_or_none(quote.ask),
            change=money(quote.change),
            change_percent=decimals.percent(quote.change, quote.close),
            volume=quantity(quote.volume),
            seq=quote.seq,
            prev_seq=prev_seq,
            snapshot=snapshot,
        )
    )


def quote_message(quote: Quote, prev_seq: int, snapshot: bool) -> bytes:
    """A QUOTE frame."""
    return frame(
        QuoteMessage(
            ts=milliseconds(quote.ts),
            symbol=quote.symbol,
            bid=money_or_none(quote.bid),
            bid_size=quantity(quote.bid_size),
            ask=money_or_none(quote.ask),
            ask_size=quantity(quote.ask_size),
            last=money(quote.price),
            last_size=quantity(quote.last_size),
            open=money_or_none(quote.day_open),
            high=money_or_none(quote.day_high),
            low=money_or_none(quote.day_low),
            previous_close=money(quote.close),
            change=money(quote.change),
            change_percent=decimals.percent(quote.change, quote.close),
            volume=quantity(quote.volume),
            status=STATUS_NAMES[quote.status],
            auction=auction_body(quote.auction),
            **band_fields(quote.band),
            seq=quote.seq,
            prev_seq=prev_seq,
            snapshot=snapshot,
        )
    )


def trade(symbol: str, made: Print, prev_seq: int, side: str | None) -> bytes:
    """A TRADE frame."""
    return frame(
        TradeMessage(
            ts=milliseconds(made.ts),
            symbol=symbol,
            trade_id=encode_id(made.trade),
            price=money(made.price),
            quantity=quantity(made.quantity),
            side=side,
            seq=made.seq,
            prev_seq=prev_seq,
        )
    )


def book_snapshot(symbol: str, depth: Depth) -> bytes:
    """A BOOK_SNAPSHOT frame."""
    return frame(
        BookSnapshot(
            ts=milliseconds(depth.ts),
            symbol=symbol,
            bids=[level_body(level) for level in depth.bids],
            asks=[level_body(level) for level in depth.asks],
            seq=depth.seq,
        )
    )


def book_delta(board: Board, instrument: int, bids: list[Level], asks: list[Level], prev_seq: int) -> bytes:
    """A BOOK_DELTA frame of the given levels as they are now."""
    ticker = board.ticker(instrument)
    return frame(
        BookDelta(
            ts=milliseconds(ticker.book_ts),
            symbol=ticker.symbol,
            bids=[level_body(level) for level in bids],
            asks=[level_body(level) for level in asks],
            seq=ticker.book_seq,
            prev_seq=prev_seq,
        )
    )


def read(payload: Any) -> ClientMessage:
    """A client's message.

    Raises:
        ValueError: no JSON object, or a field of the wrong kind; the message says which.
    """
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"The message is not what is asked for: {error}.") from None
