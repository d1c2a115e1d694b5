"""What an account owns, and what it did. The portfolio itself is in `quick_reads`."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter

from openbell.core.records import decode_id, encode_id
from openbell.gateway.account_body import (
    ExecutionListBody,
    MyAssetListBody,
    execution_body,
    my_asset_body,
    owned,
    valued,
)
from openbell.gateway.given import From, GivenServices, SignedIn, To
from openbell.gateway.market_body import MetaBody
from openbell.gateway.problems import bad_query
from openbell.gateway.times import parse_time
from openbell.ledger.reads import NEWEST

TAGS = ["Portfolio"]
PAGE = 100
PAGE_MAX = 500
# How long the ledger may take to reach what the account has just done, before a page says it has not.
CATCH_UP_S = 1.0


@get("/my-assets", tags=TAGS, summary="What the account owns, most valuable first")
async def my_assets(
    services: GivenServices,
    session: SignedIn,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE,
    offset: Annotated[int, QueryParameter(ge=0)] = 0,
) -> MyAssetListBody:
    """A page of the account's assets with their shares."""
    _, account = await services.account(session)
    held = owned(valued(account, services.board))
    page = held[offset : offset + limit]
    return MyAssetListBody(
        data=[my_asset_body(one) for one in page],
        meta=MetaBody(len(held), offset, limit),
    )


@get("/portfolio/history", tags=TAGS, summary="The account's executions, newest first")
async def get_executions(
    services: GivenServices,
    session: SignedIn,
    from_: From = None,
    to: To = None,
    symbol: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE,
) -> ExecutionListBody:
    """A page of executions from the ledger, once it has reached the account's latest."""
    start, end = time_range(from_, to)
    instrument = None if symbol is None else services.instrument(symbol)
    before = 0 if cursor is None else _cursor(cursor)
    seq, _ = await services.account(session)
    complete = await services.caught_up(session.account, seq, CATCH_UP_S)
    rows = await services.ledger_read(
        services.ledger.fills(session.account, start, end, before, limit + 1, instrument)
    )
    more, rows = len(rows) > limit, rows[:limit]
    return ExecutionListBody(
        trades=[execution_body(row, services.symbol(row["instrument"])) for row in rows],
        next_cursor=encode_id(rows[-1]["trade"]) if more else None,
        complete=complete,
    )


def time_range(from_: str | None, to: str | None) -> tuple[int, int]:
    """`from` and `to` of a query as nanoseconds, all of time where they are absent.

    Raises:
        Problem: 400.
    """
    bounds = [0, NEWEST]
    for index, (name, text) in enumerate((("from", from_), ("to", to))):
        if text is None:
            continue
        try:
            bounds[index] = parse_time(text, end_of_day=index == 1)
        except ValueError:
            detail = f"{name} is a date (2026-03-05) or a time (2026-03-05T14:30:00Z)."
            raise bad_query(name, "INVALID_TIME", detail) from None
    return bounds[0], bounds[1]


def _cursor(text: str) -> int:
    try:
        return decode_id(text)
    except ValueError:
        raise bad_query("cursor", "INVALID_CURSOR", "cursor is the nextCursor of the page before.") from None


ACCOUNT_ROUTES = [my_assets, get_executions]
