"""ORDER_UPDATE messages from events and from rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import decimals
from openbell.gateway.account_body import execution_id
from openbell.gateway.decimals import money, quantity
from openbell.gateway.order_body import limit_price, order_body, reason_name, role_name
from openbell.gateway.refusals import refusal
from openbell.gateway.stream.messages import OrderUpdate
from openbell.gateway.tail import EVENT_NAMES, Entry, Known, KnownOrders, events_of
from openbell.gateway.times import milliseconds

SymbolOf = Callable[[int], str]

# Events whose `reason` is something else: a role, maker or taker, the place kept.
UNREASONED = (codes.EV_ACCEPTED, codes.EV_FILL, codes.EV_MODIFIED)


def entry_updates(entry: Entry, known: KnownOrders, symbol_of: SymbolOf) -> list[OrderUpdate]:
    """The messages of one entry, in the order of its events; `known` takes them in."""
    events = events_of(entry)
    last = len(events) - 1
    return [
        _update(entry, event, known.observe(event, entry.client_id, entry.kind), symbol_of, index < last)
        for index, event in enumerate(events)
    ]


def _update(entry: Entry, event: Any, known: Known | None, symbol_of: SymbolOf, more: bool) -> OrderUpdate:
    kind = event.type
    fill = kind == codes.EV_FILL
    refused = refusal(event.code) if kind == codes.EV_REJECTED else None
    ended = kind in (codes.EV_CANCELLED, codes.EV_EXPIRED, codes.EV_REJECTED)
    total = event.filled + event.leaves if fill else event.quantity
    order_type = None if known is None else known.order_type
    price = known.price if fill and known else event.price
    stop = event.limit if event.status == codes.ST_PENDING else 0
    if kind == codes.EV_MODIFIED and event.status == codes.ST_PENDING and known:
        stop = known.stop_price
    if kind == codes.EV_ELECTED:
        price, stop = event.limit, event.observed
    return OrderUpdate(
        ts=milliseconds(entry.ts),
        event=EVENT_NAMES[kind],
        order_id=encode_id(event.order),
        client_order_id=known.client_id if known else None,
        symbol=symbol_of(event.instrument),
        side=codes.SIDE_NAMES[event.side],
        order_type=None if order_type is None else codes.TYPE_NAMES[order_type],
        time_in_force=codes.TIF_NAMES[known.tif] if known else None,
        status=codes.STATUS_NAMES[codes.ST_REJECTED if refused else event.status],
        reason=None if kind in UNREASONED else reason_name(event.reason),
        code=refused.code if refused else None,
        detail=refused.detail(event.limit, event.observed) if refused else None,
        quantity=quantity((known.quantity or total) if fill and known else total),
        filled_qty=quantity(event.filled),
        remaining_qty="0" if ended else quantity(event.leaves),
        price=None if fill and known is None else limit_price(order_type or codes.LIMIT, price),
        stop_price=decimals.money_or_none(stop),
        group_id=encode_id(known.group) if known and known.group else None,
        role=role_name(known.role) if known else None,
        avg_price=decimals.average_price(event.notional, event.filled),
        exec_id=execution_id(event.trade, event.side) if fill else None,
        trade_id=encode_id(event.trade) if fill else None,
        last_qty=quantity(event.quantity) if fill else None,
        last_price=money(event.price) if fill else None,
        liquidity=("MAKER" if event.reason == codes.MAKER else "TAKER") if fill else None,
        fee=money(event.limit) if fill else None,
        seq=entry.seq,
        prev_seq=entry.prev,
        more=more,
        snapshot=False,
    )


def snapshot_updates(
    rows: Sequence[Mapping[str, Any]], seq: int, ts: int, symbol_of: SymbolOf
) -> list[OrderUpdate]:
    """Working orders (rows of the node's `orders` query at `seq`, newest first) as messages, oldest first."""
    made = []
    for index, row in enumerate(reversed(rows)):
        order = order_body(row, symbol_of(row["instrument"]))
        made.append(
            OrderUpdate(
                ts=milliseconds(ts),
                event="SNAPSHOT",
                order_id=order.order_id,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side,
                order_type=order.type,
                time_in_force=order.time_in_force,
                status=order.status,
                reason=order.reason,
                code=None,
                detail=None,
                quantity=order.quantity,
                filled_qty=order.filled_qty,
                remaining_qty=order.remaining_quantity,
                price=order.price,
                stop_price=order.stop_price,
                group_id=order.group_id,
                role=order.role,
                avg_price=order.avg_price,
                exec_id=None,
                trade_id=None,
                last_qty=None,
                last_price=None,
                liquidity=None,
                fee=None,
                seq=seq,
                prev_seq=seq,
                more=index < len(rows) - 1,
                snapshot=True,
            )
        )
    return made
