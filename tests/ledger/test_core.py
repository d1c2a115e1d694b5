"""The real core's events make the ledger that the core itself believes in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbell.core import codes, view
from openbell.ledger import store as storing
from openbell.ledger.compare import Comparison, Found
from openbell.ledger.prune import prune
from openbell.ledger.reads import LedgerReads
from openbell.ledger.store import LedgerStore
from tests.ledger.conftest import MakeDatabase
from tests.ledger.market import RandomMarket
from tests.ledger.stream import SHARE, START


async def apply_in_batches(store: LedgerStore, market: RandomMarket, seed: int) -> None:
    """Apply the whole market in batches of random sizes."""
    dice = random.Random(seed)
    position = await store.adopt(market.genesis, START)
    while position < market.position:
        size = dice.choice((1, 2, 5, 100, 1000))
        position = await store.apply(position, market.units[position - 1 : position - 1 + size])


def views(market: RandomMarket) -> list[Mapping[str, Any]]:
    """Every account as the core shows it."""
    found = []
    number = 1
    while (account := view.account(market.exchange, number)) is not None:
        found.append(account)
        number += 1
    return found


def differences(url: str, market: RandomMarket) -> list[str]:
    """What `openbell verify` would find."""
    comparison = Comparison(url, market.genesis, START)
    try:
        comparison.feed(market.units[: comparison.position - 1])
        comparison.finish(views(market), view.totals(market.exchange))
    except Found:
        pass
    finally:
        comparison.close()
    return comparison.differences


@pytest.fixture(params=[1, storing.BY_COLUMN_FROM, 1_000_000], ids=["by column", "as it is", "by row"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the rows of a batch are made."""
    monkeypatch.setattr(storing, "BY_COLUMN_FROM", request.param)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_the_ledger_of_a_random_market_equals_the_exchange(
    make_database: MakeDatabase, form: None, seed: int
) -> None:
    market = RandomMarket(seed)
    market.run(600)
    url = make_database()
    store = await LedgerStore.connect(url)
    await apply_in_batches(store, market, seed)
    await store.close()
    assert differences(url, market) == []


async def test_orders_entered_before_what_they_asked_was_kept_are_no_difference(
    store: LedgerStore, database: str
) -> None:
    market = RandomMarket(12)
    market.run(300)
    await apply_in_batches(store, market, 12)
    old = "budget = NULL, expire_ts = NULL, display = NULL, min_quantity = NULL, session = NULL, stp = NULL"
    old += ', post_only = NULL, "group" = NULL, role = NULL'
    await store.connection.execute(f"UPDATE ledger.orders SET {old}".encode())
    assert differences(database, market) == []
    await store.connection.execute(b"UPDATE ledger.orders SET stp = 9")
    assert differences(database, market) != []


async def test_each_fee_and_each_busted_trade_is_double_entry(store: LedgerStore, database: str) -> None:
    market = RandomMarket(3)
    for steps in range(6):
        market.set_fees()
        market.run(100)
        for _ in range(steps):
            market.bust()
    await apply_in_batches(store, market, 3)
    assert differences(database, market) == []
    assert await one(store, "SELECT sum(fee) FROM ledger.fills") > 0
    assert await one(store, "SELECT count(*) FROM ledger.entries WHERE kind = 9") > 0
    paid = "SELECT coalesce(sum(amount), 0) FROM ledger.postings WHERE account = 2 AND asset = -1"
    assert await one(store, f"{paid} AND kind = 2") == await one(store, "SELECT sum(fee) FROM ledger.fills")
    assert await one(store, paid) == await one(store, "SELECT cash FROM ledger.accounts WHERE account = 2")
    shown = sum(row["fees"] for row in views(market))
    assert await one(store, paid) == shown
    unbalanced = "SELECT seq, index, asset FROM ledger.postings GROUP BY 1, 2, 3 HAVING sum(amount) <> 0"
    assert await one(store, f"SELECT count(*) FROM ({unbalanced}) AS found") == 0


async def one(store: LedgerStore, query: str) -> int:
    cursor = await store.connection.execute(query.encode())
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


# A plain order asks this. What a rejected one asked the ledger tells, and the exchange's memory does not.
PLAIN = {
    "budget": 0,
    "display": -1,
    "expire_ts": 0,
    "min_quantity": 0,
    "post_only": False,
    "session": 0,
    "stp": 0,
}


async def test_orders_read_from_the_ledger_equal_the_exchanges_view(
    store: LedgerStore, database: str
) -> None:
    market = RandomMarket(11)
    market.run(800)
    await apply_in_batches(store, market, 11)
    reads = LedgerReads(database)
    compared = beyond = 0
    for account in range(4, len(views(market)) + 1):
        for status in ("working", "ended"):
            for row in view.orders(market.exchange, account, status, None, 0, 1000):
                found = await reads.order(row["order"])
                assert found
                child = row["role"] > codes.ROLE_PARENT  # its trail begins without an event
                if row["trail"] and (child or row["status"] == codes.ST_PENDING):  # and moves without one
                    found["stop_price"] = row["stop_price"]
                if row["status"] == codes.ST_REJECTED:
                    row |= market.asked[row["order"]]
                beyond += any(row[name] != plain for name, plain in PLAIN.items())
                assert found == row
                compared += 1
            listed = await reads.orders(account, status, limit=1000)
            assert [row["order"] for row in listed] == [
                row["order"] for row in view.orders(market.exchange, account, status, None, 0, 1000)
            ]
    await reads.close()
    assert compared > 300
    assert beyond > 100


