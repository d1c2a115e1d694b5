"""Groups of orders that a client asks for, read from JSON: each order as one of its own, then all of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from openbell.core import codes
from openbell.gateway import decimals
from openbell.gateway.order_request import (
    ALL_SHOWN,
    CLIENT_ID,
    CLIENT_ID_RULE,
    ClientId,
    NewOrderBody,
    OrderRequest,
    decode,
    order_of,
    session_number,
)
from openbell.gateway.problems import FieldProblem, Problem, malformed
from openbell.ledger.events import ROLES

KINDS = {name: number for number, name in codes.GROUP_NAMES.items()}
MEMBERS = {
    codes.OCO: "two alternatives",
    codes.OTO: "a parent and its child",
    codes.BRACKET: "a parent, a take-profit and a stop-loss",
}
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
# The types of order that a role takes, and how a refusal names it.
TYPES = {
    codes.ROLE_PARENT: tuple(codes.TYPE_NAMES),
    codes.ROLE_LEG: (codes.LIMIT, *STOPS),
    codes.ROLE_CHILD: (codes.LIMIT, *STOPS),
    codes.ROLE_TAKE_PROFIT: (codes.LIMIT,),
    codes.ROLE_STOP_LOSS: STOPS,
}
WORDS = {
    codes.ROLE_PARENT: "A parent",
    codes.ROLE_LEG: "An order of an OCO",
    codes.ROLE_CHILD: "A child",
    codes.ROLE_TAKE_PROFIT: "A take-profit",
    codes.ROLE_STOP_LOSS: "A stop-loss",
}
LASTING = (codes.DAY, codes.GTC, codes.GTD)
AUCTIONS = (codes.OPG, codes.CLS)


class NewGroupBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of POST /v1/orders/groups. `orders` are bodies as POST /v1/orders takes them, in this order:
    two alternatives (OCO), parent and child (OTO), parent, take-profit and stop-loss (BRACKET)."""

    type: Annotated[str, Meta(description="OCO, OTO or BRACKET, in any case")]
    orders: list[NewOrderBody]
    session_id: Annotated[str | None, Meta(description="the order session that they all go with")] = None
    client_order_id: ClientId = None


class GroupRequest(Struct, frozen=True):
    """A new group in raw units. `client_id` None: the gateway makes one."""

    kind: int
    symbol: str
    orders: tuple[OrderRequest, ...]
    client_id: str | None
    session: int = 0


_new_group = msgspec.json.Decoder(NewGroupBody)


def read_new_group(body: bytes) -> GroupRequest:
    """The group in the body of POST /v1/orders/groups.

    Raises:
        Problem: 400, with every wrong field.
    """
    given = decode(_new_group, body)
    errors: list[FieldProblem] = []
    kind = KINDS.get(given.type.upper(), 0)
    if not kind:
        detail = f"type is one of {', '.join(KINDS)}, not {given.type[:32]!r}."
        errors.append(FieldProblem("/type", "INVALID_GROUP_TYPE", detail))
    if given.client_order_id is not None and CLIENT_ID.fullmatch(given.client_order_id) is None:
        detail = f"clientOrderId {CLIENT_ID_RULE}."
        errors.append(FieldProblem("/clientOrderId", "INVALID_CLIENT_ORDER_ID", detail))
    session = session_number(given.session_id, errors)
    if kind and len(given.orders) != len(ROLES[kind]):
        word, members = codes.GROUP_NAMES[kind], MEMBERS[kind]
        detail = f"A group of type {word} is {members}; there are {len(given.orders)} orders here."
        errors.append(FieldProblem("/orders", "INVALID_GROUP", detail))
    if errors:
        raise malformed(errors)
    orders = _orders(given.orders)
    for index, role in enumerate(ROLES[kind]):
        _terms(index, orders[index], role, errors)
        if index:
            _agrees(index, orders[index], orders[0], role, errors)
    if errors:
        raise malformed(errors)
    return GroupRequest(kind, orders[0].symbol, orders, given.client_order_id, session)


