"""Databases with an empty ledger, and a PostgreSQL of one's own to kill."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from openbell.ledger.migrate import migrate
from openbell.ledger.store import LedgerStore
from openbell.ops.postgres import ADMIN, Postgres
from openbell.ops.process import working_in

TEMPLATE = "empty_ledger"
numbers = itertools.count(1)

MakeDatabase = Callable[..., str]


@pytest.fixture(scope="session")
def make_database(postgres_server: Postgres) -> MakeDatabase:
    """Makes a database: with an empty ledger, or with nothing in it."""

    def make(ledger: bool = True, name: str = "") -> str:
        name = name or f"ledger_{next(numbers)}"
        password = (postgres_server.folder / "admin.password").read_text().strip()
        template = f"TEMPLATE {TEMPLATE}" if ledger else ""
        place = {"host": str(postgres_server.socket), "user": ADMIN, "dbname": "postgres"}
        with psycopg.connect(**place, password=password, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER openbell {template}".encode())
        socket = quote(str(postgres_server.socket))
        return f"postgresql://openbell@/{name}?host={socket}&passfile={quote(passfile)}"

    passfile = str(postgres_server.folder / "app.pgpass")
    migrate(make(ledger=False, name=TEMPLATE))
    return make


@pytest.fixture
def database(make_database: MakeDatabase) -> str:
    """The URL of a database with an empty ledger."""
    return make_database()


@pytest.fixture
async def store(database: str) -> AsyncIterator[LedgerStore]:
    made = await LedgerStore.connect(database)
    yield made
    await made.close()


class Killable:
    """A server of the test's own, with synchronous writes, that `kill` ends without a word."""

    def __init__(self, folder: Path) -> None:
        self.server = Postgres(folder)
        socket, passfile = quote(str(self.server.socket)), quote(str(folder / "app.pgpass"))
        self.url = f"postgresql://openbell@/openbell?host={socket}&passfile={passfile}"

    async def start(self) -> None:
        await self.server.start()

    async def kill(self) -> None:
        """End the server and all it started at once, as a power cut ends them."""
        for pid in working_in(self.server.data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.server.wait()


@pytest.fixture
async def killable(tmp_path: Path) -> AsyncIterator[Killable]:
    made = Killable(tmp_path / "pg")
    yield made
    await made.server.stop()
