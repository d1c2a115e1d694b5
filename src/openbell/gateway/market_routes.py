"""Assets, quotes, books, trades, candles and the clock. No sign-in needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from openbell.gateway.account_routes import time_range
from openbell.gateway.given import From, GivenServices, To
from openbell.gateway.market_body import (
    AssetBody,
    AssetListBody,
    BookBody,
    ChangeBody,
    ClockBody,
    HistoryBody,
    MetaBody,
    QuoteListBody,
    TradeListBody,
    asset_body,
    book_body,
    candle_body,
    quote_body,
    trade_body,
)
from openbell.gateway.problems import bad_query, unavailable
from openbell.gateway.services import Services
from openbell.gateway.slices import make_all
from openbell.gateway.times import rfc3339
from openbell.market.history import LIMIT_MAX as CANDLES_MAX
from openbell.market.history import HistoryUnavailable, Listed
from openbell.market.instruments import INSTRUMENTS, Listing
from openbell.market.intervals import INTERVALS
from openbell.market.search import QUERY_LENGTH_MAX
from openbell.market.ticker import PRINTS_KEPT

TAGS = ["Market data"]
PUBLIC: list[dict[str, list[str]]] = []
ASSETS_PAGE_MAX = 100
SYMBOLS_MAX = 512
DEPTH_MAX = 2_048

PageSize = Annotated[int, QueryParameter(ge=1, le=ASSETS_PAGE_MAX)]
Offset = Annotated[int, QueryParameter(ge=0)]
BookDepth = Annotated[int, QueryParameter(ge=1, le=DEPTH_MAX)]
TapeLength = Annotated[int, QueryParameter(ge=1, le=PRINTS_KEPT)]


@get("/assets/top", tags=TAGS, security=PUBLIC, summary="Assets by market capitalisation")
async def top_assets(services: GivenServices, limit: PageSize = 20, offset: Offset = 0) -> AssetListBody:
    """A page of all assets, the largest company first; what feeds alone bring comes last."""
    return _page(services, (*INSTRUMENTS, *services.fed.listings), limit, offset)


@get("/assets", tags=TAGS, security=PUBLIC, summary="Search assets by ticker and name")
async def find_assets(
    services: GivenServices,
    search_: Annotated[str | None, QueryParameter(name="search", max_length=QUERY_LENGTH_MAX)] = None,
    limit: PageSize = 20,
    offset: Offset = 0,
) -> AssetListBody:
    """Best match first; without `search`, all assets as in /assets/top."""
    everything = (*INSTRUMENTS, *services.fed.listings)
    found: Sequence[Listing] = everything
    if search_ is not None:
        found = services.fed.search(search_, INSTRUMENTS, len(everything))
    return _page(services, found, limit, offset)


def _page(services: Services, listings: Iterable[Listing], limit: int, offset: int) -> AssetListBody:
    numbers = (services.board.number(listing.symbol) for listing in listings)
    listed = list(dict.fromkeys(number for number in numbers if number is not None))
    page = listed[offset : offset + limit]
    data = [asset_body(services.board.ticker(number)) for number in page]
    return AssetListBody(data, MetaBody(len(listed), offset, limit))


@get("/assets/{symbol:str}", tags=TAGS, security=PUBLIC, summary="One asset")
async def get_asset(symbol: FromPath[str], services: GivenServices) -> AssetBody:
    """The company with its market now."""
    return asset_body(services.board.ticker(services.priced(symbol)))


@get("/quotes", tags=TAGS, security=PUBLIC, summary="Several quotes")
async def get_quotes(
    services: GivenServices,
    symbols: Annotated[
        str, QueryParameter(description="comma-separated, at most 512", max_length=16 * SYMBOLS_MAX)
    ],
) -> QuoteListBody:
    """The quotes in the order asked for."""
    names = [name.strip() for name in symbols.split(",") if name.strip()]
    if not 1 <= len(names) <= SYMBOLS_MAX:
        detail = f"symbols names 1 to {SYMBOLS_MAX} symbols, these are {len(names):,}."
        raise bad_query("symbols", "TOO_MANY_SYMBOLS", detail)
    numbers = [services.priced(name) for name in names]
    return QuoteListBody(await make_all(lambda number: quote_body(services.board.quote(number)), numbers))


@get("/book/{symbol:str}", tags=TAGS, security=PUBLIC, summary="The order book")
async def get_book(
    symbol: FromPath[str],
    services: GivenServices,
    depth: BookDepth = 10,
) -> BookBody:
    """Price levels, best first; `seq` is the stream's."""
    number = services.priced(symbol)
    found = services.board.depth(number, depth)
    return book_body(services.symbol(number), found, services.fed.ticker(number) is None)


