"""What a ledger with a bound lets go of, in which order, and what stays exact."""

from __future__ import annotations

import copy
import logging
import random
from typing import Any

import psycopg
import pytest

from openbell.core import codes, view
from openbell.ledger import condense as condensing
from openbell.ledger import tables
from openbell.ledger.begun import Begun
from openbell.ledger.compare import Comparison, Found
from openbell.ledger.condense import Condense, Cut, Part, condense, next_step
from openbell.ledger.store import LedgerStore
from tests.ledger.market import RandomMarket
from tests.ledger.stream import SHARE, START, USD
from tests.ledger.test_core import differences, one, views

MIB = 1 << 20
PEOPLE = "account NOT IN (SELECT account FROM ledger.accounts WHERE kind = 5)"
UNBALANCED = "SELECT FROM ledger.postings GROUP BY seq, index, asset HAVING sum(amount) <> 0"


def part(number: int, kept: int, size: int, begun: bool = True) -> Part:
    return Part(
        number * 100, number * 100 + 100, f"p{number}", number * 10 if begun else None, kept, size * MIB
    )


def test_the_part_being_written_ends_when_it_is_an_eighth_of_the_bound() -> None:
    parts = [part(1, 0, 2), part(2, 0, 0, begun=False)]
    assert next_step(parts, 2 * MIB, 8 * MIB, 150) == Cut(parts[0])
    assert next_step(parts, 2 * MIB, 8 * MIB, 199) is None  # it ends there anyway
    assert next_step(parts, 2 * MIB, 16 * MIB, 150) is None
    assert next_step([], 2 * MIB, 1, 150) is None


def test_the_simulators_oldest_detail_goes_first_and_what_is_left_of_it_is_put_together() -> None:
    full = [part(1, 0, 8), part(2, 0, 8), part(3, 0, 1), part(4, 0, 0, begun=False)]
    assert next_step(full, 17 * MIB, 17 * MIB, 350) is None
    assert next_step(full, 17 * MIB, 16 * MIB, 350) == Condense((full[0],), tables.KEEPS_PEOPLE)
    large = [part(1, 1, 8), *full[1:]]
    assert next_step(large, 17 * MIB, 16 * MIB, 350) == Condense((full[1],), tables.KEEPS_PEOPLE)
    small = [part(1, 1, 0), *full[1:]]
    assert next_step(small, 17 * MIB, 16 * MIB, 350) == Condense((small[0], full[1]), tables.KEEPS_PEOPLE)


def test_peoples_detail_goes_when_it_takes_half_or_nothing_else_can_go() -> None:
    many = [part(1, 2, 1), part(2, 1, 5), part(3, 1, 4), part(4, 0, 2), part(5, 0, 1)]
    assert next_step(many, 17 * MIB, 16 * MIB, 550) == Condense((many[0], many[1]), tables.KEEPS_BALANCES)
    few = [part(1, 1, 1), part(2, 1, 1), part(3, 0, 1)]
    assert next_step(few, 17 * MIB, 16 * MIB, 350) == Condense((few[0],), tables.KEEPS_BALANCES)
    assert next_step([part(1, 2, 1), part(2, 0, 1)], 17 * MIB, 16 * MIB, 250) is None


class House(RandomMarket):
    """A random market in which every other account is the simulator's."""

    def open(self, kind: int = codes.KIND_USER, grant: int = 0) -> int:
        if kind == codes.KIND_USER and self.exchange.position % 2:
            kind = codes.KIND_PARTICIPANT
        return super().open(kind, grant)


