"""Order entry: new, modify, cancel. Raw handlers, because this is the way that must be quick."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from openbell.core import codes
from openbell.core.records import encode_id
from openbell.gateway import commands, limits, refusals
from openbell.gateway.auth import authenticate, from_app
from openbell.gateway.call import Call, Headers, Reply, json_reply
from openbell.gateway.group_body import entered, group_body
from openbell.gateway.group_request import read_new_group
from openbell.gateway.order_body import ModifiedOrderBody, new_order_body, order_body, order_fields
from openbell.gateway.order_lookup import Row, find_by_client_id, find_group, find_order, read_order_id
from openbell.gateway.order_request import (
    ModifyRequest,
    OrderRequest,
    read_client_id,
    read_modify_order,
    read_new_order,
    read_place_order,
)
from openbell.gateway.problems import FieldProblem, Problem, malformed
from openbell.gateway.services import Services
from openbell.gateway.tail import LEG_MASK
from openbell.gateway.times import rfc3339
from openbell.identity.tokens import Session

BY_CLIENT_ID = "/v1/orders:by-client-id/"
REPLAYED_HEADER = (b"idempotent-replayed", b"true")
NO_KEY = (0, 0)


class OrderEntry:
    """The handlers of one gateway process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        # Ids for orders whose senders gave none: unique for as long as the core remembers ids.
        self._prefix = f"ob-{secrets.token_hex(6)}-"
        self._numbers = itertools.count(1)

    async def place(self, call: Call) -> Reply:
        """POST /v1/orders."""
        session = authenticate(call, self._services.signer)
        return await self._place(call, session, read_new_order(await call.body()), 201)

    async def place_order(self, call: Call) -> Reply:
        """POST /v1/transactions/place-order."""
        session = authenticate(call, self._services.signer)
        return await self._place(call, session, read_place_order(await call.body()), 200)

    async def _place(self, call: Call, session: Session, order: OrderRequest, status: int) -> Reply:
        services = self._services
        client_id = self._client_id(call, order.client_id)
        instrument = services.instrument(order.symbol, "/symbol")
        limit, left = services.spend(session)
        command = commands.new_order(
            order,
            client_id,
            session.account,
            instrument,
            services.clock.now(),
            flags=codes.FROM_APP if from_app(call) else 0,
        )
        answer = await services.send(command, BY_CLIENT_ID + client_id)
        if answer.code != codes.E_OK:
            raise self._not_entered(answer)
        headers = headers_of(limit, left, answer)
        return json_reply(status, new_order_body(answer, order, client_id), headers)

    async def place_group(self, call: Call) -> Reply:
        """POST /v1/orders/groups."""
        services = self._services
        session = authenticate(call, services.signer)
        group = read_new_group(await call.body())
        client_id = self._client_id(call, group.client_id)
        instrument = services.instrument(group.symbol, "/orders/0/symbol")
        limit, left = services.spend(session)
        command = commands.new_group(
            group,
            client_id,
            session.account,
            instrument,
            services.clock.now(),
            flags=codes.FROM_APP if from_app(call) else 0,
        )
        answer = await services.send(command, BY_CLIENT_ID + client_id)
        if answer.code != codes.E_OK:
            raise self._refused_group(answer)
        rows = await self._entered(session, answer, command)
        return json_reply(201, group_body(rows, group.symbol), headers_of(limit, left, answer))

    async def _entered(self, session: Session, answer: Any, command: bytes) -> list[Row]:
        """The orders of a group right after it entered: its events follow their answer at once. Those of a
        request that repeats one of long ago are no longer kept: its orders as they are now."""
        services = self._services
        await services.reached(answer.seq)
        for entry in services.tail.since(session.account, answer.seq - 1) or ():
            if entry.seq == answer.seq:
                return entered(entry, command)
        return await find_group(services, session.account, answer.order)

    def _refused_group(self, answer: Any) -> Problem:
        """The refusal of the group: of one of its orders, if it names one."""
        problem = self._not_entered(answer)
        if answer.order and answer.code != codes.E_KEY_REUSED:
            pointer = f"/orders/{answer.order & LEG_MASK}"
            problem.errors = [FieldProblem(pointer, problem.code, problem.detail)]
        return problem

    async def modify(self, call: Call) -> Reply:
        """PATCH /v1/orders/{orderId}."""
        services = self._services
        session = authenticate(call, services.signer)
        order_id = read_order_id(_last(call.path))
        change = read_modify_order(await call.body())
        limit, left = services.spend(session)
        key = idempotency_key(call)
        if change.flags & codes.SET_STOP_PRICE:
            await self._check_terms(order_id, change, session.account)
        command = commands.modify(order_id, change, session.account, key, services.clock.now())
        answer, seen = await services.send_and_read(command, order_id, f"/v1/orders/{encode_id(order_id)}")
        if answer.code != codes.E_OK:
            raise _refused(answer, order_id)
        row = await find_order(services, session.account, order_id, seen)
        fields = order_fields(row, services.symbol(row["instrument"]))
        kept = bool(answer.flags & (codes.PRIORITY_KEPT | codes.UNCHANGED))
        headers = headers_of(limit, left, answer)
        return json_reply(200, ModifiedOrderBody(**fields, priority_kept=kept), headers)

    async def _check_terms(self, order_id: int, change: ModifyRequest, account: int) -> None:
        """A trail is for a trailing stop, in the unit it was entered with; a stop price for the others."""
        row = await find_order(self._services, account, order_id)
        own = ("trailPercent" if row["trail_percent"] else "trailAmount") if row["trail"] else "stopPrice"
        given = change.trails or "stopPrice"
        if own != given:
            word = codes.TYPE_NAMES[row["order_type"]]
            detail = f"This {word} order takes no {given}" + (f"; change its {own}." if row["trail"] else ".")
            raise malformed([FieldProblem(f"/{given}", "TRAIL_NOT_ALLOWED", detail)])

    async def cancel(self, call: Call) -> Reply:
        """DELETE /v1/orders/{orderId}."""
        session = authenticate(call, self._services.signer)
        return await self._cancel(call, session, read_order_id(_last(call.path)))

    async def cancel_by_client_id(self, call: Call) -> Reply:
        """DELETE /v1/orders:by-client-id/{clientOrderId}."""
        session = authenticate(call, self._services.signer)
        client_id = read_client_id(_last(call.path), "/path/clientOrderId")
        row = await find_by_client_id(self._services, session.account, client_id)
        return await self._cancel(call, session, row["order"])

    async def _cancel(self, call: Call, session: Session, order_id: int) -> Reply:
        services = self._services
        key = idempotency_key(call)
        command = commands.cancel(order_id, session.account, key, services.clock.now())
        answer, seen = await services.send_and_read(command, order_id, f"/v1/orders/{encode_id(order_id)}")
        if answer.code not in (codes.E_OK, codes.E_ORDER_ENDED, codes.E_UNKNOWN_ORDER):
            raise _refused(answer, order_id)
        # What the core has forgotten, the ledger knows: an order that ended long ago is no 404.
        row = await find_order(services, session.account, order_id, seen)
        headers = (REPLAYED_HEADER,) if answer.flags & codes.REPLAYED else ()
        return json_reply(200, order_body(row, services.symbol(row["instrument"])), headers)

    def _not_entered(self, answer: Any) -> Problem:
        """The refusal of a new order; outside trading hours with when they begin by the calendar."""
        calendar, now = self._services.calendar, self._services.clock.now()
        problem = _refused(answer)
        if answer.code == codes.E_MARKET_CLOSED and not calendar.state(now).is_open:
            problem.detail += f" Continuous trading begins at {rfc3339(calendar.next_open(now))}."
        return problem

    def _client_id(self, call: Call, named: str | None) -> str:
        """What a request is called: by its header, by its body (`named`), or by us."""
        given = call.header(b"idempotency-key")
        if given is None:
            return named or self._prefix + str(next(self._numbers))
        key = read_client_id(given.strip('"'), "/header/Idempotency-Key")
        if named not in (None, key):
            detail = "Idempotency-Key and clientOrderId name the same thing; give one, or both equal."
            raise malformed([FieldProblem("/clientOrderId", "INVALID_CLIENT_ORDER_ID", detail)])
        return key


def idempotency_key(call: Call) -> tuple[int, int]:
    """The request key of an Idempotency-Key header, NO_KEY without one.

    Raises:
        Problem: 400, malformed.
    """
    given = call.header(b"idempotency-key")
    if given is None:
        return NO_KEY
    return commands.request_key(read_client_id(given.strip('"'), "/header/Idempotency-Key"))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def headers_of(limit: int, left: int, answer: Any) -> Headers:
    """The headers of an answer to a trading message."""
    said = limits.headers(limit, left)
    return (*said, REPLAYED_HEADER) if answer.flags & codes.REPLAYED else said


def _refused(answer: Any, order_id: int | None = None) -> Problem:
    number = order_id or answer.order
    return refusals.problem(answer.code, answer.limit, answer.observed, encode_id(number) if number else None)
