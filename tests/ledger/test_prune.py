"""Only orders that moved nothing, of participants nobody is, leave the ledger."""

from __future__ import annotations

import pytest

from openbell.core import codes
from openbell.ledger import prune as pruning
from openbell.ledger.prune import prune
from openbell.ledger.store import LedgerStore
from tests.ledger.stream import SHARE, START, USD, genesis, opened_market

LATER = START + 10**15


async def test_only_ended_unfilled_orders_of_participants_go(
    store: LedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "ORDERS_AT_ONCE", 3)
    stream = opened_market()
    stream.open(6, codes.KIND_PARTICIPANT)
    stream.issue(6, 0, 10 * SHARE, USD)
    kept = [stream.order(4, codes.SELL, SHARE, USD), stream.order(6, codes.SELL, SHARE, USD)]
    kept += [stream.buy_from(kept[1], 6, 5, SHARE, USD), stream.order(6, codes.SELL, SHARE, USD)]
    for _ in range(5):
        order = stream.order(6, codes.SELL, SHARE, USD)
        stream.cancel(order, 6, codes.SELL, SHARE, USD)
    stream.cancel(kept[0], 4, codes.SELL, SHARE, USD)
    await store.apply(await store.adopt(genesis(), START), stream.units)

    assert not await prune(store.connection, START)
    while await prune(store.connection, LATER):
        pass
    cursor = await store.connection.execute("SELECT order_id FROM ledger.orders ORDER BY 1")
    assert [row[0] for row in await cursor.fetchall()] == sorted(kept)


async def test_orders_younger_than_the_limit_stay(store: LedgerStore) -> None:
    stream = opened_market()
    stream.open(6, codes.KIND_PARTICIPANT)
    orders = [stream.order(6, codes.SELL, SHARE, USD) for _ in range(4)]
    for order in orders:
        stream.cancel(order, 6, codes.SELL, SHARE, USD)
    await store.apply(await store.adopt(genesis(), START), stream.units)
    cursor = await store.connection.execute("SELECT created_ts FROM ledger.orders ORDER BY 1 OFFSET 2")
    row = await cursor.fetchone()
    assert row is not None
    await prune(store.connection, row[0])
    cursor = await store.connection.execute("SELECT order_id FROM ledger.orders ORDER BY 1")
    assert [row[0] for row in await cursor.fetchall()] == orders[2:]
