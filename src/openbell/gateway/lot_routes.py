"""Tax lots of an account's holding."""

from __future__ import annotations

import re
from typing import Annotated

from litestar import get
from litestar.params import FromQuery, QueryParameter

from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.lot_body import LotListBody, lot_list_body
from openbell.gateway.problems import bad_query
from openbell.ledger.lots import FIRST_PAGE, Place, read_lots
from openbell.ledger.reads import NEWEST

TAGS = ["Portfolio"]
PAGE = 100
PAGE_MAX = 500
CATCH_UP_S = 1.0
CURSOR = re.compile(r"([0-9]{1,19})\.([01])\.([0-9]{1,19})")


@get("/portfolio/lots", tags=TAGS, summary="The lots of a holding, first in, first out")
async def get_lots(
    services: GivenServices,
    session: SignedIn,
    symbol: FromQuery[str],
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE,
) -> LotListBody:
    """A page of what is left of each acquisition, newest first, beside the average cost."""
    instrument = services.instrument(symbol)
    after = FIRST_PAGE if cursor is None else _cursor(cursor)
    seq, _ = await services.account(session)
    complete = await services.caught_up(session.account, seq, CATCH_UP_S)
    found = await services.ledger_read(
        read_lots(services.ledger, session.account, instrument, after, limit + 1)
    )
    quote = services.board.quote(instrument)
    return lot_list_body(quote.symbol, quote.price, found, limit, complete)


def _cursor(text: str) -> Place:
    match = CURSOR.fullmatch(text)
    numbers = [int(part) for part in match.groups()] if match else []
    if not numbers or max(numbers) > NEWEST:
        raise bad_query("cursor", "INVALID_CURSOR", "cursor is the nextCursor of the page before.")
    seq, part, number = numbers
    return seq, part, number


LOT_ROUTES = [get_lots]
