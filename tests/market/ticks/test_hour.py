"""An hour of trading, made or recorded, some of it taken back: every candle of every interval equals DuckDB's
of the ticks, though who makes both starts anew all the while."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ledger import Log
from openbell.cli.flow import Core, Judge
from openbell.cli.lobster import read_messages
from openbell.cli.replay import BEGIN_NS, genesis
from openbell.cli.rerun import Unit
from openbell.core import codes
from openbell.core.exchange import Exchange
from openbell.core.records import Header
from openbell.market import events
from openbell.market.calendar import MINUTE, Always
from openbell.market.candles import Batch
from openbell.market.events import UnitLike
from openbell.market.history import FILLED, LIMIT_MAX, TRADED, Candle, History, Listed
from openbell.market.intervals import INTERVALS, Interval
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.tape import Tape
from openbell.market.ticks.upkeep import merge
from tests.market.events import bust
from tests.market.ticks.aggregation import candles_sql

HOUR_FILE = "AAPL_2012-06-21_34200000_37800000_message_50.csv.gz"
RECORDED = Path(__file__).parents[4] / "shared" / "data" / "lobster" / HOUR_FILE
FLUSHES = 20


def simulated() -> Sequence[UnitLike]:
    """A random market of 50 instruments: an hour of orders, one a second."""
    return Log(3_300 + 3_600, seed=5).units


def recorded() -> Sequence[UnitLike]:
    """An hour of a NASDAQ stock, driven through the core."""
    if not RECORDED.exists():
        pytest.skip(f"there is no recorded hour in {RECORDED.parent}")
    core = Core(genesis("AAPL"))
    Judge(core, "AAPL", BEGIN_NS).run(read_messages(RECORDED), [])
    return list(units_of(genesis("AAPL"), bytes(core.log)))


def units_of(first: bytes, log: bytes) -> Iterator[Unit]:
    """Sequenced commands, applied once more, with their events."""
    exchange, start = Exchange(first), 0
    while start < len(log):
        head = Header.from_buffer_copy(log, start)
        stop = start + head.length
        if head.seq > exchange.position:
            exchange.run(log, start, stop)
            yield Unit(head.seq, head.ts, log[start:stop], exchange.events(0, exchange.event_count))
            exchange.clear()
        start = stop


def taken_back(hour: Sequence[UnitLike]) -> Sequence[UnitLike]:
    """An hour whose every ninth trade is taken back: half of these in its midst, half at its end."""
    deals = [
        events.TRADE.unpack_from(one.events, at)
        for one in hour
        for at in range(0, len(one.events), events.SIZE)
        if one.events[at] == codes.EV_TRADE
    ]
    gone = [bust(instrument, trade) for _, _, instrument, *_, trade in deals[: len(deals) // 2 : 9]]
    later = [bust(instrument, trade) for _, _, instrument, *_, trade in deals[len(deals) // 2 :: 9]]
    assert min(len(gone), len(later)) > 20
    place = len(hour) * 3 // 4  # behind the trades of the first half
    amid = Unit(hour[place].seq, hour[place].ts, hour[place].command, hour[place].events + b"".join(gone))
    last = Unit(hour[-1].seq + 1, hour[-1].ts, b"", b"".join(later))
    return [*hour[:place], amid, *hour[place + 1 :], last]


def simulated_and_busted() -> Sequence[UnitLike]:
    """The made hour, some of it taken back."""
    return taken_back(simulated())


def recorded_and_busted() -> Sequence[UnitLike]:
    """The recorded hour, some of it taken back."""
    return taken_back(recorded())


@pytest.fixture(params=[simulated, recorded, simulated_and_busted, recorded_and_busted])
def hour(request: pytest.FixtureRequest) -> Sequence[UnitLike]:
    units: Sequence[UnitLike] = request.param()
    return units


@pytest.fixture
def query(hour: Sequence[UnitLike], tmp_path: Path) -> Iterator[TickQuery]:
    """The hour in a tick store, flushed and merged many times on the way, each time by another process."""
    store = TickStore(tmp_path, "hour")
    size = len(hour) // FLUSHES
    for at in range(0, len(hour), size):
        store.close()
        store = TickStore(tmp_path, "hour")
        tape = Tape(store.position, store.symbols, store.state)
        tape.add_all(hour[at : at + size])
        store.add(tape.take(), tape.position)
        store.flush(store.seal(tape.state()))
        merge(store)
    made = TickQuery(tmp_path, (), store)
    yield made
    made.close()
    store.close()


@pytest.fixture
async def history(hour: Sequence[UnitLike], database: str) -> AsyncIterator[History]:
    """The hour's stored candles, of an exchange that began on a Monday weeks before."""
    migrate(database)
    for at in range(0, len(hour), 997):  # a recorder that starts anew with each batch
        store = await CandleStore.connect(database)
        batch = Batch(Always())
        batch.add_all(hour[at : at + 997])
        await store.apply(await store.adopt(b"genesis"), batch)
        await store.close()
    month = datetime.fromtimestamp(hour[-1].ts // 10**9, UTC).replace(day=1, hour=0, minute=0, second=0)
    began = INTERVALS["1w"].floor(int(month.timestamp()) * 10**9)
    made = History(database, 7, Always(), began, now=lambda: hour[-1].ts)
    yield made
    await made.close()


async def whole(history: History, listed: Listed, kept: Interval, first: int, end: int) -> list[Candle]:
    """All candles that overlap [first, end), however many calls it takes."""
    found: list[Candle] = []
    while not found or found[0].start > first:
        more = await history.candles(listed, kept.name, first, found[0].start if found else end, LIMIT_MAX)
        if not more:
            break
        found = more + found
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_candle_of_an_hour_equals_an_aggregation_of_its_ticks(
    hour: Sequence[UnitLike], query: TickQuery, history: History, request: pytest.FixtureRequest
) -> None:
    symbols = [row[0] for row in query.rows("SELECT symbol FROM ticks WHERE kind = 1 GROUP BY 1 ORDER BY 1")]
    first, end = query.rows("SELECT min(time), max(time) + 1 FROM ticks WHERE kind = 1")[0]
    assert ("busted" in request.node.name) == bool(query.rows("SELECT 1 FROM ticks WHERE kind = 4 LIMIT 1"))
    assert end - first > 50 * MINUTE
    numbers = {symbol: number for number, symbol in enumerate(_symbols(hour))}
    for kept in INTERVALS.values():
        made: dict[str, dict[int, tuple[int, ...]]] = {symbol: {} for symbol in symbols}
        for symbol, start, *values in query.rows(candles_sql(kept)):
            made[symbol][start] = tuple(values)
        for symbol in symbols:
            listed = Listed(numbers[symbol], symbol, 1_000_000, 100)
            candles = await whole(history, listed, kept, first, end)
            starts = [one.start for one in candles]
            assert starts[0] == kept.floor(first) and starts[-1] == kept.floor(end - 1)
            assert starts[1:] == [kept.following(start) for start in starts[:-1]]
            assert {one.source for one in candles} <= {TRADED, FILLED}
            traded = {one.start: one for one in candles if one.source == TRADED}
            assert traded.keys() == made[symbol].keys()
            for start, (*prices, volume, _, trades) in made[symbol].items():
                one = traded[start]
                assert (one.volume, one.trades) == (volume, trades)
                assert prices[0] is None or [one.open, one.high, one.low, one.close] == prices


def _symbols(hour: Sequence[UnitLike]) -> list[str]:
    tape = Tape()
    tape.add_all(hour)
    return tape.symbols
