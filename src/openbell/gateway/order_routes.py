"""Reading orders, and cancelling many: the node's memory first, what it has let go of from the ledger."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, delete, get
from litestar.params import FromPath, FromQuery, QueryParameter

from openbell.core import codes
from openbell.core.records import decode_id, encode_id
from openbell.gateway import commands, refusals
from openbell.gateway.call import Call
from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.group_body import OrderGroupBody, group_body
from openbell.gateway.order_body import (
    CancelAllBody,
    OrderBody,
    OrderListBody,
    order_body,
    outcome_body,
)
from openbell.gateway.order_entry import idempotency_key
from openbell.gateway.order_lookup import (
    STATUSES,
    find_by_client_id,
    find_group,
    find_order,
    find_orders,
    read_order_id,
)
from openbell.gateway.order_request import SIDES, read_client_id
from openbell.gateway.problems import bad_query
from openbell.gateway.tail import events_of

TAGS = ["Orders"]
PAGE = 50
PAGE_MAX = 500


@get("/orders/{order_id:str}", tags=TAGS, summary="One order")
async def get_order(order_id: FromPath[str], services: GivenServices, session: SignedIn) -> OrderBody:
    """The order, as soon as it was acknowledged."""
    row = await find_order(services, session.account, read_order_id(order_id))
    return order_body(row, services.symbol(row["instrument"]))


@get("/orders/groups/{group_id:str}", tags=TAGS, summary="A group of orders")
async def get_group(group_id: FromPath[str], services: GivenServices, session: SignedIn) -> OrderGroupBody:
    """The orders of a group as they are now, as soon as it was acknowledged."""
    rows = await find_group(services, session.account, read_order_id(group_id))
    return group_body(rows, services.symbol(rows[0]["instrument"]))


@get("/orders:by-client-id/{client_order_id:str}", tags=TAGS, summary="One order by its client's id")
async def get_order_by_client_id(
    client_order_id: FromPath[str], services: GivenServices, session: SignedIn
) -> OrderBody:
    """The account's order that carries this id."""
    client_id = read_client_id(client_order_id, "/path/clientOrderId")
    row = await find_by_client_id(services, session.account, client_id)
    return order_body(row, services.symbol(row["instrument"]))


@get("/orders", tags=TAGS, summary="Orders, newest first")
async def list_orders(
    services: GivenServices,
    session: SignedIn,
    status: Annotated[
        str, QueryParameter(description="OPEN (every working order), ENDED, a status, or ALL")
    ] = "ALL",
    symbol: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE,
) -> OrderListBody:
    """The account's orders. Working ones and everything acknowledged are always there."""
    word = status.upper()
    if word not in STATUSES:
        raise bad_query("status", "INVALID_STATUS", f"status is one of {', '.join(STATUSES)}.")
    instrument = None if symbol is None else services.instrument(symbol)
    before = 0 if cursor is None else _cursor(cursor)
    seq, rows, complete = await find_orders(services, session.account, word, instrument, before, limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    return OrderListBody(
        orders=[order_body(row, services.symbol(row["instrument"])) for row in rows],
        next_cursor=encode_id(rows[-1]["order"]) if more else None,
        complete=complete,
        seq=seq,
    )


@delete("/orders", status_code=200, tags=TAGS, summary="Cancel all working orders that match")
async def cancel_orders(
    request: Request[Any, Any, Any],
    services: GivenServices,
    session: SignedIn,
    symbol: FromQuery[str | None] = None,
    side: Annotated[str | None, QueryParameter(description="BUY or SELL")] = None,
) -> CancelAllBody:
    """Cancels them in one step and tells what became of each."""
    call: Call = request.scope["call"]  # type: ignore[typeddict-item]
    if side is not None and side.upper() not in SIDES:
        raise bad_query("side", "INVALID_SIDE", "side is BUY or SELL.")
    instrument = None if symbol is None else services.instrument(symbol)
    number = None if side is None else SIDES[side.upper()]
    command = commands.cancel_all(
        session.account, instrument, number, idempotency_key(call), services.clock.now()
    )
    answer = await services.send(command, "/v1/orders?status=OPEN")
    if answer.code != codes.E_OK:
        raise refusals.problem(answer.code, answer.limit, answer.observed)
    # What became of each order is in the events of the command, which follow their answer at once.
    await services.reached(answer.seq)
    entries = services.tail.since(session.account, answer.seq - 1) or []
    ended = [
        event
        for entry in entries
        if entry.seq == answer.seq
        for event in events_of(entry)
        if event.type == codes.EV_CANCELLED
    ]
    return CancelAllBody(
        cancelled=answer.count, orders=[outcome_body(event) for event in ended], seq=answer.seq
    )


def _cursor(text: str) -> int:
    try:
        return decode_id(text)
    except ValueError:
        raise bad_query("cursor", "INVALID_CURSOR", "cursor is the nextCursor of the page before.") from None


ORDER_ROUTES = [get_order, get_group, get_order_by_client_id, list_orders, cancel_orders]
