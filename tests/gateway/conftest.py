"""One small exchange for all tests of the gateway, and what they ask of it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.venue import Reply, Session
from openbell.ops.postgres import ADMIN, Postgres
from tests.gateway.exchange import LocalExchange

Stock = Callable[[], str]


@pytest.fixture(scope="session")
def exchange(postgres_server: Postgres) -> Iterator[LocalExchange]:
    password = (postgres_server.folder / "admin.password").read_text().strip()
    with psycopg.connect(
        host=str(postgres_server.socket), user=ADMIN, password=password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE gateway OWNER openbell")
    passfile = postgres_server.folder / "app.pgpass"
    database = f"postgresql://openbell@/gateway?host={postgres_server.socket}&passfile={passfile}"
    with (
        tempfile.TemporaryDirectory(prefix="ob-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        LocalExchange(Path(folder), database) as made,
    ):
        yield made


@pytest.fixture(autouse=True)
def _close_sessions(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "exchange" in request.fixturenames:
        request.getfixturevalue("exchange").close_sessions()


@pytest.fixture
def demo(exchange: LocalExchange) -> Session:
    """A new demo account with 100,000 USD."""
    return exchange.demo()


@pytest.fixture(scope="session")
def maker(exchange: LocalExchange) -> Session:
    """An account that has shares of every stock."""
    return exchange.participant("maker")


@pytest.fixture(scope="session")
def _symbols(exchange: LocalExchange) -> Iterator[str]:
    page = exchange.session().get("/v1/assets/top?limit=100")["data"]
    return itertools.cycle(asset["symbol"] for asset in page)


@pytest.fixture
def symbol(_symbols: Iterator[str]) -> str:
    """A stock that no other test trades."""
    return next(_symbols)


@pytest.fixture
def price(exchange: LocalExchange, symbol: str) -> str:
    """The stock's price."""
    found: str = exchange.session().get(f"/v1/assets/{symbol}")["price"]
    return found


Order = Callable[..., dict[str, Any]]


@pytest.fixture
def limit(symbol: str, price: str) -> Order:
    """Makes the body of a LIMIT order of 10 shares at the stock's price; fields can be changed."""

    def make(**changes: Any) -> dict[str, Any]:
        body = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "quantity": "10", "price": price}
        return {name: value for name, value in (body | changes).items() if value is not None}

    return make


SIGNED = {"who": "Ada", "why": "a test"}
Do = Callable[..., Reply]
_admin_keys = (f"admin-test-{number}" for number in itertools.count(1))


def admin_key() -> str:
    """A key that no other command has."""
    return next(_admin_keys)


@pytest.fixture
def staff(exchange: LocalExchange) -> Session:
    """Requests with the admin token."""
    return exchange.session(exchange.settings.admin_token_file.read_text().strip())


@pytest.fixture
def do(staff: Session) -> Do:
    """Sends an admin command."""

    def send(name: str, key: str | None = None, **fields: Any) -> Reply:
        headers = {"Idempotency-Key": key or admin_key()}
        return staff.request("POST", f"/v1/admin/{name}", SIGNED | fields, headers=headers)

    return send
