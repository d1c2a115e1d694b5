"""What all tests may ask for: an embedded PostgreSQL and an empty database in it."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from openbell.ops.postgres import ADMIN, Postgres

numbers = itertools.count(1)


def pytest_unconfigure() -> None:
    """Collect what a role in this process left out of collection: duckdb reports it as leaked at the end."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server for the whole run of the tests, without syncs."""
    server = Postgres(tmp_path_factory.mktemp("pg"), {"fsync": "off", "full_page_writes": "off"})
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())


@pytest.fixture
def database(postgres_server: Postgres) -> str:
    """The URL of an empty database that the app's role owns."""
    name = f"test_{next(numbers)}"
    password = (postgres_server.folder / "admin.password").read_text().strip()
    with psycopg.connect(
        host=str(postgres_server.socket), user=ADMIN, password=password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER openbell".encode())
    socket, passfile = quote(str(postgres_server.socket)), quote(str(postgres_server.folder / "app.pgpass"))
    return f"postgresql://openbell@/{name}?host={socket}&passfile={passfile}"
