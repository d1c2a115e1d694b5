"""The kinds of text in answers, as the API's description names them: all are strings in JSON."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from openbell.core import codes

ENDED = (codes.ST_FILLED, codes.ST_CANCELLED, codes.ST_EXPIRED, codes.ST_REJECTED)


def one_of(*words: str) -> Meta:
    """A text that is one of `words`."""
    return Meta(extra_json_schema={"enum": list(words)})


# A price, an amount of money, a quantity or a percentage.
Decimal = Annotated[str, Meta(extra_json_schema={"format": "decimal"})]
# RFC 3339, UTC, microseconds.
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

Side = Annotated[str, one_of(*codes.SIDE_NAMES.values())]
OrderType = Annotated[str, one_of(*codes.TYPE_NAMES.values())]
TimeInForce = Annotated[str, one_of(*codes.TIF_NAMES.values())]
OrderRole = Annotated[
    str, one_of(*(word for role, word in codes.ROLE_NAMES.items() if role != codes.ROLE_NONE))
]
GroupType = Annotated[str, one_of(*codes.GROUP_NAMES.values())]
SelfTradePrevention = Annotated[str, one_of(*codes.STP_NAMES.values())]
OrderStatus = Annotated[str, one_of(*(codes.STATUS_NAMES[status] for status in (*codes.WORKING, *ENDED)))]
LimitState = Annotated[str, one_of("UPPER", "LOWER")]
# PRICES_ONLY: a feed brings prices from elsewhere, and nothing trades here.
TradingStatus = Annotated[str, one_of(*(codes.PHASE_NAMES[phase] for phase in codes.PHASES), "PRICES_ONLY")]
AccountStatus = Annotated[str, one_of("OPEN", "LOCKED", "CLOSED")]
AccountKind = Annotated[str, one_of(*codes.KIND_NAMES.values())]
SessionStatus = Annotated[str, one_of("OPEN", "ENDED", "CANCELLED", "LAPSED")]
Liquidity = Annotated[str, one_of("MAKER", "TAKER", "AUCTION")]
CandleSource = Annotated[str, one_of("traded", "filled", "simulated")]
