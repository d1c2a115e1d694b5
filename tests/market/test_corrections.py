"""Busts in the stored candles: what remains equals an aggregation of the trades that remain."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psycopg
import pytest

from openbell.core import codes, view
from openbell.core.records import Event
from openbell.market.board import Board
from openbell.market.calendar import DAY, MINUTE, SECOND, Always, Calendar
from openbell.market.calendar_class import EPOCH, LENGTH, ROLL_BEFORE, ClassDay
from openbell.market.candles import Batch
from openbell.market.check import CandleCheck, first_bust
from openbell.market.intervals import INTERVALS
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore, PositionMoved
from openbell.market.ticks.query import TickQuery
from openbell.market.ticks.store import TickStore
from openbell.market.ticks.tape import Tape
from tests.ledger.market import RandomMarket
from tests.market.events import SHARE, Unit, bust, trade, unit
from tests.market.ticks.aggregation import candles_sql

GENESIS = b"the first command"

Row = tuple[int | None, ...]


@pytest.fixture
async def store(database: str) -> AsyncIterator[CandleStore]:
    migrate(database)
    made = await CandleStore.connect(database)
    await made.adopt(GENESIS)
    yield made
    await made.close()


def batch_of(*units: Unit, calendar: Calendar | None = None) -> Batch:
    batch = Batch(calendar or Always())
    batch.add_all(units)
    return batch


def rows(database: str, table: str) -> dict[tuple[int, int], Row]:
    with psycopg.connect(database) as connection:
        found = connection.execute(f"SELECT * FROM market.{table}".encode()).fetchall()
    return {(row[0], row[1]): row[2:] for row in found}


def numbers(database: str) -> list[int]:
    with psycopg.connect(database) as connection:
        return [row[0] for row in connection.execute("SELECT trade FROM market.trades ORDER BY 1")]


Made = tuple[int, int, int, int, int, bool]  # number, instrument, time, price, shares, eligible


def aggregated(made: Sequence[Made], length: int, offset: int = 0) -> dict[tuple[int, int], Row]:
    """Candles of intervals of `length` that begin `offset` before their stamp, trade by trade."""
    found: dict[tuple[int, int], Row] = {}
    for key in {(i, (ts + offset) // length * length) for _, i, ts, *_ in made}:
        inside = [one for one in made if (one[1], (one[2] + offset) // length * length) == key]
        prices = [price for _, _, _, price, _, eligible in inside if eligible]
        found[key] = (
            prices[0] if prices else None,
            max(prices, default=None),
            min(prices, default=None),
            prices[-1] if prices else None,
            sum(shares for *_, shares, _ in inside) * SHARE,
            sum(price * shares for _, _, _, price, shares, _ in inside),
            len(inside),
        )
    return found


def drawn(dice: random.Random, begin: int, length: int) -> tuple[list[Unit], list[Made], set[int]]:
    """Units from `begin` on, `length` ns in all: trades, and busts of trades before; the trades, and which of
    them were taken back."""
    units: list[Unit] = []
    made: list[Made] = []
    gone: set[int] = set()
    times = sorted(dice.choices(range(begin, begin + length), k=120))
    for seq, ts in enumerate(times, 2):
        standing = [one for one in made if one[0] not in gone]
        if standing and dice.random() < 0.3:
            number, instrument, *_ = dice.choice(standing)
            gone.add(number)
            units.append(unit(seq, bust(instrument, number), ts=ts))
            continue
        events = []
        for _ in range(dice.randint(0, 3)):
            number, instrument, price = len(made) + 1, dice.randrange(2), dice.randint(1, 30)
            shares, eligible = dice.randint(1, 4), dice.random() < 0.8
            made.append((number, instrument, ts, price, shares, eligible))
            events.append(trade(instrument, price, shares * SHARE, eligible, trade=number))
        units.append(unit(seq, *events, ts=ts))
    return units, made, gone


@pytest.mark.parametrize("seed", range(6))
async def test_candles_equal_an_aggregation_of_the_trades_that_remain_wherever_it_was_restarted(
    seed: int, database: str
) -> None:
    dice = random.Random(seed)
    calendar: Calendar = Always() if seed % 2 else ClassDay()
    # Around the end of a day: one of `class` ends in the middle of a minute.
    begin = 20_000 * DAY - MINUTE if seed % 2 else EPOCH + 5 * LENGTH - MINUTE
    units, made, gone = drawn(dice, begin, 3 * MINUTE)
    migrate(database)
    while units:
        store = await CandleStore.connect(database)
        position = await store.adopt(GENESIS)
        for _ in range(dice.randint(1, 3)):
            size = dice.randint(1, 25)
            if batch := units[:size]:
                await store.apply(position, batch_of(*batch, calendar=calendar))
                position, units = batch[-1].seq, units[size:]
        await store.close()
    remain = [one for one in made if one[0] not in gone]
    assert len(gone) > 10 and len({calendar.day(one[2]).stamp for one in remain}) == 2
    assert rows(database, "seconds") == aggregated(remain, SECOND)
    assert rows(database, "minutes") == aggregated(remain, MINUTE)
    if seed % 2:
        assert rows(database, "days") == aggregated(remain, DAY)
    else:
        assert rows(database, "days") == aggregated(remain, LENGTH, ROLL_BEFORE)


async def test_a_bust_takes_a_trades_price_and_volume_out_of_its_candles(
    store: CandleStore, database: str
) -> None:
    await store.apply(
        0, batch_of(*(unit(n, trade(0, 100 * n, SHARE, trade=n), ts=MINUTE + n) for n in (1, 2, 3)))
    )
    await store.apply(3, batch_of(unit(4, bust(0, 3), ts=5 * MINUTE)))
    assert rows(database, "minutes") == {(0, MINUTE): (100, 200, 100, 200, 2 * SHARE, 300, 2)}
    assert rows(database, "days") == {(0, 0): (100, 200, 100, 200, 2 * SHARE, 300, 2)}


async def test_a_candle_whose_only_trade_is_taken_back_is_gone(store: CandleStore, database: str) -> None:
    await store.apply(0, batch_of(unit(1, trade(0, 100, SHARE, trade=1), ts=1)))
    await store.apply(1, batch_of(unit(2, bust(0, 1), ts=DAY)))
    assert rows(database, "seconds") == rows(database, "minutes") == rows(database, "days") == {}


async def test_a_batch_that_comes_twice_takes_nothing_back_twice(store: CandleStore, database: str) -> None:
    await store.apply(0, batch_of(*(unit(n, trade(0, n, SHARE, trade=n), ts=n) for n in (1, 2, 3))))
    busting = batch_of(unit(4, bust(0, 2), ts=4))
    await store.apply(3, busting)
    kept = rows(database, "minutes")
    with pytest.raises(PositionMoved):
        await store.apply(3, busting)
    assert rows(database, "minutes") == kept == {(0, 0): (1, 3, 1, 3, 2 * SHARE, 4, 2)}


async def test_trades_are_kept_as_long_as_the_exchange_can_take_them_back(
    store: CandleStore, database: str
) -> None:
    units = [unit(n, trade(0, n, SHARE, trade=n), ts=n * 20 * SECOND) for n in range(1, 13)]
    await store.apply(0, batch_of(*units))
    await store.forget_trades(Always(), kept=5)
    # The newest five, what was in the minute of the oldest of these, and in the first minute of its day.
    assert numbers(database) == [1, 2, 6, 7, 8, 9, 10, 11, 12]
    await store.apply(12, batch_of(unit(13, bust(0, 8), ts=DAY)))
    remain = [(n, 0, n * 20 * SECOND, n, 1, True) for n in range(1, 13) if n != 8]
    assert rows(database, "minutes") == aggregated(remain, MINUTE)
    assert rows(database, "days") == aggregated(remain, DAY)


async def test_nothing_is_forgotten_where_nothing_has_traded(store: CandleStore, database: str) -> None:
    await store.forget_trades(Always())
    assert numbers(database) == []


async def test_a_bust_of_a_trade_that_is_not_kept_is_told_and_changes_no_candle(
    store: CandleStore, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    units = [unit(n, trade(0, n, SHARE, trade=n), ts=n * MINUTE) for n in range(1, 9)]
    await store.apply(0, batch_of(*units))
    await store.forget_trades(Always(), kept=2)
    before = rows(database, "minutes")
    with caplog.at_level(logging.ERROR):
        await store.apply(8, batch_of(unit(9, bust(0, 4), ts=DAY)))
    assert "Trade 4 was taken back by command 9" in caplog.text
    assert rows(database, "minutes") == before
    assert await store.adopt(GENESIS) == 9


async def test_a_candle_older_than_its_trades_loses_volume_and_keeps_its_prices(
    store: CandleStore, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store.apply(0, batch_of(*(unit(n, trade(0, n, SHARE, trade=n), ts=n) for n in (1, 2, 3))))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DELETE FROM market.trades WHERE trade = 1")
    with caplog.at_level(logging.ERROR):
        await store.apply(3, batch_of(unit(4, bust(0, 3), ts=4)))
    assert "before its trades were kept" in caplog.text
    assert rows(database, "minutes") == {(0, 0): (1, 3, 1, 3, 2 * SHARE, 3, 2)}


async def test_seconds_that_were_forgotten_do_not_come_back(store: CandleStore, database: str) -> None:
    units = [unit(n, trade(0, n, SHARE, trade=n), ts=n * MINUTE) for n in (1, 2, 3)]
    await store.apply(0, batch_of(*units, unit(4, trade(0, 9, SHARE, trade=4), ts=3 * MINUTE + 1)))
    for _ in range(2):
        await store.forget_seconds(3 * MINUTE)
    await store.apply(4, batch_of(unit(5, bust(0, 1), bust(0, 3), ts=4 * MINUTE)))
    assert rows(database, "seconds") == {(0, 3 * MINUTE): (9, 9, 9, 9, SHARE, 9, 1)}
    assert set(rows(database, "minutes")) == {(0, 2 * MINUTE), (0, 3 * MINUTE)}


def test_a_bust_that_the_candles_do_not_know_is_named() -> None:
    replayed = batch_of(unit(2, trade(0, 5, SHARE, trade=1), ts=1), unit(3, bust(0, 1), ts=2))
    said = first_bust({}, replayed.busts)
    assert said == "trade 1 was taken back by command 3; the candles do not know it"


def test_a_bust_that_the_log_does_not_have_is_named() -> None:
    said = first_bust({7: 3}, {})
    assert said == "the candles have trade 7 as taken back by command 3, in the log it stands"


# -- the core's own busts ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def market() -> RandomMarket:
    """A random market in which trades are taken back, some of them twice, or by one person alone."""
    made = RandomMarket(5)
    made.run(400)
    for _ in range(40):
        made.run(5)
        made.bust()
    assert sum(kind == codes.EV_BUST for one in made.units for kind in one.events[:: Event.SIZE]) >= 10
    return made


async def test_candles_of_a_market_with_busts_differ_from_neither_replay_nor_ticks(
    market: RandomMarket, store: CandleStore, database: str, tmp_path: Path
) -> None:
    position = 0
    ticks = TickStore(tmp_path, "market")
    tape = Tape(0, ticks.symbols)
    for at in range(0, len(market.units), 97):
        await store.apply(position, batch := batch_of(*market.units[at : at + 97]))
        position = batch.position
        tape.add_all(market.units[at : at + 97])
        ticks.add(tape.take(), tape.position)
    check = CandleCheck(database, GENESIS, Always())
    for at in range(0, len(market.units), 31):
        check.feed(market.units[at : at + 31])
    check.finish()
    check.close()
    assert (check.position, check.differences) == (position, [])
    query = TickQuery(tmp_path, (), ticks)
    for table in ("seconds", "minutes", "days"):
        kept = INTERVALS[{"seconds": "1s", "minutes": "1m", "days": "1d"}[table]]
        made = {(ticks.symbols.index(row[0]), row[1]): row[2:] for row in query.rows(candles_sql(kept))}
        assert rows(database, table) == made
    query.close()
    ticks.close()


def test_the_board_shows_what_the_core_does_after_busts(market: RandomMarket) -> None:
    board = Board()
    board.apply_all(market.units)
    for row in view.instruments(market.exchange):
        quote = board.quote(row["instrument"])
        assert (quote.last, quote.last_size, quote.last_ts) == (row["last"], row["last_size"], row["last_ts"])
        assert (quote.day_open, quote.day_high, quote.day_low) == (
            row["day_open"],
            row["day_high"],
            row["day_low"],
        )
        assert (quote.volume, quote.notional, quote.trades) == (
            row["day_volume"],
            row["day_notional"],
            row["trades"],
        )
