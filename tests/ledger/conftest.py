"""A PostgreSQL for the ledger's tests, and an empty migrated ledger for each of them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from openbell.ledger.migrate import migrate
from openbell.ledger.store import LedgerStore
from tests.ledger.cluster import Cluster

counter = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder:
        made = Cluster(Path(folder))
        made.start()
        migrate(made.create("empty_ledger"))
        yield made
        made.kill()


@pytest.fixture
def database(cluster: Cluster) -> str:
    """The URL of a database with an empty ledger."""
    return cluster.create(f"ledger{next(counter)}", template="empty_ledger")


@pytest.fixture
async def store(database: str) -> AsyncIterator[LedgerStore]:
    made = await LedgerStore.connect(database)
    yield made
    await made.close()