LAST_ORDER = "order_id = (SELECT max(order_id) FROM ledger.orders)"
LAST_TRADE = "trade = (SELECT max(trade) FROM ledger.trades)"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (f"UPDATE ledger.orders SET filled = filled + 1 WHERE {LAST_ORDER}", "filled"),
        (f"DELETE FROM ledger.orders WHERE {LAST_ORDER}", "orders order_id"),
        ("UPDATE ledger.orders SET order_id = -order_id", "orders order_id"),
        (f"UPDATE ledger.trades SET price = price + 1 WHERE {LAST_TRADE}", "trades"),
        (f"DELETE FROM ledger.fills WHERE {LAST_TRADE}", "fills"),
        ("UPDATE ledger.fills SET realised = realised + 1 WHERE side = 1", "realised"),
        ("UPDATE ledger.entries SET amount = amount + 1 WHERE kind = 7", "entries"),
        (
            f"INSERT INTO ledger.entries VALUES (1, 0, 0, 3, {START}, -1, 0, 4, 5)",
            "entries seq 1, index 0, leg 0",
        ),
        ("UPDATE ledger.accounts SET cash = cash + 1 WHERE account = 4", "accounts account 4, cash"),
        ("UPDATE ledger.holdings SET cost = cost + 1 WHERE account = 4", "cost"),
        ("DELETE FROM ledger.days WHERE seq > 0", "days"),
        ("UPDATE ledger.instruments SET symbol = 'X' WHERE instrument = 0", "symbol"),
        ("UPDATE ledger.equity SET base = base + 1 WHERE account = 5", "equity account 5"),
        ("DELETE FROM ledger.equity WHERE account = 4", "equity account 4"),
        ("UPDATE ledger.moves SET cost = cost + 1 WHERE asset >= 0", "moves"),
        ("UPDATE ledger.accounts SET start_cash = start_cash + 1 WHERE account = 4", "start_cash"),
        ("UPDATE ledger.holdings SET moved = moved + 1 WHERE account = 4", "moved"),
        ("UPDATE ledger.reader SET genesis = 'other'", "first command"),
        ("UPDATE ledger.reader SET stopped = 'bad luck'", "bad luck"),
    ],
)
async def test_a_changed_row_is_found_and_named(
    store: LedgerStore, database: str, change: str, named: str
) -> None:
    market = RandomMarket(5)
    market.run(400)
    market.roll_day()
    await apply_in_batches(store, market, 5)
    assert differences(database, market) == []
    await store.connection.execute(change.encode())
    assert named in " ".join(differences(database, market))


async def test_orders_that_were_pruned_are_not_missed(store: LedgerStore, database: str) -> None:
    market = RandomMarket(6)
    market.run(400)
    await apply_in_batches(store, market, 6)
    before = await count_orders(store)
    await prune(store.connection, START * 2)
    assert await count_orders(store) < before
    assert differences(database, market) == []


async def test_movements_of_before_their_cost_was_kept_are_no_difference(
    store: LedgerStore, database: str
) -> None:
    market = RandomMarket(13)
    market.run(300)
    await apply_in_batches(store, market, 13)
    await store.connection.execute(b"UPDATE ledger.moves SET cost = NULL, trade = NULL")
    assert differences(database, market) == []
    await store.connection.execute(b"UPDATE ledger.moves SET amount = amount + 1 WHERE account = 5")
    assert differences(database, market) != []


async def test_each_day_roll_keeps_what_every_account_had(store: LedgerStore, database: str) -> None:
    market = RandomMarket(14)
    for _ in range(4):
        market.run(120)
        before = {one["account"]: one for one in views(market)}
        market.roll_day()
        closes = {one["instrument"]: one["close"] for one in view.instruments(market.exchange)}
        await apply_in_batches(store, market, 14)
        rows = await store.connection.execute(
            "SELECT account, cash, holdings FROM ledger.equity WHERE date = %s", (market.date,)
        )
        found = {row[0]: row[1:] for row in await rows.fetchall()}
        assert set(found) <= {number for number in before if number > 3}
        for number, (cash, holdings) in found.items():
            positions = before[number]["positions"]
            worth = [closes[one["instrument"]] * one["quantity"] // SHARE for one in positions]
            assert (cash, holdings) == (before[number]["cash"], sum(worth))
        assert len(found) > 5
    assert differences(database, market) == []


async def count_orders(store: LedgerStore) -> int:
    return await one(store, "SELECT count(*) FROM ledger.orders")
