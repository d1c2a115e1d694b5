"""Orders as answers show them, made from an answer of the node, a row of its memory, or one of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from openbell.core import codes
from openbell.core.records import QUANTITY_SCALE, encode_id
from openbell.gateway import decimals
from openbell.gateway.order_request import OrderRequest
from openbell.gateway.refusals import refusal
from openbell.gateway.times import rfc3339
from openbell.gateway.words import (
    Decimal,
    OrderRole,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    Time,
    TimeInForce,
)


class OrderBody(Struct, rename="camel", kw_only=True):
    """An order. `filled_qty` is seed A's name of `filled_quantity`; `timestamp` is `created_at`.

    The stop price of a trailing stop is where it stands now. `display_quantity` null: all of it is shown.
    `group_id` is the id of its group's first order; an order of its own has none.
    What an order asked beyond the plain is null where it was entered before the ledger kept it.
    """

    order_id: str
    client_order_id: str | None
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    status: OrderStatus
    reason: str | None
    quantity: Decimal
    notional: Decimal | None
    filled_quantity: Decimal
    filled_qty: Decimal
    remaining_quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None
    trail_amount: Decimal | None
    trail_percent: Decimal | None
    valid_until: Time | None
    post_only: bool | None
    self_trade_prevention: SelfTradePrevention | None
    display_quantity: Decimal | None
    min_quantity: Decimal | None
    session_id: str | None
    group_id: str | None
    role: OrderRole | None
    avg_price: Decimal | None
    filled_value: Decimal
    code: str | None
    detail: str | None
    timestamp: Time
    created_at: Time
    updated_at: Time
    seq: int


class ModifiedOrderBody(OrderBody, kw_only=True):
    """An order after a modify."""

    priority_kept: bool


class OrderListBody(Struct, rename="camel", kw_only=True):
    """A page of orders. `complete` is false while the ledger's older ones cannot be read."""

    orders: Sequence[OrderBody]
    next_cursor: str | None
    complete: bool
    seq: int


class OutcomeBody(Struct, rename="camel", kw_only=True):
    """What became of one order of a cancel-all."""

    order_id: str
    status: OrderStatus
    reason: str | None
    filled_quantity: Decimal


class CancelAllBody(Struct, rename="camel", kw_only=True):
    """The answer to DELETE /v1/orders."""

    cancelled: int
    orders: Sequence[OutcomeBody]
    seq: int


PRICED = (codes.LIMIT, codes.STOP_LIMIT)
BASIS_POINT = QUANTITY_SCALE // 100  # one hundredth of a percent, as quantities count

# Bound at import: these run for each order.
_SIDES = codes.SIDE_NAMES
_TYPES = codes.TYPE_NAMES
_TIFS = codes.TIF_NAMES
_STATUSES = codes.STATUS_NAMES


def reason_name(reason: int) -> str | None:
    """The public word of a WHY_*, None for none."""
    return codes.REASON_NAMES[reason] if reason else None


def role_name(role: int | None) -> str | None:
    """The public word of a ROLE_*, None for none."""
    return codes.ROLE_NAMES[role] if role else None


def encode_session(number: int) -> str:
    """The public id of an order session."""
    return f"{number:08x}"


def limit_price(order_type: int, price: int) -> str | None:
    """The price it works at: a MARKET or STOP order has a cap in the core, and no price."""
    return decimals.money_or_none(price) if order_type in PRICED else None


def trail_amount(trail: int, percent: bool) -> str | None:
    """A trail in USD; None for one in percent, or none."""
    return None if percent else decimals.money_or_none(trail)


def trail_percent(trail: int, percent: bool) -> str | None:
    """A trail in percent (`trail` is basis points); None for one in USD, or none."""
    return decimals.quantity(trail * BASIS_POINT) if percent and trail else None


