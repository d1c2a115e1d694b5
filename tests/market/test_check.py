import psycopg
import pytest

from openbell.market.calendar import DAY, HOUR, SECOND, Always
from openbell.market.candles import Batch
from openbell.market.check import BEGINNING, CandleCheck, Since
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from tests.market.events import SHARE, trade, unit

GENESIS = b"the first command"
UNITS = [
    unit(1, trade(0, 1000, SHARE), ts=1),
    unit(2, trade(1, 50, 3, eligible=False), ts=2),
    unit(3, trade(0, 1100, SHARE), ts=10**11),
    unit(4, trade(1, 70, SHARE), ts=DAY + 3 * SECOND),
    unit(5, trade(0, 1200, SHARE), ts=DAY + 3 * SECOND + 1),
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


def differences(database: str, first: int = 1, since: Since = BEGINNING) -> list[str]:
    """What a check finds that is fed `first` of the units at once, then the others."""
    check = CandleCheck(database, GENESIS, Always(), since)
    assert check.position == 5
    units = UNITS[since.position :]
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
async def test_minutes_that_became_hours_equal_the_log(recorded: str, first: int) -> None:
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
    spoil(recorded, "UPDATE market.hours SET high = high + 1 WHERE instrument = 0")
    assert differences(recorded, first) == [
        "the hour of instrument 0 that begins at 0 has high 1101, the log gives 1100"
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
