"""Signing in and out, and who one is."""

from __future__ import annotations

import ipaddress
from typing import Any

from litestar import Request, Response, get, post

from openbell.core import codes
from openbell.gateway import refusals
from openbell.gateway.account_body import STATUS_NAMES, MeBody, SessionBody
from openbell.gateway.auth import clear_cookies, refuse_cross_site, set_cookies
from openbell.gateway.call import Call
from openbell.gateway.decimals import money
from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.problems import Problem, outcome_unknown, rate_limited, unavailable
from openbell.gateway.services import Services
from openbell.gateway.times import NS_PER_S, rfc3339
from openbell.identity.account_id import encode_account
from openbell.identity.demo import GRANT, DemoFull, DemoRefused
from openbell.node.client import NodeUnavailable, OutcomeUnknown

TAGS = ["Session"]
DEMO = codes.KIND_NAMES[codes.KIND_DEMO]
SECONDS_A_DAY = 86_400


@post("/auth/demo", tags=TAGS, summary="Open a demo account with 100,000 USD of paper money", security=[])
async def open_demo(request: Request[Any, Any, Any], services: GivenServices) -> Response[SessionBody]:
    """A fresh account and its session, no form; the cookies sign a browser in."""
    call: Call = request.scope["call"]  # type: ignore[typeddict-item]
    refuse_cross_site(call)
    wait = services.throttle.take(network(call.address))
    if wait:
        raise rate_limited("demo accounts", services.throttle.limit, "minute", wait)
    account = await _open(services)
    lifetime_s = int(services.settings.session_days * SECONDS_A_DAY)
    token = services.signer.issue(account, DEMO, lifetime_s)
    session = services.signer.check(token)
    csrf = services.signer.csrf(session)
    body = SessionBody(
        token=token,
        token_type="Bearer",
        expires_at=rfc3339(session.expires * NS_PER_S),
        account_id=encode_account(account),
        csrf_token=csrf,
        kind=DEMO,
        grant=money(GRANT),
    )
    return Response(body, status_code=201, cookies=set_cookies(token, csrf, lifetime_s, _secure(call)))


async def _open(services: Services) -> int:
    try:
        return await services.demo.open(services.clock.now())
    except DemoFull as full:
        detail = f"All {full.most:,} demo accounts are in use; try again later."
        raise Problem(
            503, "DEMO_FULL", detail, title="No account free", retryable=True, retry_after=60
        ) from None
    except DemoRefused as refused:
        raise refusals.problem(refused.code, refused.limit, refused.observed) from None
    except NodeUnavailable:
        raise unavailable("The exchange cannot be reached; no account was opened. Try again.") from None
    except OutcomeUnknown:
        raise outcome_unknown(
            "The exchange was lost while it opened your account; try again.", None
        ) from None


@post("/auth/logout", status_code=204, tags=TAGS, summary="Sign this browser out")
async def logout(request: Request[Any, Any, Any], session: SignedIn) -> Response[None]:
    """Ends the cookies. A token kept elsewhere is good until it expires."""
    call: Call = request.scope["call"]  # type: ignore[typeddict-item]
    return Response(None, status_code=204, cookies=clear_cookies(_secure(call)))


@get("/me", tags=TAGS, summary="Whose session this is")
async def me(services: GivenServices, session: SignedIn) -> MeBody:
    """The session's account."""
    seq, account = await services.account(session)
    return MeBody(
        account_id=encode_account(session.account),
        kind=codes.KIND_NAMES[account["kind"]],
        status=STATUS_NAMES[account["status"]],
        created_at=rfc3339(account["opened_ts"]),
        expires_at=rfc3339(session.expires * NS_PER_S),
        csrf_token=services.signer.csrf(session),
        rate_limit=session.rate_limit or services.limiter.limit,
        seq=seq,
    )


def network(address: str) -> str:
    """Whom an address stands for: an IPv6 customer has a whole /64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))


def _secure(call: Call) -> bool:
    return call.scope.get("scheme") == "https"


SESSION_ROUTES = [open_demo, logout, me]