def _orders(given: list[NewOrderBody]) -> tuple[OrderRequest, ...]:
    """Each order, read as one of its own.

    Raises:
        Problem: 400, with every wrong field of all of them.
    """
    orders: list[OrderRequest] = []
    errors: list[FieldProblem] = []
    for index, body in enumerate(given):
        try:
            orders.append(order_of(body))
        except Problem as problem:
            errors += (
                FieldProblem(f"/orders/{index}{error.pointer}", error.code, error.detail)
                for error in problem.errors
            )
    if errors:
        raise malformed(errors)
    return tuple(orders)


def _terms(index: int, order: OrderRequest, role: int, errors: list[FieldProblem]) -> None:
    """What an order of its own may ask and one of a group, or of this role, may not."""

    def wrong(name: str, code: str, detail: str) -> None:
        errors.append(FieldProblem(f"/orders/{index}/{name}", code, detail))

    if order.order_type not in TYPES[role]:
        words = ", ".join(codes.TYPE_NAMES[one] for one in TYPES[role])
        given = codes.TYPE_NAMES[order.order_type]
        wrong("type", "INVALID_TYPE", f"{WORDS[role]} is one of {words}, not {given}.")
    if role != codes.ROLE_PARENT and order.tif not in LASTING:
        words = ", ".join(codes.TIF_NAMES[one] for one in LASTING)
        given = codes.TIF_NAMES[order.tif]
        wrong("timeInForce", "INVALID_TIME_IN_FORCE", f"{WORDS[role]} is one of {words}, not {given}.")
    elif order.tif in AUCTIONS:
        detail = "No order of a group is for an auction alone: OPG and CLS are not taken."
        wrong("timeInForce", "INVALID_TIME_IN_FORCE", detail)
    if order.notional:
        wrong("notional", "NOTIONAL_NOT_ALLOWED", "The orders of a group take quantity, not notional.")
    if order.flags & codes.POST_ONLY:
        wrong("postOnly", "POST_ONLY_NOT_ALLOWED", "No order of a group is postOnly.")
    if order.display != ALL_SHOWN:
        detail = "The orders of a group show all of their quantity; leave displayQuantity out."
        wrong("displayQuantity", "DISPLAY_QUANTITY_NOT_ALLOWED", detail)
    if order.min_quantity:
        wrong("minQuantity", "MIN_QUANTITY_NOT_ALLOWED", "No order of a group has a minQuantity.")
    if order.session:
        detail = "A group goes with one session: give sessionId beside orders, not in one."
        wrong("sessionId", "SESSION_ID_NOT_ALLOWED", detail)
    if order.client_id is not None:
        detail = "A group has one clientOrderId: give it beside orders, not in one."
        wrong("clientOrderId", "CLIENT_ORDER_ID_NOT_ALLOWED", detail)


def _agrees(
    index: int, order: OrderRequest, first: OrderRequest, role: int, errors: list[FieldProblem]
) -> None:
    """What the orders of a group have in common with the first one."""

    def wrong(name: str, code: str, detail: str) -> None:
        errors.append(FieldProblem(f"/orders/{index}/{name}", code, detail))

    if order.symbol != first.symbol:
        detail = f"All orders of a group are for one symbol: {first.symbol}, not {order.symbol}."
        wrong("symbol", "SYMBOLS_DIFFER", detail)
    if role == codes.ROLE_LEG and order.side != first.side:
        wrong("side", "INVALID_SIDE", f"The orders of an OCO have one side: {codes.SIDE_NAMES[first.side]}.")
    elif role != codes.ROLE_LEG and order.side == first.side:
        other = codes.SIDE_NAMES[codes.SELL if first.side == codes.BUY else codes.BUY]
        wrong("side", "INVALID_SIDE", f"{WORDS[role]} is of the side that its parent is not: {other}.")
    if order.quantity != first.quantity and not order.notional and not first.notional:
        most = decimals.quantity(first.quantity)
        wrong(
            "quantity", "QUANTITIES_DIFFER", f"All orders of a group have the first one's quantity, {most}."
        )
