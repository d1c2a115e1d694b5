"""Groups of orders as answers show them, and the orders of a new one as its events tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway.order_body import OrderBody, order_body
from openbell.gateway.tail import Entry
from openbell.gateway.words import GroupType, Time
from openbell.ledger import events as ev
from openbell.ledger.events import EventTuple

Row = dict[str, Any]

# What every event after its acceptance says of an order.
CHANGED = (
    ("quantity", ev.QUANTITY),
    ("filled", ev.FILLED),
    ("leaves", ev.LEAVES),
    ("notional", ev.NOTIONAL),
    ("status", ev.STATUS),
)


class OrderGroupBody(Struct, rename="camel", kw_only=True):
    """A group. `group_id` is the id of its first order, which carries the `client_order_id`; `seq` is the log
    position of the latest change of one of its orders."""

    group_id: str
    client_order_id: str | None
    type: GroupType
    symbol: str
    orders: Sequence[OrderBody]
    timestamp: Time
    seq: int


def group_body(rows: Sequence[Mapping[str, Any]], symbol: str) -> OrderGroupBody:
    """The group of these orders, given in their order as rows of the node's queries or the ledger's."""
    orders = [order_body(row, symbol) for row in rows]
    return OrderGroupBody(
        group_id=encode_id(rows[0]["group"]),
        client_order_id=orders[0].client_order_id,
        type=codes.GROUP_NAMES[_kind(rows)],
        symbol=symbol,
        orders=orders,
        timestamp=orders[0].timestamp,
        seq=max(order.seq for order in orders),
    )


def _kind(rows: Sequence[Mapping[str, Any]]) -> int:
    roles = tuple(row["role"] for row in rows)
    return next(kind for kind, members in ev.ROLES.items() if members == roles)


def entered(entry: Entry, command: bytes) -> list[Row]:
    """The orders that the NEW_GROUP `command` entered, as they were right after it, as rows.

    Args:
        entry: what the command did to the orders of its account.
    """
    rows: dict[int, Row] = {}
    for event in ev.unpack(entry.events):
        if event[ev.TYPE] == codes.EV_ACCEPTED:
            rows[event[ev.ORDER]] = _accepted(event, command, entry)
        elif row := rows.get(event[ev.ORDER]):
            row |= _changed(event)
    return [rows[number] for number in sorted(rows)]


def _accepted(event: EventTuple, command: bytes, entry: Entry) -> Row:
    stop_price, trail, trail_percent = ev.stop_terms(event, command)
    budget, expire_ts, display, min_quantity, session, stp, post_only, group, role = ev.asked(event, command)
    return {
        "order": event[ev.ORDER],
        "client_id": ev.client_id(event, command),
        "instrument": event[ev.INSTRUMENT],
        "side": event[ev.SIDE],
        "order_type": event[ev.ORDER_TYPE],
        "tif": event[ev.TIF],
        "status": event[ev.STATUS],
        "reason": codes.WHY_NONE,
        "code": codes.E_OK,
        "price": event[ev.PRICE],
        "quantity": event[ev.QUANTITY],
        "filled": 0,
        "leaves": event[ev.LEAVES],
        "notional": 0,
        "stop_price": stop_price,
        "trail": trail,
        "trail_percent": trail_percent,
        "budget": budget,
        "expire_ts": expire_ts,
        "display": display,
        "min_quantity": min_quantity,
        "session": session,
        "stp": stp,
        "post_only": post_only,
        "group": group,
        "role": role,
        "seq": entry.seq,
        "created_ts": entry.ts,
        "updated_ts": entry.ts,
    }


def _changed(event: EventTuple) -> Row:
    """What an event after its acceptance makes of an order."""
    kind = event[ev.TYPE]
    row = {name: event[place] for name, place in CHANGED}
    row["reason"] = codes.WHY_NONE
    if kind == codes.EV_FILL:
        row["quantity"] = event[ev.FILLED] + event[ev.LEAVES]
    elif kind == codes.EV_ELECTED:
        row |= {"price": event[ev.LIMIT], "stop_price": event[ev.OBSERVED]}
    else:
        row["price"] = event[ev.PRICE]
        if kind != codes.EV_MODIFIED:
            row |= {"reason": event[ev.REASON], "leaves": 0}
        elif event[ev.STATUS] == codes.ST_PENDING and event[ev.LIMIT]:
            row |= {"stop_price": event[ev.LIMIT], "trail": event[ev.OBSERVED]}
    return row
