from collections.abc import Sequence

import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR, SECOND, Always
from openbell.market.candles import Batch
from openbell.market.check import BEGINNING, CandleCheck, Since
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from tests.market.earlier import leave
from tests.market.events import SHARE, Unit, bust, trade, unit

GENESIS = b"the first command"
UNITS = [
    unit(1, trade(0, 1000, SHARE, trade=1), ts=1),
    unit(2, trade(1, 50, 3, eligible=False, trade=2), ts=2),
    unit(3, trade(0, 1100, SHARE, trade=3), ts=10**11),
    unit(4, trade(1, 70, SHARE, trade=4), ts=DAY + 3 * SECOND),
    unit(5, trade(0, 1200, SHARE, trade=5), ts=DAY + 3 * SECOND + 1),
]


def replayed() -> Batch:
    batch = Batch(Always())
    batch.add_all(UNITS)
    return batch


@pytest.fixture
async def recorded(database: str) -> str:
    migrate(database)
    store = await CandleStore.connect(database)
    await store.apply(await store.adopt(GENESIS), replayed())
    await store.close()
    return database


def differences(
    database: str, first: int = 1, since: Since = BEGINNING, units: Sequence[Unit] = UNITS
) -> list[str]:
    """What a check finds that is fed `first` of the units at once, then the others."""
    check = CandleCheck(database, GENESIS, Always(), since)
    assert check.position == len(units)
    units = units[since.position :]
    check.feed(units[:first])
    check.feed(units[first:])
    check.finish()
    check.close()
    return check.differences


def spoil(database: str, change: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        assert connection.execute(change.encode()).rowcount == 1


@pytest.mark.parametrize("first", range(5))
async def test_candles_that_equal_the_log_have_no_difference(recorded: str, first: int) -> None:
    assert differences(recorded, first) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE market.seconds SET high = 1001 WHERE instrument = 0 AND start = 0",
            "the second of instrument 0 that begins at 0 has high 1001, the log gives 1000",
        ),
        (
            f"DELETE FROM market.seconds WHERE instrument = 1 AND start = {DAY + 3 * SECOND}",
            f"the second of instrument 1 that begins at {DAY + 3 * SECOND} has open None, the log gives 70",
        ),
        (
            "INSERT INTO market.seconds VALUES (0, 5000000000, 1, 1, 1, 1, 1, 1, 1)",
            "the second of instrument 0 that begins at 5000000000 has open 1, the log gives None",
        ),
        (
            "UPDATE market.minutes SET volume = 7 WHERE instrument = 1 AND start = 0",
            "the minute of instrument 1 that begins at 0 has volume 7, the log gives 3",
        ),
        (
            "UPDATE market.days SET close = 5 WHERE instrument = 0 AND start = 0",
            "the day of instrument 0 that begins at 0 has close 5, the log gives 1100",
        ),
        (
            f"UPDATE market.days SET trades = 2 WHERE instrument = 0 AND start = {DAY}",
            f"the day of instrument 0 that begins at {DAY} has trades 2, the log gives 1",
        ),
        (
            "DELETE FROM market.minutes WHERE instrument = 0 AND start > 0 AND start < 86400000000000",
            "the minute of instrument 0 that begins at 60000000000 has open None, the log gives 1100",
        ),
        (
            "INSERT INTO market.minutes VALUES (9, 0, 1, 1, 1, 1, 1, 1, 1)",
            "the minute of instrument 9 that begins at 0 has open 1, the log gives None",
        ),
        (
            f"INSERT INTO market.minutes VALUES (9, {9 * DAY}, NULL, NULL, NULL, NULL, 0, 0, 0)",
            f"the minute of instrument 9 that begins at {9 * DAY} has trades 0, the log gives no such candle",
        ),
    ],
)
async def test_a_changed_candle_is_named(recorded: str, change: str, said: str) -> None:
    spoil(recorded, change)
    assert differences(recorded) == [said]


FIRST = "the trade 1 of instrument 0 at 1 (price 1000, quantity 100000000)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *(
            (
                f"UPDATE market.trades SET {column} = 9 WHERE trade = 1",
                f"{FIRST} has {column} 9, the log gives {true}",
            )
            for column, true in (
                ("instrument", 0),
                ("ts", 1),
                ("price", 1000),
                ("quantity", SHARE),
                ("notional", 1000),
            )
        ),
        (
            "UPDATE market.trades SET eligible = false WHERE trade = 1",
            f"{FIRST} has eligible False, the log gives True",
        ),
        ("DELETE FROM market.trades WHERE trade = 1", f"{FIRST} is missing, the log gives it"),
        (
            "DELETE FROM market.trades WHERE trade = 5",
            f"the trade 5 of instrument 0 at {DAY + 3 * SECOND + 1} (price 1200, quantity {SHARE})"
            " is missing, the log gives it",
        ),
        *(
            (
                f"INSERT INTO market.trades VALUES ({number}, 7, 1, 2, 3, 0, true)",
                f"the trade {number} of instrument 7 at 1 (price 2, quantity 3) is kept,"
                " the log does not give it or takes it back",
            )
            for number in (0, 6)
        ),
    ],
)
@pytest.mark.parametrize("first", [0, 2, 5])
async def test_a_changed_trade_is_named(recorded: str, change: str, said: str, first: int) -> None:
    spoil(recorded, change)
    assert differences(recorded, first) == [said]