@pytest.fixture
def gently(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part ends however small it is, and what is left of it stays, however much empty tables take."""

    def next_gentle_step(*arguments: Any) -> Cut | Condense | None:
        step = next_step(*arguments)
        return None if isinstance(step, Condense) and step.keeps == tables.KEEPS_BALANCES else step

    monkeypatch.setattr(condensing, "PARTS", 1 << 60)
    monkeypatch.setattr(condensing, "next_step", next_gentle_step)


async def size(store: LedgerStore) -> int:
    return await one(store, condensing.WHOLE)


async def grow(store: LedgerStore, market: House, bound: int = 0, seed: int = 1) -> None:
    """Apply the market and condense between the batches, at first to `bound`; 0: always something goes."""
    dice = random.Random(seed)
    position = await store.adopt(market.genesis, START)
    while position < market.position:
        units = market.units[position - 1 : position - 1 + dice.choice((40, 90))]
        position = await store.apply(position, units)
        for _ in range(3):
            most = bound or await size(store) - 1
            if await condense(store.connection, most, units[-1].ts):
                store.months.forget()


async def kept(store: LedgerStore) -> list[int]:
    query = "SELECT kept FROM ledger.months WHERE first_seq IS NOT NULL ORDER BY starts"
    return [row[0] for row in await (await store.connection.execute(query)).fetchall()]


async def rows(store: LedgerStore, table: str, where: str) -> set[Any]:
    query = f"SELECT * FROM ledger.{table} WHERE {where}"
    return set(await (await store.connection.execute(query.encode())).fetchall())


@pytest.mark.parametrize("seed", range(4))
async def test_of_the_simulators_detail_nothing_is_left_and_of_peoples_nothing_is_gone(
    store: LedgerStore, database: str, make_database: Any, gently: None, seed: int
) -> None:
    market = House(seed)
    market.run(500)
    whole = await LedgerStore.connect(make_database())
    await whole.apply(await whole.adopt(market.genesis, START), market.units)
    await grow(store, market, seed=seed)
    steps = await kept(store)
    assert steps == sorted(steps, reverse=True)
    old = "{} < (SELECT min(starts) FROM ledger.months WHERE kept = 0)"
    for table, column in (("fills", "ts"), ("moves", "ts")):
        assert await rows(store, table, PEOPLE) == await rows(whole, table, PEOPLE)
        assert not await rows(store, table, f"NOT ({PEOPLE}) AND {old.format(column)}")
    ended = f"status NOT IN {codes.WORKING}"
    assert await rows(store, "orders", PEOPLE) == await rows(whole, "orders", PEOPLE)
    assert await rows(store, "orders", f"NOT {ended}") == await rows(whole, "orders", f"NOT {ended}")
    # What worked when its part was made anew is still there.
    before = "SELECT FROM ledger.months WHERE kept > 0 AND created_ts BETWEEN starts AND ends"
    assert not await rows(
        store, "orders", f"NOT ({PEOPLE}) AND {ended} AND EXISTS ({before} AND updated_ts < ends)"
    )
    assert await one(store, "SELECT count(*) FROM ledger.entries WHERE kind = 10") > 0
    assert await one(store, "SELECT count(*) FROM ledger.entries") < await one(
        whole, "SELECT count(*) FROM ledger.entries"
    )
    await whole.close()
    assert await one(store, f"SELECT count(*) FROM ({UNBALANCED}) AS found") == 0
    assert tables.KEEPS_PEOPLE in steps and tables.KEEPS_BALANCES not in steps
    assert differences(database, market) == []


async def test_in_the_end_only_balances_and_working_orders_are_left_of_the_old(
    store: LedgerStore, database: str
) -> None:
    market = House(5)
    market.run(600)
    await grow(store, market, bound=1)
    assert (await kept(store))[0] == tables.KEEPS_BALANCES
    old = "< (SELECT min(starts) FROM ledger.months WHERE kept = 0)"
    assert {row[3] for row in await rows(store, "entries", f"ts {old}")} == {tables.KIND_CARRIED}
    assert not await rows(store, "fills", f"ts {old}")
    assert not await rows(store, "trades", f"ts {old}")
    assert 4 in {row[0] for row in await rows(store, "moves", f"ts {old}")}
    working = await one(store, f"SELECT count(*) FROM ledger.orders WHERE status IN {codes.WORKING}")
    assert working == view.totals(market.exchange)["working_orders"] > 0
    assert differences(database, market) == []


async def test_a_ledger_with_room_keeps_everything(store: LedgerStore) -> None:
    market = House(6)
    market.run(100)
    await grow(store, market, bound=1 << 40)
    assert await kept(store) == [tables.KEEPS_ALL]
    assert await one(store, "SELECT count(*) FROM ledger.months") == 2


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE ledger.entries SET amount = amount + 1 WHERE kind = 10 AND ctid = "
        "(SELECT min(ctid) FROM ledger.entries WHERE kind = 10)",
        f"DELETE FROM ledger.fills WHERE {PEOPLE}",
        f"DELETE FROM ledger.orders WHERE {PEOPLE} AND status = 4",
        f"DELETE FROM ledger.orders WHERE status IN {codes.WORKING}",
        "UPDATE ledger.months SET kept = 0",
    ],
)
async def test_what_is_missing_beyond_what_was_let_go_is_found(
    store: LedgerStore, database: str, gently: None, spoil: str
) -> None:
    market = House(7)
    market.run(400)
    await grow(store, market)
    assert differences(database, market) == []
    cursor = await store.connection.execute(spoil.encode())
    assert cursor.rowcount > 0
    assert differences(database, market) != []


async def test_who_reads_goes_first(
    store: LedgerStore, database: str, gently: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    market = House(8)
    market.run(100)
    position = await store.adopt(market.genesis, START)
    await store.apply(position, market.units)
    with psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM ledger.fills")
        assert not await condense(store.connection, MIB, market.units[-1].ts)
        assert "while somebody reads it" in caplog.text
    assert await condense(store.connection, MIB, market.units[-1].ts)


# --- a replay that begins at a snapshot -----------------------------------------------------------


def from_the_middle(url: str, market: House, begun: Begun) -> list[str]:
    """What `openbell verify` would find where the log's beginning is gone."""
    comparison = Comparison(url, market.genesis, START, begun)
    try:
        comparison.feed(market.units[begun.seq - 1 : comparison.position - 1])
        comparison.finish(views(market), view.totals(market.exchange))
    except Found:
        pass
    finally:
        comparison.close()
    return comparison.differences


def halfway(market: House) -> Begun:
    """The state that a snapshot would have now."""
    return Begun.of(market.position, views(market), view.instruments(market.exchange))


@pytest.fixture(params=[False, True], ids=["whole", "condensed"])
def condensed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("seed", range(4))
async def test_from_a_snapshot_on_the_ledger_agrees(
    store: LedgerStore, database: str, condensed: bool, seed: int
) -> None:
    market = House(seed)
    market.run(300)
    buyer = market.open(grant=100_000 * USD)
    market.order(buyer, 0, side=codes.BUY, quantity=SHARE, price=USD, order_type=codes.LIMIT)
    assert [one["quantity"] for one in views(market)[-1]["positions"]] == [0]
    begun = halfway(market)
    market.run(300)
    market.roll_day()
    market.run(50)
    market.roll_day()
    await grow(store, market, bound=1 if condensed else 1 << 40)
    assert from_the_middle(database, market, begun) == []


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE ledger.accounts SET cash = cash + 1 WHERE account = 5",
        "UPDATE ledger.holdings SET cost = cost + 1 WHERE account = 4 AND instrument = 0",
        "UPDATE ledger.entries SET amount = amount + 1 WHERE seq = (SELECT min(seq) FROM ledger.entries)",
        "UPDATE ledger.orders SET filled = filled + 1"
        " WHERE order_id = (SELECT max(order_id) FROM ledger.orders)",
        "DELETE FROM ledger.trades WHERE trade = (SELECT max(trade) FROM ledger.trades)",
        "UPDATE ledger.equity SET cash = cash + 1 WHERE date = (SELECT max(date) FROM ledger.days)",
    ],
)
async def test_from_a_snapshot_on_what_is_wrong_is_found(
    store: LedgerStore, database: str, spoil: str
) -> None:
    market = House(9)
    market.run(300)
    begun = halfway(market)
    market.run(200)
    market.roll_day()
    market.run(100)
    market.roll_day()
    await grow(store, market, bound=1 << 40)
    assert from_the_middle(database, market, copy.deepcopy(begun)) == []
    cursor = await store.connection.execute(spoil.encode())
    assert cursor.rowcount > 0
    assert from_the_middle(database, market, begun) != []
