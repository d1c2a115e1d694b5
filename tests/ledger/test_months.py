"""Rows go to the partition of their month, partitions are there before them, and old rows are kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from openbell.core import codes
from openbell.ledger import migrate as ledger_migrate
from openbell.ledger import tables
from openbell.ledger.migrate import migrate
from openbell.ledger.months import PARTITIONED, month_of
from openbell.ledger.reads import LedgerReads
from openbell.ledger.store import LedgerStore
from tests.ledger.conftest import MakeDatabase
from tests.ledger.market import RandomMarket
from tests.ledger.stream import SECOND, SHARE, START, USD, Stream, genesis, opened_market
from tests.ledger.test_core import differences

DAY = 86_400 * SECOND


def moment(ts: int) -> str:
    return datetime.fromtimestamp(ts // SECOND, UTC).isoformat()


def test_a_month_is_the_calendars() -> None:
    found = month_of(START)
    assert (moment(found.starts), moment(found.ends)) == (
        "2023-11-01T00:00:00+00:00",
        "2023-12-01T00:00:00+00:00",
    )
    assert found.name == "y2023m11"
    december = month_of(found.ends)
    assert (december.starts, moment(december.ends)) == (found.ends, "2024-01-01T00:00:00+00:00")
    assert month_of(found.ends - 1) == found


class LaterStream(Stream):
    """A stream in which `wait` lets time pass."""

    later = 0

    def unit(self, type_: int, body: bytes = b"", blob: bytes = b"", **header: int):  # type: ignore[no-untyped-def]
        made = super().unit(type_, body, blob, **header)
        made.ts += self.later
        return made

    def wait(self, ns: int) -> None:
        self.later += ns


def three_months() -> tuple[LaterStream, int]:
    """Trades in November, December and February, and a November order that fills in February."""
    stream = LaterStream()
    stream.units = opened_market().units
    stream.cash = {4: 0, 5: 100_000 * USD}
    resting = stream.order(4, codes.SELL, 2 * SHARE, 100 * USD)
    for days in (20, 60):
        maker = stream.order(4, codes.SELL, SHARE, 100 * USD)
        stream.buy_from(maker, 4, 5, SHARE, 100 * USD)
        stream.wait(days * DAY)
    stream.buy_from(resting, 4, 5, 2 * SHARE, 100 * USD)
    return stream, resting


async def partitions(store: LedgerStore, table: str) -> dict[str, int]:
    """Rows by partition."""
    query = f"SELECT tableoid::regclass::text, count(*) FROM ledger.{table} GROUP BY 1"
    return dict(await (await store.connection.execute(query.encode())).fetchall())


@pytest.mark.parametrize("size", [1, 4, 1000])
async def test_rows_lie_in_the_partitions_of_their_months(
    store: LedgerStore, database: str, size: int
) -> None:
    stream, resting = three_months()
    position = await store.adopt(genesis(), START)
    while position < stream.position:
        position = await store.apply(position, stream.units[position - 1 :][:size])
    assert await partitions(store, "trades") == {
        "ledger.trades_y2023m11": 1,
        "ledger.trades_y2023m12": 1,
        "ledger.trades_y2024m02": 1,
    }
    assert set(await partitions(store, "moves")) == {"ledger.moves_y2023m11"}
    reads = LedgerReads(database)
    found = await reads.order(resting)
    await reads.close()
    assert found is not None
    assert (found["status"], found["filled"], found["seq"]) == (codes.ST_FILLED, 2 * SHARE, stream.position)


async def test_the_month_after_is_made_ahead(store: LedgerStore) -> None:
    stream = opened_market()
    await store.apply(await store.adopt(genesis(), START), stream.units)
    rows = await (
        await store.connection.execute("SELECT name, first_seq FROM ledger.months ORDER BY starts")
    ).fetchall()
    assert rows == [("y2023m11", 2), ("y2023m12", None)]
    for table in PARTITIONED:
        await store.connection.execute(f"SELECT count(*) FROM ledger.{table}_y2023m12".encode())


async def test_two_writers_that_enter_a_month_at_once_make_it_once(store: LedgerStore, database: str) -> None:
    stream, _ = three_months()
    other = await LedgerStore.connect(database)
    position = await store.adopt(genesis(), START)
    prepared = await asyncio.gather(
        store.prepare(position, stream.units), other.prepare(position, stream.units)
    )
    assert [len(batch.months) for batch in prepared] == [3, 3]
    await store.write(position, prepared[0])
    await other.close()
    rows = await (await store.connection.execute("SELECT name, first_seq FROM ledger.months")).fetchall()
    assert len(rows) == len({name for name, _ in rows})
    assert sum(first is not None for _, first in rows) == 3


def upgrade(url: str, revision: str) -> None:
    """Bring a schema to one revision, as `migrate` brings it to the newest."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    config = Config()
    folder = Path(ledger_migrate.__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {tables.SCHEMA}"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


# Tables as the revision before groups, days and months had them: without what came then.
OLD = {
    "reader": 6,
    "instruments": 7,
    "accounts": 8,
    "holdings": 6,
    "orders": 30,
    "trades": 13,
    "fills": 15,
    "entries": 9,
    "days": 3,
    "closes": 4,
}


def rows_of(url: str, table: str, columns: int) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        found = connection.execute(f"SELECT * FROM ledger.{table}".encode()).fetchall()
    return [row[:columns] for row in found]


@pytest.mark.parametrize(("revision", "of_orders"), [("0003", 30), ("0004", 32)])
async def test_an_older_ledger_keeps_its_rows_and_goes_on(
    store: LedgerStore, database: str, make_database: MakeDatabase, revision: str, of_orders: int
) -> None:
    market = RandomMarket(31)
    market.run(300)
    market.roll_day()
    market.run(100)
    await store.apply(await store.adopt(market.genesis, START), market.units)
    assert any(row[-2] for row in rows_of(database, "orders", 32)), "the market had no groups"
    old = make_database(ledger=False)
    upgrade(old, revision)
    before = OLD | {"orders": of_orders}
    with psycopg.connect(old) as connection:
        connection.execute("DELETE FROM ledger.reader")
        for table, columns in before.items():
            marks = ", ".join(["%s"] * columns)
            with connection.cursor() as cursor:
                query = f"INSERT INTO ledger.{table} VALUES ({marks})"
                cursor.executemany(query.encode(), rows_of(database, table, columns))
    migrate(old)
    for table, columns in before.items():
        assert sorted(map(repr, rows_of(old, table, columns))) == sorted(
            map(repr, rows_of(database, table, columns))
        )
    assert differences(old, market) == []
    market.run(200)
    market.roll_day()
    market.run(50)
    upgraded = await LedgerStore.connect(old)
    position = await upgraded.adopt(market.genesis, START)
    await upgraded.apply(position, market.units[position - 1 :])
    assert set(await partitions(upgraded, "orders")) == {"ledger.orders_before"}
    await upgraded.close()
    assert differences(old, market) == []
