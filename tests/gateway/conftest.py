"""One small exchange for all tests of the gateway, and what they ask of it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.venue import Reply, Session
from openbell.ops.postgres import ADMIN, Postgres
from tests.gateway.exchange import LocalExchange

Stock = Callable[[], str]

LONGEST_S = 30.0  # no test takes so long


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
def _one_day(request: pytest.FixtureRequest) -> None:
    """No day ends in the middle of a test: orders of the day would end with it, and its sums begin anew."""
    if "exchange" in request.fixturenames:
        exchange: LocalExchange = request.getfixturevalue("exchange")
        exchange.let_the_day_end(LONGEST_S)


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
    pages = (exchange.session().get(f"/v1/assets/top?limit=100&offset={at}") for at in range(0, 500, 100))
    return (asset["symbol"] for page in pages for asset in page["data"])


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


class Groups:
    """Makes bodies of POST /v1/orders/groups, of 10 shares; each order's fields can be changed."""

    def __init__(self, limit: Order, price: str) -> None:
        self._limit = limit
        self._price = Decimal(price)

    def at(self, factor: str) -> str:
        """So many times the stock's price, on the tick."""
        return str(round(self._price * Decimal(factor), 2))

    def stop(self, factor: str, **changes: Any) -> dict[str, Any]:
        """A SELL STOP at so many times the stock's price."""
        asked = {"side": "SELL", "type": "STOP", "price": None, "stopPrice": self.at(factor)}
        return self._limit(**(asked | changes))

    def oco(
        self, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Buy at the price, or stop in three percent above it."""
        orders = [self._limit(**(first or {})), self.stop("1.03", **({"side": "BUY"} | (second or {})))]
        return {"type": "OCO", "orders": orders, **more}

    def oto(
        self, parent: dict[str, Any] | None = None, child: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Buy at the price, then sell three percent above it."""
        sells = {"side": "SELL", "price": self.at("1.03"), "timeInForce": "GTC"}
        orders = [self._limit(**(parent or {})), self._limit(**(sells | (child or {})))]
        return {"type": "OTO", "orders": orders, **more}

    def bracket(
        self, parent: dict[str, Any] | None = None, loss: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """Buy at the price, then sell three percent above it or stop out three percent below."""
        orders = [*self.oto(parent)["orders"], self.stop("0.97", **({"timeInForce": "GTC"} | (loss or {})))]
        return {"type": "BRACKET", "orders": orders, **more}


@pytest.fixture
def groups(limit: Order, price: str) -> Groups:
    """Makes the bodies of groups for the stock."""
    return Groups(limit, price)


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
