from collections.abc import AsyncIterator

import psycopg
import pytest

from openbell.market.calendar import DAY, MINUTE, Always
from openbell.market.candles import Batch
from openbell.market.migrate import migrate
from openbell.market.store import CandleStore, ForeignDatabase, PositionMoved
from openbell.market.tables import metadata
from tests.market.events import SHARE, Unit, trade, unit

GENESIS = b"the first command"


@pytest.fixture
async def store(database: str) -> AsyncIterator[CandleStore]:
    migrate(database)
    made = await CandleStore.connect(database)
    await made.adopt(GENESIS)
    yield made
    await made.close()


def rows(database: str, table: str) -> list[tuple[int | None, ...]]:
    with psycopg.connect(database) as connection:
        query = f"SELECT * FROM market.{table} ORDER BY instrument, start"
        return connection.execute(query.encode()).fetchall()


def batch_of(*units: Unit) -> Batch:
    batch = Batch(Always())
    batch.add_all(units)
    return batch


async def test_a_batch_and_its_position_are_stored_together(store: CandleStore, database: str) -> None:
    await store.apply(0, batch_of(unit(3, trade(5, 1000, SHARE), ts=DAY + 1)))
    assert rows(database, "minutes") == [(5, DAY, 1000, 1000, 1000, 1000, SHARE, 1000, 1)]
    assert rows(database, "days") == rows(database, "minutes")
    assert await store.adopt(GENESIS) == 3


async def test_a_candle_goes_on_in_a_later_batch(store: CandleStore, database: str) -> None:
    await store.apply(0, batch_of(unit(1, trade(0, 1000, SHARE), ts=1)))
    await store.apply(1, batch_of(unit(2, trade(0, 1300, SHARE), trade(0, 800, SHARE), ts=2)))
    assert rows(database, "minutes") == [(0, 0, 1000, 1300, 800, 800, 3 * SHARE, 3100, 3)]


async def test_a_candle_without_prices_takes_the_first_price_that_comes(
    store: CandleStore, database: str
) -> None:
    await store.apply(0, batch_of(unit(1, trade(0, 1000, 1, eligible=False), ts=1)))
    assert rows(database, "minutes") == [(0, 0, None, None, None, None, 1, 0, 1)]
    await store.apply(1, batch_of(unit(2, trade(0, 1300, SHARE), ts=2)))
    await store.apply(2, batch_of(unit(3, trade(0, 9000, 1, eligible=False), ts=3)))
    assert rows(database, "minutes") == [(0, 0, 1300, 1300, 1300, 1300, SHARE + 2, 1300, 3)]


async def test_a_day_counts_the_trades_of_all_its_minutes(store: CandleStore, database: str) -> None:
    await store.apply(
        0, batch_of(unit(1, trade(0, 1000, SHARE), ts=1), unit(2, trade(0, 1100, SHARE), ts=5 * MINUTE))
    )
    assert len(rows(database, "minutes")) == 2
    assert rows(database, "days") == [(0, 0, 1000, 1100, 1000, 1100, 2 * SHARE, 2100, 2)]


async def test_a_batch_from_an_old_position_changes_nothing(store: CandleStore, database: str) -> None:
    await store.apply(0, batch_of(unit(1, trade(0, 1000, SHARE), ts=1)))
    with pytest.raises(PositionMoved, match="no longer 0"):
        await store.apply(0, batch_of(unit(1, trade(0, 1000, SHARE), ts=1)))
    assert rows(database, "minutes") == [(0, 0, 1000, 1000, 1000, 1000, SHARE, 1000, 1)]


async def test_of_two_writers_at_one_position_one_wins(store: CandleStore, database: str) -> None:
    other = await CandleStore.connect(database)
    position = await other.adopt(GENESIS)
    await store.apply(0, batch_of(unit(2, trade(0, 1000, SHARE), ts=1)))
    with pytest.raises(PositionMoved):
        await other.apply(position, batch_of(unit(2, trade(0, 1000, SHARE), ts=1)))
    await other.close()
    assert rows(database, "minutes")[0][-1] == 1


async def test_the_database_of_another_exchange_is_refused_by_name(store: CandleStore) -> None:
    with pytest.raises(ForeignDatabase, match="use another database or data folder"):
        await store.adopt(b"another first command")


def test_migrating_twice_changes_nothing(database: str) -> None:
    migrate(database)
    migrate(database)
    assert rows(database, "minutes") == []


def test_the_migrations_make_the_tables_that_the_code_names(database: str) -> None:
    migrate(database)
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'market' AND table_type = 'BASE TABLE'"
            " AND table_name <> 'alembic_version'"
        ).fetchall()
    named = {
        (table.name, column.name, "YES" if column.nullable else "NO")
        for table in metadata.tables.values()
        for column in table.columns
    }
    assert set(found) == named
