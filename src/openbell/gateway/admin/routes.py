"""The admin door's routes, /v1/admin/*: one POST for each command of the table, and reads."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from openbell.gateway.admin.bodies import (
    AdminAccountBody,
    AdminAnswerBody,
    AdminInstrumentBody,
    AdminLimitsBody,
    AdminStatusBody,
    AdminTotalsBody,
)
from openbell.gateway.admin.commands import COMMANDS, read_signature
from openbell.gateway.admin.fields import AdminCommand
from openbell.gateway.admin.office import Office
from openbell.gateway.call import BODY_BYTES_MAX, Call, too_large
from openbell.gateway.problems import Problem, bad_json

logger = logging.getLogger(__name__)

TAGS = ["Admin"]
SECURITY: list[dict[str, list[str]]] = [{"admin": []}]

GivenOffice = NamedDependency[Office]

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_texts(body: bytes) -> dict[str, str]:
    """The fields of a JSON object as texts; numbers stay as they are written.

    Raises:
        Problem: 400 for a body that is no object of strings, numbers and switches.
    """
    try:
        fields = _decoder.decode(body)
        texts = {}
        for name, raw in fields.items():
            text = bytes(raw).decode()
            if text.startswith(("{", "[")):
                raise bad_json(f"{name[:40]} is a text or a number.")
            if text != "null":
                texts[name] = msgspec.json.decode(text, type=str) if text.startswith('"') else text
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise bad_json("The body is no JSON object.") from None
    return texts


def _route(command: AdminCommand) -> HTTPRouteHandler:
    """The route of one command."""

    async def send(request: Request[Any, Any, Any], office: GivenOffice) -> Response[AdminAnswerBody]:
        call: Call = request.scope["call"]  # type: ignore[typeddict-item]
        body = await request.body()
        if len(body) > BODY_BYTES_MAX:
            raise too_large()
        given = read_texts(body)
        key = call.header(b"idempotency-key")
        signed = read_signature(given, None if key is None else key.strip('"'))
        said = {"command": command.name, **signed._asdict(), "request_id": call.request_id}
        try:
            answer = await office.send(command, given, signed)
        except Problem as problem:
            logger.warning("Admin command not done", extra=said | {"refusal": problem.code})
            raise
        logger.info("Admin command done", extra=said | {"seq": answer.seq})
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
        return Response(answer, headers=headers)

    name = "admin_" + command.name.replace("-", "_")
    send.__name__ = send.__qualname__ = name
    send.__doc__ = f"{command.help}."
    return post(
        f"/admin/{command.name}",
        tags=TAGS,
        security=SECURITY,
        summary=command.help,
        status_code=200,
    )(send)


@get(
    "/admin/accounts/{account_id:str}", tags=TAGS, security=SECURITY, summary="An account as the core has it"
)
async def admin_account(office: GivenOffice, account_id: FromPath[str]) -> AdminAccountBody:
    """Cash, reserves and positions."""
    return await office.account(account_id)


@get("/admin/instruments/{symbol:str}", tags=TAGS, security=SECURITY, summary="An instrument with its rules")
async def admin_instrument(office: GivenOffice, symbol: FromPath[str]) -> AdminInstrumentBody:
    """Its state, its rules and its day."""
    return await office.instrument(symbol)


@get("/admin/limits/account/{account_id:str}", tags=TAGS, security=SECURITY, summary="Limits of an account")
async def admin_limits_account(office: GivenOffice, account_id: FromPath[str]) -> AdminLimitsBody:
    """What is set for one account, its approval and kill switch included."""
    return await office.limits_account(account_id)


@get("/admin/limits/firm/{firm:str}", tags=TAGS, security=SECURITY, summary="Limits of a firm")
async def admin_limits_firm(office: GivenOffice, firm: FromPath[str]) -> AdminLimitsBody:
    """What is set for all accounts of a firm."""
    return await office.limits_firm(firm)


@get("/admin/limits/symbol/{symbol:str}", tags=TAGS, security=SECURITY, summary="Limits of an instrument")
async def admin_limits_symbol(office: GivenOffice, symbol: FromPath[str]) -> AdminLimitsBody:
    """What is set for one instrument."""
    return await office.limits_symbol(symbol)


@get("/admin/limits/venue", tags=TAGS, security=SECURITY, summary="Limits of the venue")
async def admin_limits_venue(office: GivenOffice) -> AdminLimitsBody:
    """What is set for everybody."""
    return await office.limits_venue()


@get("/admin/totals", tags=TAGS, security=SECURITY, summary="Sums over the whole exchange")
async def admin_totals(office: GivenOffice) -> AdminTotalsBody:
    """Cash, accounts, orders."""
    return await office.totals()


@get("/admin/status", tags=TAGS, security=SECURITY, summary="Where the node's log and the ledger are")
async def admin_status(office: GivenOffice) -> AdminStatusBody:
    """Positions, clock, and whether the ledger follows."""
    return await office.status()


ADMIN_ROUTES = [
    *(_route(command) for command in COMMANDS.values()),
    admin_account,
    admin_instrument,
    admin_limits_account,
    admin_limits_firm,
    admin_limits_symbol,
    admin_limits_venue,
    admin_totals,
    admin_status,
]