@get("/trades/{symbol:str}", tags=TAGS, security=PUBLIC, summary="The newest trades")
async def get_trades(
    symbol: FromPath[str],
    services: GivenServices,
    limit: TapeLength = 50,
) -> TradeListBody:
    """The tape, newest first."""
    number = services.priced(symbol)
    name = services.symbol(number)
    prints = services.board.trades(number, limit)
    return TradeListBody(
        trades=[trade_body(name, made) for made in prints],
        next_cursor=None,
        seq=services.board.tape_seq(number),
    )


@get("/history/{symbol:str}", tags=TAGS, security=PUBLIC, summary="Candles")
async def get_history(
    symbol: FromPath[str],
    services: GivenServices,
    interval: Annotated[str, QueryParameter(description="1s 5s 15s 30s 1m 5m 15m 1h 1d 1w 1mo")] = "1d",
    from_: From = None,
    to: To = None,
    limit: Annotated[int, QueryParameter(ge=1, le=CANDLES_MAX)] = 300,
) -> HistoryBody:
    """The newest `limit` candles of the range, oldest first."""
    if interval not in INTERVALS:
        raise bad_query("interval", "INVALID_INTERVAL", f"interval is one of {', '.join(INTERVALS)}.")
    start, end = time_range(from_, to)
    number = services.priced(symbol)
    ticker, fed = services.board.ticker(number), services.fed.ticker(number)
    first, last = start or None, None if to is None else end
    try:
        if fed is not None:
            found = services.fed_history.candles(fed.feed, fed.symbol, interval, first, last, limit)
        else:
            listed = Listed(number, ticker.symbol, ticker.reference_price, ticker.tick_size)
            found = services.history.candles(listed, interval, first, last, limit)
        rows = await make_all(candle_body, await found)
    except HistoryUnavailable:
        raise unavailable("Charts cannot be read right now. Try again in a moment.") from None
    return HistoryBody(symbol=ticker.symbol, interval=interval, candles=rows, simulated=fed is None)


@get("/clock", tags=TAGS, security=PUBLIC, summary="The exchange's time and phase")
async def get_clock(services: GivenServices) -> ClockBody:
    """The phase now and the next change."""
    state = services.calendar.state(services.clock.now())
    date = f"{state.date // 10_000:04d}-{state.date // 100 % 100:02d}-{state.date % 100:02d}"
    following = services.calendar.state(state.next_change)
    phase = "DAY_ROLL" if following.phase == state.phase else following.phase
    return ClockBody(
        timestamp=rfc3339(state.time),
        calendar=state.calendar,
        phase=state.phase,
        is_open=state.is_open,
        trading_date=date,
        next_change=ChangeBody(phase=phase, at=rfc3339(state.next_change)),
        next_open=None if state.is_open else rfc3339(services.calendar.next_open(state.time)),
        seq=services.board.seq,
    )


MARKET_ROUTES = [
    top_assets,
    find_assets,
    get_asset,
    get_quotes,
    get_book,
    get_trades,
    get_history,
    get_clock,
]