async def test_a_trade_that_was_taken_back_and_is_kept_still_is_named(recorded: str) -> None:
    taken = unit(6, bust(0, 5), ts=DAY + 4 * SECOND)
    store = await CandleStore.connect(recorded)
    batch = Batch(Always())
    batch.add(taken)
    await store.apply(await store.adopt(GENESIS), batch)
    await store.close()
    assert differences(recorded, units=[*UNITS, taken]) == []
    spoil(
        recorded,
        f"INSERT INTO market.trades VALUES (5, 0, {DAY + 3 * SECOND + 1}, 1200, {SHARE}, 1200, true)",
    )
    (said,) = differences(recorded, units=[*UNITS, taken])
    assert said.startswith("the trade 5 of instrument 0 at ") and said.endswith("or takes it back")


async def test_trades_that_were_let_go_of_are_not_missed_and_those_kept_longer_are_compared(
    recorded: str,
) -> None:
    store = await CandleStore.connect(recorded)
    await store.adopt(GENESIS)
    await store.forget_trades(Always(), kept=2)
    await store.close()
    with psycopg.connect(recorded) as connection:
        assert connection.execute("SELECT array_agg(trade ORDER BY 1) FROM market.trades").fetchone() == (
            [4, 5],
        )
    assert differences(recorded) == []
    spoil(recorded, f"INSERT INTO market.trades VALUES (3, 0, {10**11}, 1100, {SHARE}, 1101, true)")
    (said,) = differences(recorded)
    assert said.startswith("the trade 3 of ") and said.endswith(" has notional 1101, the log gives 1100")
    spoil(recorded, "DELETE FROM market.trades WHERE trade = 3")
    spoil(recorded, "DELETE FROM market.trades WHERE trade = 4")
    (said,) = differences(recorded)
    assert said.startswith("the trade 4 of ") and said.endswith(" is missing, the log gives it")


@pytest.mark.parametrize("kept", [0, 2])
async def test_trades_of_before_they_were_kept_are_not_missed(recorded: str, kept: int) -> None:
    leave(recorded, "0006")  # a build which kept the last trades
    with psycopg.connect(recorded) as connection:
        connection.execute("DELETE FROM market.trades WHERE trade <= %s", (5 - kept,))
    assert differences(recorded) == []
    migrate(recorded)
    assert differences(recorded) == []
    later = unit(6, trade(0, 1300, SHARE, trade=6), trade(0, 1300, SHARE, trade=7), ts=DAY + 4 * SECOND)
    store = await CandleStore.connect(recorded)
    batch = Batch(Always())
    batch.add(later)
    await store.apply(await store.adopt(GENESIS), batch)
    await store.forget_trades(Always())
    await store.close()
    assert differences(recorded, units=[*UNITS, later]) == []
    spoil(recorded, "DELETE FROM market.trades WHERE trade = 7")
    (said,) = differences(recorded, units=[*UNITS, later])
    assert said.startswith("the trade 7 of ") and said.endswith(" is missing, the log gives it")


async def test_a_replay_that_begins_later_compares_the_trades_after(recorded: str) -> None:
    since = Since(position=3, time=UNITS[2].ts, trades=3)
    spoil(recorded, "UPDATE market.trades SET price = 1 WHERE trade = 3")
    spoil(recorded, "DELETE FROM market.trades WHERE trade = 2")
    assert differences(recorded, since=since) == []
    spoil(recorded, "UPDATE market.trades SET price = 1 WHERE trade = 4")
    (said,) = differences(recorded, since=since)
    assert said.startswith("the trade 4 of ") and said.endswith(" has price 1, the log gives 70")


async def test_the_first_of_several_differences_of_a_kind_is_named(recorded: str) -> None:
    with psycopg.connect(recorded, autocommit=True) as connection:
        connection.execute("UPDATE market.minutes SET volume = volume + 1")
        connection.execute("UPDATE market.seconds SET low = low - 1 WHERE start > 0")
    assert differences(recorded) == [
        "the second of instrument 0 that begins at 100000000000 has low 1099, the log gives 1100",
        f"the minute of instrument 0 that begins at 0 has volume {SHARE + 1}, the log gives {SHARE}",
    ]


