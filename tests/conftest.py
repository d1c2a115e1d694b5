"""What all tests may ask for: an embedded PostgreSQL and an empty database in it."""

from __future__ import annotations

import asyncio
import gc
import itertools
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest

from bench.venue import free_port
from openbell.ops.postgres import ADMIN, Postgres

numbers = itertools.count(1)

S3_STARTS_S = 60.0


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


@pytest.fixture(scope="session")
def s3_server() -> Iterator[int]:
    """The port of a server that speaks S3, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + S3_STARTS_S
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except (urllib.error.URLError, OSError):
                    assert process.poll() is None, "the S3 server ended"
                    assert time.monotonic() < until, f"no S3 server answers on port {port}"
                    time.sleep(0.1)
            yield port
        finally:
            process.kill()


@pytest.fixture
def s3(s3_server: int) -> Callable[[str], str]:
    """Makes a bucket; what it gives is the URL of a folder in it, for `OPENBELL_ARCHIVE_URL`."""

    def make(folder: str) -> str:
        bucket = f"bucket-{next(numbers)}"
        place = f"http://127.0.0.1:{s3_server}/{bucket}"
        urllib.request.urlopen(urllib.request.Request(place, method="PUT"), timeout=30).close()
        told = f"scheme=http&endpoint_override={quote(f'127.0.0.1:{s3_server}', safe='')}&region=us-east-1"
        return f"s3://name:word@{bucket}/{folder}?{told}"

    return make
