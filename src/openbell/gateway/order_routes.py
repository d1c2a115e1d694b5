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
from openbell.gateway.order_body import (
    CancelAllBody,
    OrderBody,
    OrderListBody,
    order_body,
    outcome_body,
)
from openbell.gateway.order_entry import find_order, idempotency_key, read_order_id
from openbell.gateway.order_request import SIDES, read_client_id
from openbell.gateway.problems import bad_query, order_not_found
from openbell.gateway.services import Services
from openbell.gateway.tail import events_of
from openbell.gateway.words import ENDED
from openbell.ledger.reads import LedgerUnavailable

TAGS = ["Orders"]
PAGE = 50
PAGE_MAX = 500
# Rows of the node to look through for one ended status.
NODE_ROWS = 1_000
# What `status` may say -> what the node and the ledger are asked for.
STATUSES = {
    "ALL": ("all", "all"),
    "OPEN": ("working", "working"),
    "ENDED": ("ended", "ended"),
    **{codes.STATUS_NAMES[status]: ("ended", codes.STATUS_NAMES[status]) for status in ENDED},
}


@get("/orders/{order_id:str}", tags=TAGS, summary="One order")
async def get_order(order_id: FromPath[str], services: GivenServices, session: SignedIn) -> OrderBody:
    """The order, as soon as it was acknowledged."""
    row = await find_order(services, session.account, read_order_id(order_id))
    return order_body(row, services.symbol(row["instrument"]))


@get("/orders:by-client-id/{client_order_id:str}", tags=TAGS, summary="One order by its client's id")
async def get_order_by_client_id(
    client_order_id: FromPath[str], services: GivenServices, session: SignedIn
) -> OrderBody:
    """The account's order that carries this id."""
    client_id = read_client_id(client_order_id, "/path/clientOrderId")
    low, high = commands.request_key(client_id)
    _, row = await services.query("order_by_key", account=session.account, key_low=low, key_high=high)
    if row is None or row["client_id"] != client_id:
        row = await services.ledger_read(services.ledger.order_by_client_id(session.account, client_id))
    if row is None:
        raise order_not_found(client_id)
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
    seq, rows, complete = await _orders(services, session.account, word, instrument, before, limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    return OrderListBody(
        orders=[order_body(row, services.symbol(row["instrument"])) for row in rows],
        next_cursor=encode_id(rows[-1]["order"]) if more else None,
        complete=complete,
        seq=seq,
    )


async def _orders(
    services: Services, account: int, word: str, instrument: int | None, before: int, limit: int
) -> tuple[int, list[dict[str, Any]], bool]:
    """(log position, up to `limit` rows, whether older ones could be read).

    The node is asked first: what it has let go of by then, the ledger has taken in. Where both know an
    order the node's word counts, which is never older.
    """
    of_node, of_ledger = STATUSES[word]
    # The node does not tell one ended status from another: take more, and leave out the others.
    rows_max = limit if of_node == of_ledger else NODE_ROWS
    seq, rows = await services.query(
        "orders", account=account, status=of_node, instrument=instrument, before=before, limit=rows_max
    )
    known = {row["order"]: row for row in rows}
    complete = True
    if of_node != "working":
        try:
            past = await services.ledger.orders(account, of_ledger, instrument, before, limit)
            known = {row["order"]: row for row in past} | known
        except LedgerUnavailable:
            complete = False
    newest = sorted(known.values(), key=lambda row: -int(row["order"]))
    if of_node != of_ledger:
        newest = [row for row in newest if codes.STATUS_NAMES[row["status"]] == of_ledger]
    return seq, newest[:limit], complete


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


ORDER_ROUTES = [get_order, get_order_by_client_id, list_orders, cancel_orders]
