"""The equity curve: the ledger's days, the marks of the day under way, and the account as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter

from openbell.gateway import curve
from openbell.gateway.account_body import day_profit, holdings_value, valued
from openbell.gateway.curve import Held, Point
from openbell.gateway.day_flows import Day
from openbell.gateway.decimals import value
from openbell.gateway.given import GivenServices, SignedIn
from openbell.gateway.performance_body import RANGES, PerformanceBody, performance_body
from openbell.gateway.problems import bad_query
from openbell.gateway.services import Services
from openbell.gateway.times import NS_PER_DAY
from openbell.ledger.portfolio_reads import PortfolioReads
from openbell.ledger.tables import CASH
from openbell.market.history import HistoryUnavailable, Listed

TAGS = ["Portfolio"]
DAYS = {"1W": 7, "1M": 30, "3M": 91, "1Y": 365}
DEFAULT = "1M"
CATCH_UP_S = 1.0
# A candle is whole when its trades are stored, a moment after its end; a mark in that moment waits.
SETTLED_NS = 5 * 1_000_000_000

Account = Mapping[str, Any]


@get("/portfolio/performance", tags=TAGS, summary="The equity curve")
async def get_performance(
    services: GivenServices,
    session: SignedIn,
    range_: Annotated[
        str | None, QueryParameter(name="range", description="1D, 1W, 1M, 3M, 1Y or ALL")
    ] = None,
    period: Annotated[str | None, QueryParameter(description="another name of `range`")] = None,
) -> PerformanceBody:
    """What the account was worth and earned over a range: 1D is the day under way, from its roll."""
    word = read_range(range_, period)
    seq, account = await services.account(session)
    complete = await services.caught_up(session.account, seq, CATCH_UP_S)
    now = services.clock.now()
    reads = PortfolioReads(services.ledger)
    if word == "1D":
        points, whole = await _day(services, reads, account, (seq, now), complete)
        complete = complete and whole
    else:
        start = now - DAYS[word] * NS_PER_DAY if word in DAYS else 0
        points = await _days(services, reads, account, (seq, now), start)
    positions = valued(account, services.board)
    worth, (profit, _) = holdings_value(positions), day_profit(account, positions)
    if word == "1D":
        points.append(Point(now, account["cash"], worth, profit))
    else:
        points = curve.ended(points, now, account["cash"], worth, profit)
    return performance_body(word, points, complete, seq)


def read_range(range_: str | None, period: str | None) -> str:
    """The range asked for; without a word, a month.

    Raises:
        Problem: 400 for an unknown word, or two different ones.
    """
    name, given = ("range", range_) if range_ is not None else ("period", period)
    word = (given or DEFAULT).upper()
    if word not in RANGES:
        raise bad_query(name, "INVALID_RANGE", f"{name} is one of {', '.join(RANGES)}.")
    if range_ is not None and period is not None and period.upper() != word:
        raise bad_query("period", "INVALID_RANGE", "range and period are one thing; they say different ones.")
    return word


async def _opening(services: Services, reads: PortfolioReads, account: Account) -> Point:
    """The account when it was opened: with the grant that it was opened with, and no profit."""
    grant = await services.ledger_read(reads.grant(account["account"], account["opened_ts"]))
    return Point(account["opened_ts"], grant, 0, 0)


async def _begun(
    services: Services, reads: PortfolioReads, account: Account, at: tuple[int, int]
) -> tuple[Point, int]:
    """The account when the day under way began, or was it opened later, then: (the point, the roll's
    position, 0 if it was opened later). `at` is the log position and time of now."""
    roll = await services.ledger_read(reads.last_roll(*at))
    if roll is None or roll["ts"] < account["opened_ts"]:
        return await _opening(services, reads, account), 0
    worth = sum(value(one.close, one.quantity) for one in _held(services, account, ()).values())
    return Point(roll["ts"], account["start_cash"], worth, 0), roll["seq"]


async def _days(
    services: Services, reads: PortfolioReads, account: Account, at: tuple[int, int], start: int
) -> list[Point]:
    """The curve over day rolls, from the last one at or before `start`, or from the account's opening.

    Where the ledger's rows begin later than both, it begins with the first of them.
    """
    number, opened, seq = account["account"], account["opened_ts"], at[0]
    if start <= opened:
        days = await services.ledger_read(reads.days(number, opened, seq))
        return curve.daily(await _opening(services, reads, account), days)
    roll = await services.ledger_read(reads.last_roll(seq, start))
    row = await services.ledger_read(reads.day_before(number, start))
    days = await services.ledger_read(reads.days(number, start, seq))
    if roll is not None and row is not None:
        return curve.daily(Point(roll["ts"], row["cash"], row["holdings"], 0), days)
    while days and days[0]["base"] is None:
        days.pop(0)
    if not days:
        first, _ = await _begun(services, reads, account, at)
        return [first]
    return curve.daily(Point(days[0]["ts"], days[0]["cash"], days[0]["holdings"], 0), days[1:])


async def _day(
    services: Services, reads: PortfolioReads, account: Account, at: tuple[int, int], complete: bool
) -> tuple[list[Point], bool]:
    """The day under way: (its points up to now, whether they could be priced). `complete`: the ledger has
    all up to `at`."""
    seq, now = at
    first, start_seq = await _begun(services, reads, account, at)
    name, length, times = curve.marks(first.ts, now - SETTLED_NS)
    day = Day(account["account"], start_seq, first.ts, times[0] if times else 0, length)
    flows = await services.ledger_read(services.day_flows.read(reads, day, seq, times, complete))
    held = _held(services, account, [flow.asset for flow in flows])
    try:
        prices = await _prices(services, held, name, length, times)
    except HistoryUnavailable:
        return [first], False
    start_cash = account["start_cash"] if start_seq else 0
    return [first, *curve.intraday(start_cash, held, times, flows, prices)], True


def _held(services: Services, account: Account, assets: Sequence[int]) -> dict[int, Held]:
    """The stocks held when the day began, and those among `assets` that were not."""
    started = {one["instrument"]: one["start_quantity"] for one in account["positions"]}
    for asset in assets:
        if asset != CASH:
            started.setdefault(asset, 0)
    return {number: Held(units, services.board.ticker(number).close) for number, units in started.items()}


async def _prices(
    services: Services, held: Mapping[int, Held], name: str, length: int, times: Sequence[int]
) -> dict[int, curve.Closes]:
    """Each stock's prices at `times`, from its candles."""
    if not times:
        return {number: curve.Closes(one.close, ()) for number, one in held.items()}
    tickers = [services.board.ticker(number) for number in held]
    listed = [Listed(one.instrument, one.symbol, one.reference_price, one.tick_size) for one in tickers]
    found = await services.history.closes(listed, name, times[0] - length, times[-1], len(times) + 1)
    return {
        number: curve.Closes(one.close, [(start + length, close) for start, close in found[number]])
        for number, one in held.items()
    }


PERFORMANCE_ROUTES = [get_performance]
