import psycopg
import pytest

from openbell.market.calendar import Always
from openbell.market.candles import Batch
from openbell.market.check import first_difference, stored
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore
from tests.market.events import SHARE, trade, unit

GENESIS = b"the first command"
UNITS = [
    unit(1, trade(0, 1000, SHARE), ts=1),
    unit(2, trade(1, 50, 3, eligible=False), ts=2),
    unit(3, trade(0, 1100, SHARE), ts=10**11),
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


async def test_candles_that_equal_the_log_have_no_difference(recorded: str) -> None:
    found = stored(recorded, GENESIS)
    assert found
    assert found.position == 3
    assert first_difference(found, replayed()) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE market.minutes SET volume = 7 WHERE instrument = 1",
            "the minute of instrument 1 that begins at 0 has volume 7, the log gives 3",
        ),
        (
            "UPDATE market.days SET close = 5 WHERE instrument = 0",
            "the day of instrument 0 that begins at 0 has close 5, the log gives 1100",
        ),
        (
            "DELETE FROM market.minutes WHERE instrument = 0 AND start > 0",
            "has open None, the log gives 1100",
        ),
        (
            "INSERT INTO market.minutes VALUES (9, 0, 1, 1, 1, 1, 1, 1, 1)",
            "the minute of instrument 9 that begins at 0 has open 1, the log gives None",
        ),
    ],
)
async def test_a_changed_candle_is_named(recorded: str, change: str, said: str) -> None:
    with psycopg.connect(recorded, autocommit=True) as connection:
        connection.execute(change.encode())
    found = stored(recorded, GENESIS)
    assert found
    assert said in str(first_difference(found, replayed()))


def test_a_database_without_this_exchange_has_no_candles_to_check(database: str) -> None:
    assert stored(database, GENESIS) is None
    migrate(database)
    assert stored(database, GENESIS) is None
