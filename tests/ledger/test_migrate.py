"""The schema is what the tables say, and many processes may bring it there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from openbell.ledger import tables
from openbell.ledger.migrate import migrate
from tests.ledger.conftest import MakeDatabase


def differences(database: str) -> list[object]:
    """What a migration from the database's schema to `tables` would change."""
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == tables.SCHEMA,
                "version_table_schema": tables.SCHEMA,
                "compare_type": True,
            },
        )
        return list(compare_metadata(context, tables.metadata))


def test_migrations_make_the_tables_of_this_build(database: str) -> None:
    assert differences(database) == []


def test_columns_stand_in_the_order_that_copy_writes_them(database: str) -> None:
    query = (
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'ledger' ORDER BY table_name, ordinal_position"
    )
    found: dict[str, list[str]] = {}
    with psycopg.connect(database) as connection:
        for table, column in connection.execute(query):
            found.setdefault(table, []).append(column)
    wanted = {
        table.name: [column.name for column in table.columns] for table in tables.metadata.sorted_tables
    }
    assert {name: columns for name, columns in found.items() if name in wanted} == wanted


def test_processes_that_migrate_at_once_wait_for_each_other(make_database: MakeDatabase) -> None:
    url = make_database(ledger=False)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [url] * 4))
    assert differences(url) == []


@pytest.mark.parametrize("change", ["amount = 0", "credit = debit", "amount = -1"])
def test_an_entry_that_would_create_something_cannot_be_stored(database: str, change: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE ledger.entries_one PARTITION OF ledger.entries DEFAULT")
        connection.execute("INSERT INTO ledger.entries VALUES (2, 0, 0, 3, 1, -1, 0, 4, 100)")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"UPDATE ledger.entries SET {change}".encode())
