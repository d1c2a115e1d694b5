"""Statements and confirmations to download."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from litestar import Response, get
from litestar.params import FromPath

from openbell.core.records import encode_id
from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.order_lookup import find_order, read_order_id
from openbell.gateway.problems import Problem, not_found, unavailable
from openbell.gateway.services import Services
from openbell.gateway.statements import confirmation, monthly
from openbell.gateway.statements.bodies import StatementBody, StatementListBody
from openbell.gateway.statements.csv_file import csv_bytes
from openbell.gateway.statements.document import day_of
from openbell.gateway.statements.pdf_file import pdf
from openbell.gateway.times import rfc3339
from openbell.ledger import statements
from openbell.ledger.statements import LINES_MAX, TooLong, read_statement

TAGS = ["Statements"]
NAME = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\.(pdf|csv)")
CATCH_UP_S = 1.0
PDF, CSV = "application/pdf", "text/csv; charset=utf-8"
MONTHS_MAX = 1_200
MAKING_MAX = 2
MAKING = asyncio.Semaphore(MAKING_MAX)
TURN_S = 5.0

T = TypeVar("T")


@get("/statements", tags=TAGS, summary="The account's monthly statements")
async def list_statements(services: GivenServices, session: SignedIn) -> StatementListBody:
    """Every month since the account was opened, newest first."""
    _, account = await services.account(session)
    first = await _month(services, account["opened_ts"])
    month = await _month(services, services.clock.now())
    data: list[StatementBody] = []
    while month >= first and len(data) < MONTHS_MAX:
        if await services.ledger_read(statements.begin(services.ledger, month)) is not None:
            end = await services.ledger_read(statements.end(services.ledger, month))
            name = monthly.month_text(month)
            address = f"/v1/statements/{name}"
            complete = end is not None
            data.append(
                StatementBody(month=name, complete=complete, pdf=f"{address}.pdf", csv=f"{address}.csv")
            )
        month = _before(month)
    return StatementListBody(data=data, opened_at=rfc3339(account["opened_ts"]))


@get(
    "/statements/{name:str}",
    tags=TAGS,
    summary="A month's statement: 2026-11.pdf or 2026-11.csv",
    media_type=PDF,
)
async def get_statement(name: FromPath[str], services: GivenServices, session: SignedIn) -> Response[bytes]:
    """What the account had, did and has; of a month that goes on, up to now."""
    match = NAME.fullmatch(name)
    if match is None:
        raise not_found("A statement is named by its month: 2026-11.pdf or 2026-11.csv.")
    month = int(match[1]) * 100 + int(match[2])
    seq, account = await services.account(session)
    opened_ts = account["opened_ts"]
    first, this = await _month(services, opened_ts), await _month(services, services.clock.now())
    if not first <= month <= this:
        raise not_found(f"There is no statement of {match[1]}-{match[2]}.")
    await _caught_up(services, seq)
    async with _turn():
        statement = await _whole(services, read_statement(services.ledger, session.account, month))
        if statement is None:
            raise not_found(f"There is no statement of {match[1]}-{match[2]} yet.")
        if match[3] == "csv":
            rows = monthly.csv_rows(statement, services.symbol)
            content = await asyncio.to_thread(csv_bytes, monthly.COLUMNS, rows)
        else:
            content = await asyncio.to_thread(pdf, monthly.document(statement, services.symbol, opened_ts))
    return _file(f"openbell-statement-{name}", match[3], content)


@get(
    "/orders/{order_id:str}/confirmation.pdf",
    tags=TAGS,
    summary="The confirmation of an order's trades, as PDF",
    media_type=PDF,
)
async def get_confirmation_pdf(
    order_id: FromPath[str], services: GivenServices, session: SignedIn
) -> Response[bytes]:
    """Every execution of the order, with its fee and settlement date."""
    async with _turn():
        order, fills = await _fills(services, session.account, order_id)
        document = confirmation.document(order, fills, services.symbol(order["instrument"]))
        content = await asyncio.to_thread(pdf, document)
    return _file(f"openbell-order-{encode_id(order['order'])}.pdf", "pdf", content)


@get(
    "/orders/{order_id:str}/confirmation.csv",
    tags=TAGS,
    summary="The confirmation of an order's trades, as CSV",
    media_type=CSV,
)
async def get_confirmation_csv(
    order_id: FromPath[str], services: GivenServices, session: SignedIn
) -> Response[bytes]:
    """One row an execution, oldest first."""
    async with _turn():
        order, fills = await _fills(services, session.account, order_id)
        rows = confirmation.csv_rows(order, fills, services.symbol(order["instrument"]))
        content = await asyncio.to_thread(csv_bytes, confirmation.COLUMNS, rows)
    return _file(f"openbell-order-{encode_id(order['order'])}.csv", "csv", content)


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """The turn to make a file; they are made a few at a time, so that they cannot crowd out the rest.

    Raises:
        Problem: 503 when the turn does not come in time.
    """
    try:
        async with asyncio.timeout(TURN_S):
            await MAKING.acquire()
    except TimeoutError:
        raise unavailable("Many statements are being made just now. Try again in a moment.") from None
    try:
        yield
    finally:
        MAKING.release()


async def _fills(
    services: Services, account: int, order_id: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An order of the account and its fills.

    Raises:
        Problem: 404 if it is not the account's or has not traded, 503 while that cannot be read.
    """
    order = await find_order(services, account, read_order_id(order_id))
    if not order["filled"]:
        raise not_found(f"Order {order_id[:64]!r} has not traded: there is nothing to confirm.", "NO_TRADES")
    await _caught_up(services, order["seq"])
    reading = statements.fills_of_order(
        services.ledger, account, order["order"], order["created_ts"], order["updated_ts"]
    )
    return order, await _whole(services, reading)


async def _month(services: Services, ts: int) -> int:
    """The month of the trading day that was at a time, ns UTC: a day may begin on an evening before its date.

    Before the first day it is the month of the date.
    """
    date = await services.ledger_read(statements.day_at(services.ledger, ts))
    return date // 100 or day_of(ts).year * 100 + day_of(ts).month


async def _caught_up(services: Services, seq: int) -> None:
    """Wait until the ledger has what the account did last.

    Raises:
        Problem: 503 when it does not in time: a statement shows all or nothing.
    """
    if not await services.ledger_read(services.ledger.wait_for(seq, CATCH_UP_S)):
        raise unavailable("The account's latest executions are being written. Try again in a moment.")


async def _whole(services: Services, reading: Awaitable[T]) -> T:
    try:
        return await services.ledger_read(reading)
    except TooLong:
        detail = f"There are more than {LINES_MAX:,} lines; /v1/portfolio/history has them page by page."
        raise Problem(422, "STATEMENT_TOO_LONG", detail) from None


def _file(name: str, form: str, content: bytes) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=PDF if form == "pdf" else CSV, headers=headers)


def _before(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89


STATEMENT_ROUTES = [list_statements, get_statement, get_confirmation_pdf, get_confirmation_csv]
