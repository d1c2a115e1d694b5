"""Order sessions as the API has them: opened, kept, ended, and asked of the node.

An order session is a session of the core: the orders that name it are cancelled when nobody keeps it any more
(docs/rules/session.md). It is nobody's login.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from openbell.core import codes
from openbell.gateway import commands, refusals
from openbell.gateway.auth import authenticate
from openbell.gateway.call import Call, Reply, json_reply
from openbell.gateway.order_body import encode_session
from openbell.gateway.order_entry import NO_KEY, headers_of, idempotency_key
from openbell.gateway.order_request import SESSION_ID, decode
from openbell.gateway.problems import Problem, not_found
from openbell.gateway.services import Services
from openbell.gateway.times import NS_PER_MS, rfc3339
from openbell.gateway.words import SessionStatus, Time

CANCEL_AFTER_MS_MIN, CANCEL_AFTER_MS_MAX = 1_000, 86_400_000
NUMBER_MAX = 0xFFFFFFFF
STATUSES = {
    codes.SESSION_OPEN: "OPEN",
    codes.SESSION_KEEP: "OPEN",
    codes.SESSION_END: "ENDED",
    codes.SESSION_LOST: "CANCELLED",
    codes.SESSION_LAPSED: "LAPSED",
}
PATH = "/v1/order-sessions/"

Milliseconds = Annotated[int, Meta(ge=CANCEL_AFTER_MS_MIN, le=CANCEL_AFTER_MS_MAX)]


class OpenSessionBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of POST /v1/order-sessions: without a heartbeat for so long the orders are cancelled."""

    cancel_after_ms: Milliseconds


class KeepSessionBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The body of PATCH /v1/order-sessions/{sessionId}, which may be empty: another span from now on."""

    cancel_after_ms: Milliseconds | None = None


class OrderSessionBody(Struct, rename="camel", kw_only=True):
    """An order session; `cancelled` is how many orders its end cancelled."""

    session_id: str
    status: SessionStatus
    cancel_after_ms: int | None
    kept_until: Time | None
    cancelled: int
    seq: int


_open = msgspec.json.Decoder(OpenSessionBody)
_keep = msgspec.json.Decoder(KeepSessionBody)


def new_number() -> int:
    """A number for a session that no other of the account is likely to have had."""
    return 1 + secrets.randbelow(NUMBER_MAX)


def read_session_id(text: str) -> int:
    """The number of the session in a path.

    Raises:
        Problem: 404, it can be nobody's.
    """
    if SESSION_ID.fullmatch(text) is None:
        raise unknown_session(text)
    return int(text, 16)


def unknown_session(text: str) -> Problem:
    """404: none of this id is kept, or no more."""
    return not_found(f"You keep no order session {text[:16]!r}; it may have ended.", "UNKNOWN_SESSION")


async def say(
    services: Services, account: int, number: int, op: int, span_ns: int = 0, key: tuple[int, int] = NO_KEY
) -> Any:
    """The node's answer to SESSION: `limit` is until when it is kept, `observed` for how long at a time.

    Raises:
        Problem: 503.
    """
    command = commands.session(number, op, span_ns, account, key, services.clock.now())
    return await services.send(command, PATH + encode_session(number))


async def ask(
    services: Services, account: int, number: int, op: int, span_ns: int = 0, key: tuple[int, int] = NO_KEY
) -> Any:
    """As `say`, for who wants nothing but success.

    Raises:
        Problem: refused, or 503.
    """
    answer = await say(services, account, number, op, span_ns, key)
    if answer.code != codes.E_OK:
        raise refusals.problem(answer.code, answer.limit, answer.observed)
    return answer


class OrderSessions:
    """The handlers of one gateway process that read a body."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open(self, call: Call) -> Reply:
        """POST /v1/order-sessions."""
        session = authenticate(call, self._services.signer)
        span = decode(_open, await call.body()).cancel_after_ms * NS_PER_MS
        key = idempotency_key(call)
        # A request that is sent again with its key asks for the same session again.
        number = new_number() if key == NO_KEY else key[0] & NUMBER_MAX or 1
        limit, left = self._services.spend(session)
        answer = await ask(self._services, session.account, number, codes.SESSION_OPEN, span, key)
        return json_reply(201, opened_body(number, answer), headers_of(limit, left, answer))

    async def keep(self, call: Call) -> Reply:
        """PATCH /v1/order-sessions/{sessionId}: a heartbeat."""
        session = authenticate(call, self._services.signer)
        number = read_session_id(call.path.rpartition("/")[2])
        body = await call.body()
        given = decode(_keep, body).cancel_after_ms if body.strip() else None
        limit, left = self._services.spend(session)
        span, key = (given or 0) * NS_PER_MS, idempotency_key(call)
        answer = await ask(self._services, session.account, number, codes.SESSION_KEEP, span, key)
        return json_reply(200, opened_body(number, answer), headers_of(limit, left, answer))


def opened_body(number: int, answer: Any) -> OrderSessionBody:
    """A session that `answer` (of OPEN or KEEP) tells about."""
    return kept_body(number, answer.observed, answer.limit, answer.seq)


def kept_body(number: int, span: int, due: int, seq: int) -> OrderSessionBody:
    """A session that is kept."""
    return OrderSessionBody(
        session_id=encode_session(number),
        status=STATUSES[codes.SESSION_KEEP],
        cancel_after_ms=span // NS_PER_MS,
        kept_until=rfc3339(due),
        cancelled=0,
        seq=seq,
    )


def over_body(number: int, op: int, answer: Any) -> OrderSessionBody:
    """A session that ended as `op` says."""
    return OrderSessionBody(
        session_id=encode_session(number),
        status=STATUSES[op],
        cancel_after_ms=None,
        kept_until=None,
        cancelled=answer.count,
        seq=answer.seq,
    )