async def test_seconds_that_are_not_kept_any_more_are_not_missed(recorded: str) -> None:
    store = await CandleStore.connect(recorded)
    await store.adopt(GENESIS)
    for _ in range(2):
        await store.forget_seconds(DAY)
    await store.close()
    with psycopg.connect(recorded) as connection:
        assert connection.execute("SELECT min(start) FROM market.seconds").fetchone() == (DAY + 3 * SECOND,)
    assert differences(recorded) == []


@pytest.mark.parametrize("first", range(5))
async def test_hours_equal_the_log_also_where_their_minutes_left(recorded: str, first: int) -> None:
    store = await CandleStore.connect(recorded)
    await store.adopt(GENESIS)
    await store.forget_trades(Always(), kept=1)
    for shown in range(2):
        await store.forget_minutes(2 * DAY, Always())
        with psycopg.connect(recorded) as connection:
            kept = connection.execute("SELECT count(*) FROM market.minutes WHERE start < %s", (DAY,))
            assert kept.fetchone() == ((3, 0)[shown],)
        assert differences(recorded, first) == []
    await store.close()
    spoil(recorded, "UPDATE market.hours SET high = high + 1 WHERE instrument = 0 AND start = 0")
    spoil(recorded, "UPDATE market.quarters SET low = low - 1 WHERE instrument = 0")
    assert differences(recorded, first) == [
        "the hour of instrument 0 that begins at 0 has high 1101, the log gives 1100",
        f"the quarter of instrument 0 that begins at {DAY} has low 1199, the log gives 1200",
    ]


@pytest.mark.parametrize(("what", "start"), [("second", DAY + 3 * SECOND), ("minute", DAY), ("day", DAY)])
async def test_a_replay_that_begins_later_compares_what_began_later(
    recorded: str, what: str, start: int
) -> None:
    since = Since(position=1, time=UNITS[0].ts, trades=1)
    spoil(recorded, f"UPDATE market.{what}s SET volume = volume + 1 WHERE instrument = 1 AND start = 0")
    assert differences(recorded, since=since) == []
    spoil(recorded, f"UPDATE market.{what}s SET volume = 5 WHERE instrument = 1 AND start = {start}")
    assert differences(recorded, since=since) == [
        f"the {what} of instrument 1 that begins at {start} has volume 5, the log gives {SHARE}"
    ]


async def test_hours_are_left_out_up_to_the_one_in_which_the_replay_begins(recorded: str) -> None:
    store = await CandleStore.connect(recorded)
    await store.adopt(GENESIS)
    await store.forget_trades(Always(), kept=1)
    for _ in range(2):
        await store.forget_minutes(2 * DAY, Always())
    await store.close()
    since = Since(position=1, time=UNITS[0].ts, trades=1)
    spoil(recorded, "UPDATE market.hours SET volume = volume + 1 WHERE instrument = 0 AND start = 0")
    assert differences(recorded, since=since) == []
    spoil(recorded, f"INSERT INTO market.hours VALUES (0, {HOUR}, 1, 1, 1, 1, 1, 1, 1)")
    assert differences(recorded, since=since) == [
        f"the hour of instrument 0 that begins at {HOUR} has open 1, the log gives None"
    ]


async def test_an_interval_that_began_with_the_snapshots_own_time_is_left_out(recorded: str) -> None:
    spoil(recorded, f"UPDATE market.minutes SET volume = 1 WHERE instrument = 0 AND start = {60 * SECOND}")
    at = Since(position=2, time=60 * SECOND, trades=2)
    assert differences(recorded, since=at) == []
    assert len(differences(recorded, since=at._replace(time=60 * SECOND - 1))) == 1


async def test_what_is_stored_while_it_checks_is_of_a_later_moment(recorded: str) -> None:
    check = CandleCheck(recorded, GENESIS, Always())
    later = Batch(Always())
    later.add(unit(6, trade(0, 1300, SHARE), ts=DAY + 3 * SECOND + 2))
    store = await CandleStore.connect(recorded)
    await store.apply(await store.adopt(GENESIS), later)
    await store.close()
    check.feed(UNITS)
    check.finish()
    check.close()
    assert (check.position, check.differences) == (5, [])


def test_a_database_without_this_exchange_has_no_candles_to_check(database: str) -> None:
    for _ in range(2):
        check = CandleCheck(database, GENESIS, Always())
        check.close()
        assert check.position == 0
        migrate(database)
