"""Ticks to download, for research."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from openbell.gateway.account_routes import time_range
from openbell.gateway.given import From, GivenServices, SignedIn, To
from openbell.gateway.problems import bad_query
from openbell.gateway.tick_files import feed_store, own_store
from openbell.gateway.times import NS_PER_S

PARQUET = "application/vnd.apache.parquet"
RANGE_NS = 3_600 * NS_PER_S  # without `from`: the last hour of it


@get("/ticks/{symbol:str}", tags=["Market data"], summary="Ticks as a Parquet file", media_type=PARQUET)
async def get_ticks(
    symbol: FromPath[str], services: GivenServices, session: SignedIn, from_: From = None, to: To = None
) -> Response[bytes]:
    """Trades, busts, and changes of the best bid and offer, in order."""
    number = services.priced(symbol)
    start, end = time_range(from_, to)
    end = min(end, max(services.clock.now(), start) + 1)
    if from_ is None:
        start = max(0, end - RANGE_NS)
    if start >= end:
        raise bad_query("to", "INVALID_RANGE", "to is a later time than from.")
    name = services.symbol(number)
    store = own_store(services.settings)
    if (fed := services.fed.ticker(number)) is not None:
        store, number = feed_store(services.settings, fed.feed), fed.number
    made = await services.tick_files.make(store, session.account, name, number, start, end)
    headers = {
        "content-disposition": f'attachment; filename="{name}-ticks.parquet"',
        "content-length": str(made.size),
        "x-ticks-rows": str(made.rows),
        "x-ticks-position": str(made.position),
    }
    stream: Response[bytes] = Stream(made.chunks(), media_type=PARQUET, headers=headers)  # type: ignore[assignment]
    return stream


TICK_ROUTES = [get_ticks]
