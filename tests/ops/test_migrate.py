"""Parts of one process may migrate their schemas at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from openbell.ledger.migrate import migrate as migrate_ledger
from openbell.market.migrate import migrate as migrate_market


def test_two_schemas_are_migrated_at_once_in_one_process(database: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(one, database) for one in (migrate_ledger, migrate_market) * 4]:
            done.result()
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'reader' ORDER BY 1")
        assert found.fetchall() == [("ledger",), ("market",)]
