"""Order sessions: how one stands, and its end."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, delete, get
from litestar.params import FromPath, QueryParameter

from openbell.core import codes
from openbell.gateway.call import Call
from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.order_entry import idempotency_key
from openbell.gateway.order_sessions import (
    OrderSessionBody,
    ask,
    kept_body,
    over_body,
    read_session_id,
    unknown_session,
)

TAGS = ["Orders"]


@get("/order-sessions/{session_id:str}", tags=TAGS, summary="An order session that is kept")
async def get_order_session(
    session_id: FromPath[str], services: GivenServices, session: SignedIn
) -> OrderSessionBody:
    """Until when it is kept; 404 once it is over."""
    number = read_session_id(session_id)
    seq, found = await services.query("session", account=session.account, session=number)
    if found is None:
        raise unknown_session(session_id)
    return kept_body(number, found["span"], found["due"], seq)


@delete("/order-sessions/{session_id:str}", status_code=200, tags=TAGS, summary="End an order session")
async def end_order_session(
    request: Request[Any, Any, Any],
    session_id: FromPath[str],
    services: GivenServices,
    session: SignedIn,
    cancel: Annotated[bool, QueryParameter(description="cancel its orders; without it they stay")] = False,
) -> OrderSessionBody:
    """Its orders stay as they are, or are cancelled in one step."""
    call: Call = request.scope["call"]  # type: ignore[typeddict-item]
    number = read_session_id(session_id)
    op = codes.SESSION_LOST if cancel else codes.SESSION_END
    answer = await ask(services, session.account, number, op, key=idempotency_key(call))
    return over_body(number, op, answer)


ORDER_SESSION_ROUTES = [get_order_session, end_order_session]
