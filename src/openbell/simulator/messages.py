"""The parts of the API's answers and stream messages that a participant reads."""

from __future__ import annotations

from datetime import datetime

import msgspec

WORKING = ("PENDING", "OPEN", "PARTIALLY_FILLED")


class Asset(msgspec.Struct, frozen=True):
    """A row of `GET /v1/assets/top`."""

    symbol: str
    sector: str
    marketCap: str | None  # noqa: N815 - the API's name
    price: str
    previousClose: str | None = None  # noqa: N815


class Meta(msgspec.Struct, frozen=True):
    """What `GET /v1/assets/top` says of its page."""

    total: int


class AssetPage(msgspec.Struct, frozen=True):
    """The answer of `GET /v1/assets/top`."""

    data: list[Asset]
    meta: Meta


class Change(msgspec.Struct, frozen=True):
    """The next change that the clock tells of."""

    at: datetime


class Clock(msgspec.Struct, frozen=True):
    """The answer of `GET /v1/clock`."""

    timestamp: datetime
    phase: str
    nextChange: Change | None = None  # noqa: N815


class OrderReply(msgspec.Struct, frozen=True):
    """An order, in any answer and in the stream."""

    orderId: str  # noqa: N815
    status: str
    symbol: str = ""
    side: str = ""
    quantity: str = "0"
    filledQty: str = "0"  # noqa: N815
    price: str | None = None
    avgPrice: str | None = None  # noqa: N815


class OrderPage(msgspec.Struct, frozen=True):
    """The answer of `GET /v1/orders`."""

    orders: list[OrderReply]
    nextCursor: str | None = None  # noqa: N815


class Holding(msgspec.Struct, frozen=True):
    """A row of `GET /v1/portfolio`."""

    symbol: str
    quantity: str


class Portfolio(msgspec.Struct, frozen=True):
    """The answer of `GET /v1/portfolio`."""

    cashBalance: str  # noqa: N815
    holdings: list[Holding]


class Problem(msgspec.Struct, frozen=True):
    """Any refusal (RFC 9457)."""

    code: str = ""
    detail: str = ""


class StreamMessage(msgspec.Struct, frozen=True):
    """What every message of the stream has, and an ORDER_UPDATE's part of it."""

    type: str
    event: str = ""
    orderId: str = ""  # noqa: N815
    status: str = ""
    symbol: str = ""
    side: str = ""
    filledQty: str = "0"  # noqa: N815
    lastQty: str | None = None  # noqa: N815
    lastPrice: str | None = None  # noqa: N815
    code: str | None = None
    detail: str | None = None


asset_page = msgspec.json.Decoder(AssetPage)
clock = msgspec.json.Decoder(Clock)
order_reply = msgspec.json.Decoder(OrderReply)
order_page = msgspec.json.Decoder(OrderPage)
portfolio = msgspec.json.Decoder(Portfolio)
problem = msgspec.json.Decoder(Problem)
stream_message = msgspec.json.Decoder(StreamMessage)