def new_order_body(answer: Any, request: OrderRequest, client_id: str) -> OrderBody:
    """The order that `answer` (a core Answer of NEW_ORDER) tells about."""
    filled = decimals.quantity(answer.filled)
    when = rfc3339(answer.ts)
    return OrderBody(
        order_id=encode_id(answer.order),
        client_order_id=client_id,
        symbol=request.symbol,
        side=_SIDES[request.side],
        type=_TYPES[request.order_type],
        time_in_force=_TIFS[answer.tif],
        status=_STATUSES[answer.status],
        reason=reason_name(answer.reason),
        quantity=decimals.quantity(answer.quantity),
        filled_quantity=filled,
        filled_qty=filled,
        remaining_quantity=decimals.quantity(answer.leaves),
        price=limit_price(request.order_type, answer.price),
        stop_price=decimals.money_or_none(request.stop_price),
        trail_amount=trail_amount(request.trail, request.trail_percent),
        trail_percent=trail_percent(request.trail, request.trail_percent),
        **asked(
            request.notional,
            request.expire_ts,
            request.flags,
            request.stp,
            request.display,
            request.min_quantity,
            request.session,
        ),
        group_id=None,
        role=None,
        avg_price=decimals.average_price(answer.notional, answer.filled),
        filled_value=decimals.money(answer.notional),
        code=None,
        detail=None,
        timestamp=when,
        created_at=when,
        updated_at=when,
        seq=answer.seq,
    )


def asked(
    notional: int, expire_ts: int, flags: int, stp: int, display: int, least: int, session: int
) -> dict[str, Any]:
    """What an order asks beyond the plain."""
    return {
        "notional": decimals.money_or_none(notional),
        "valid_until": rfc3339(expire_ts) if expire_ts else None,
        "post_only": bool(flags & codes.POST_ONLY),
        "self_trade_prevention": codes.STP_NAMES.get(stp),
        "display_quantity": decimals.quantity(display) if display >= 0 else None,
        "min_quantity": decimals.quantity(least) if least else None,
        "session_id": encode_session(session) if session else None,
    }


def asked_by(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same from a row of the node's queries or the ledger's."""
    flags = codes.POST_ONLY if row["post_only"] else 0
    least = row["min_quantity"]
    return asked(row["budget"], row["expire_ts"], flags, row["stp"], row["display"], least, row["session"])


NOT_TOLD: dict[str, Any] = dict.fromkeys(
    (
        "notional",
        "valid_until",
        "post_only",
        "self_trade_prevention",
        "display_quantity",
        "min_quantity",
        "session_id",
    )
)


def order_fields(row: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """The fields of an OrderBody from a row of the node's `order` queries or the ledger's."""
    filled = decimals.quantity(row["filled"])
    refused = refusal(row["code"]) if row["code"] else None
    created = rfc3339(row["created_ts"])
    return {
        "order_id": encode_id(row["order"]),
        "client_order_id": row["client_id"] or None,
        "symbol": symbol,
        "side": _SIDES[row["side"]],
        "type": _TYPES[row["order_type"]],
        "time_in_force": _TIFS[row["tif"]],
        "status": _STATUSES[row["status"]],
        "reason": reason_name(row["reason"]),
        "quantity": decimals.quantity(row["quantity"]),
        "filled_quantity": filled,
        "filled_qty": filled,
        "remaining_quantity": decimals.quantity(row["leaves"]),
        "price": limit_price(row["order_type"], row["price"]),
        "stop_price": decimals.money_or_none(row["stop_price"]),
        "trail_amount": trail_amount(row["trail"], row["trail_percent"]),
        "trail_percent": trail_percent(row["trail"], row["trail_percent"]),
        **(NOT_TOLD if row["stp"] is None else asked_by(row)),
        "group_id": encode_id(row["group"]) if row["group"] else None,
        "role": role_name(row["role"]),
        "avg_price": decimals.average_price(row["notional"], row["filled"]),
        "filled_value": decimals.money(row["notional"]),
        "code": refused.code if refused else None,
        "detail": refused.detail(row["limit"], row["observed"]) if refused else None,
        "timestamp": created,
        "created_at": created,
        "updated_at": rfc3339(row["updated_ts"]),
        "seq": row["seq"],
    }


def order_body(row: Mapping[str, Any], symbol: str) -> OrderBody:
    """A row as an order."""
    return OrderBody(**order_fields(row, symbol))


def outcome_body(event: Any) -> OutcomeBody:
    """An EV_CANCELLED as one outcome of a cancel-all."""
    return OutcomeBody(
        order_id=encode_id(event.order),
        status=_STATUSES[event.status],
        reason=reason_name(event.reason),
        filled_quantity=decimals.quantity(event.filled),
    )
