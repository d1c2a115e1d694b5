"""What the gateway asks the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from openbell.core import codes
from openbell.ledger import reads as reading
from openbell.ledger.migrate import migrate
from openbell.ledger.reads import LedgerReads, LedgerUnavailable
from openbell.ledger.store import LedgerStore
from tests.ledger.conftest import Killable, MakeDatabase
from tests.ledger.stream import SECOND, SHARE, START, USD, Stream, genesis, opened_market


@pytest.fixture
async def reads(database: str) -> AsyncIterator[LedgerReads]:
    made = LedgerReads(database)
    yield made
    await made.close()


async def applied(store: LedgerStore, stream: Stream) -> None:
    position = await store.adopt(genesis(), START)
    await store.apply(position, stream.units[position - 1 :])


async def test_an_order_has_the_keys_and_values_of_the_exchanges_own_view(
    store: LedgerStore, reads: LedgerReads
) -> None:
    stream = opened_market()
    order = stream.order(4, codes.SELL, 10 * SHARE, 101 * USD, "mine")
    await applied(store, stream)
    ts = START + stream.position * SECOND
    assert await reads.order(order) == {
        "order": order,
        "account": 4,
        "instrument": 0,
        "side": codes.SELL,
        "order_type": codes.LIMIT,
        "tif": codes.GTC,
        "status": codes.ST_OPEN,
        "reason": 0,
        "code": 0,
        "price": 101 * USD,
        "quantity": 10 * SHARE,
        "filled": 0,
        "leaves": 10 * SHARE,
        "notional": 0,
        "limit": 0,
        "observed": 0,
        "client_id": "mine",
        "seq": stream.position,
        "created_ts": ts,
        "updated_ts": ts,
        "group": 0,
        "role": 0,
        "stop_price": 0,
        "trail": 0,
        "trail_percent": False,
        "budget": 0,
        "expire_ts": 0,
        "display": -1,
        "min_quantity": 0,
        "session": 0,
        "stp": codes.CANCEL_NEWEST,
        "post_only": False,
    }


async def test_an_order_that_nobody_sent_is_none(reads: LedgerReads) -> None:
    assert await reads.order(1) is None


async def test_orders_come_newest_first_in_pages(store: LedgerStore, reads: LedgerReads) -> None:
    stream = opened_market()
    made = [stream.order(4, codes.SELL, SHARE, 101 * USD) for _ in range(5)]
    await applied(store, stream)
    first = await reads.orders(4, limit=3)
    second = await reads.orders(4, before=first[-1]["order"], limit=3)
    assert [row["order"] for row in first + second] == made[::-1]


async def test_orders_are_picked_by_status_instrument_and_owner(
    store: LedgerStore, reads: LedgerReads
) -> None:
    stream = opened_market()
    stream.list(1, "OTHER")
    working = stream.order(4, codes.SELL, SHARE, 101 * USD)
    other = stream.order(4, codes.SELL, SHARE, 101 * USD, "", 1)
    ended = stream.order(4, codes.SELL, SHARE, 101 * USD)
    stream.cancel(ended, 4, codes.SELL, SHARE, 101 * USD)
    stream.order(5, codes.BUY, SHARE, USD)
    await applied(store, stream)

    async def found(status: str, instrument: int | None = None) -> list[int]:
        return [row["order"] for row in await reads.orders(4, status, instrument)]

    assert await found("working") == [other, working]
    assert await found("working", 1) == [other]
    assert await found("ended") == await found("CANCELLED") == [ended]
    assert await found("all") == [ended, other, working]
    with pytest.raises(ValueError, match="'open' is unknown"):
        await found("open")


async def test_a_reused_client_id_finds_the_newest_order_that_was_taken(
    store: LedgerStore, reads: LedgerReads
) -> None:
    stream = opened_market()
    stream.order(4, codes.SELL, SHARE, 101 * USD, "again")
    second = stream.order(4, codes.SELL, SHARE, 101 * USD, "again")
    stream.order(5, codes.BUY, SHARE, USD, "again")
    stream.event(
        codes.EV_REJECTED, order=1 << 40, account=4, status=codes.ST_REJECTED, code=codes.E_KEY_REUSED
    )
    stream.new_order(4, "again")
    await applied(store, stream)
    row = await reads.order_by_client_id(4, "again")
    assert row is not None
    assert row["order"] == second
    assert await reads.order_by_client_id(4, "never") is None
    assert await reads.order_by_client_id(4, "") is None
    assert await reads.order_by_client_id(4, "a\0b") is None


async def test_fills_come_newest_first_by_time_and_page(store: LedgerStore, reads: LedgerReads) -> None:
    stream = opened_market()
    times = []
    for _ in range(4):
        maker = stream.order(4, codes.SELL, SHARE, 101 * USD)
        stream.buy_from(maker, 4, 5, SHARE, 101 * USD, fee=3)
        times.append(START + stream.position * SECOND)
    await applied(store, stream)
    first = await reads.fills(5, limit=3)
    rest = await reads.fills(5, before=first[-1]["trade"])
    assert [row["ts"] for row in first + rest] == times[::-1]
    assert [row["ts"] for row in await reads.fills(5, times[1], times[3])] == [times[2], times[1]]
    sale = (await reads.fills(4))[0]
    assert (sale["value"], sale["fee"], sale["realised"], sale["liquidity"]) == (
        101 * USD,
        3,
        11 * USD,
        codes.MAKER,
    )


async def test_waiting_for_a_position_ends_when_it_is_there(store: LedgerStore, reads: LedgerReads) -> None:
    stream = opened_market()
    assert not await reads.wait_for(stream.position, 0.1)
    waiting = asyncio.create_task(reads.wait_for(stream.position, 10))
    await asyncio.sleep(0.05)
    await applied(store, stream)
    assert await waiting
    assert await reads.position() == stream.position


async def test_a_database_without_a_ledger_is_unavailable(make_database: MakeDatabase) -> None:
    reads = LedgerReads(make_database(ledger=False))
    with pytest.raises(LedgerUnavailable, match="no ledger yet"):
        await reads.position()
    await reads.close()


async def test_a_ledger_of_an_older_build_is_unavailable_until_it_is_migrated(
    store: LedgerStore, database: str
) -> None:
    reads = LedgerReads(database)
    await store.connection.execute(b"ALTER TABLE ledger.orders DROP COLUMN post_only")
    with pytest.raises(LedgerUnavailable, match="not brought to this build"):
        await reads.order(1)
    await store.connection.execute(b"ALTER TABLE ledger.orders ADD COLUMN post_only boolean")
    assert await reads.order(1) is None
    await reads.close()


async def test_reads_refuse_while_postgresql_is_away_and_answer_when_it_is_back(killable: Killable) -> None:
    reads = LedgerReads(killable.url)
    with pytest.raises(LedgerUnavailable, match="does not answer"):
        await reads.position()
    with pytest.raises(LedgerUnavailable, match="is away"):
        await reads.position()
    await killable.start()
    await asyncio.to_thread(migrate, killable.url)
    assert await reads.wait_for(0, 10)
    await killable.kill()
    with pytest.raises(LedgerUnavailable):
        await reads.position()
    await killable.start()
    assert await reads.wait_for(0, 10)
    await reads.close()


async def test_a_read_that_takes_too_long_is_given_up_and_the_next_is_answered(
    store: LedgerStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STATEMENT_MS", 100)
    reads = LedgerReads(database)
    async with store.connection.transaction():
        await store.connection.execute("LOCK TABLE ledger.orders")
        with pytest.raises(LedgerUnavailable, match="busy"):
            await reads.order(1)
        assert await reads.position() == 0
    assert await reads.order(1) is None
    await reads.close()
