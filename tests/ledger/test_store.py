"""Units become rows, exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from openbell.core import codes
from openbell.ledger import store as storing
from openbell.ledger.balances import CannotApply
from openbell.ledger.store import LedgerStore, PositionMoved
from tests.ledger.stream import SHARE, START, USD, Stream, genesis, opened_market


@pytest.fixture(autouse=True, params=[1, 1_000_000], ids=["by column", "by row"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds however the rows of a batch are made."""
    monkeypatch.setattr(storing, "BY_COLUMN_FROM", request.param)


async def rows(store: LedgerStore, query: str) -> list[tuple[Any, ...]]:
    cursor = await store.connection.execute(query.encode())
    return await cursor.fetchall()


async def applied(store: LedgerStore, stream: Stream) -> int:
    """Apply all of a stream that the ledger has not seen."""
    position = await store.adopt(genesis(), START)
    return await store.apply(position, stream.units[position - 1 :])


async def test_a_new_ledger_holds_the_exchanges_own_accounts(store: LedgerStore) -> None:
    assert await store.adopt(genesis(), START) == 1
    assert await rows(store, "SELECT account, kind, cash FROM ledger.accounts ORDER BY 1") == [
        (1, codes.KIND_CLEARING, 0),
        (2, codes.KIND_FEES, 0),
        (3, codes.KIND_ERROR, 0),
    ]


async def test_adopting_again_returns_the_position(store: LedgerStore) -> None:
    stream = opened_market()
    last = await applied(store, stream)
    assert await store.adopt(genesis(), START) == last == stream.position


async def test_the_ledger_of_another_exchange_is_refused(store: LedgerStore) -> None:
    await store.adopt(genesis(), START)
    with pytest.raises(CannotApply, match="another database"):
        await store.adopt(genesis() + b"\0", START)


async def test_a_fill_moves_cash_and_shares_between_the_two_accounts(store: LedgerStore) -> None:
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 10 * SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 100 * USD)
    await applied(store, stream)
    assert await rows(store, "SELECT account, cash, realised FROM ledger.accounts WHERE account > 3") == [
        (4, 1_000 * USD, 100 * USD),
        (5, 99_000 * USD, 0),
    ]
    assert await rows(store, "SELECT account, quantity, cost, realised FROM ledger.holdings ORDER BY 1") == [
        (4, 990 * SHARE, 89_100 * USD, 100 * USD),
        (5, 10 * SHARE, 1_000 * USD, 0),
    ]


async def test_each_fill_posts_cash_and_shares_through_clearing(store: LedgerStore) -> None:
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 10 * SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 100 * USD)
    last = await applied(store, stream)
    entries = await rows(
        store,
        f"SELECT asset, debit, credit, amount FROM ledger.entries WHERE seq = {last} ORDER BY index, leg",
    )
    assert entries == [
        (-1, 5, 1, 1_000 * USD),
        (0, 1, 5, 10 * SHARE),
        (-1, 1, 4, 1_000 * USD),
        (0, 4, 1, 10 * SHARE),
    ]


async def test_postings_give_the_balances_back(store: LedgerStore) -> None:
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 10 * SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 100 * USD, fee=7)
    stream.transfer(5, 4, 250 * USD)
    await applied(store, stream)
    balances = await rows(
        store,
        "SELECT account, asset, sum(amount)::bigint FROM ledger.postings WHERE account > 0 "
        "GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2",
    )
    held = await rows(
        store,
        "SELECT account, -1, cash FROM ledger.accounts WHERE cash <> 0 UNION ALL "
        "SELECT account, instrument, quantity FROM ledger.holdings ORDER BY 1, 2",
    )
    assert balances == held
    assert (2, -1, 14) in balances


async def test_an_order_of_an_earlier_batch_takes_its_fill_and_keeps_its_price(store: LedgerStore) -> None:
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 10 * SHARE, 101 * USD, "first")
    await applied(store, stream)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 101 * USD)
    last = await applied(store, stream)
    assert await rows(
        store,
        "SELECT status, price, filled, leaves, notional, seq, client_id FROM ledger.orders "
        f"WHERE order_id = {maker}",
    ) == [(codes.ST_FILLED, 101 * USD, 10 * SHARE, 0, 1_010 * USD, last, "first")]


async def test_a_cancel_in_the_same_batch_ends_the_order(store: LedgerStore) -> None:
    stream = opened_market()
    order = stream.order(4, codes.SELL, 10 * SHARE, 101 * USD)
    stream.cancel(order, 4, codes.SELL, 10 * SHARE, 101 * USD)
    await applied(store, stream)
    assert await rows(store, "SELECT status, reason, leaves, seq - created_ts * 0 FROM ledger.orders") == [
        (codes.ST_CANCELLED, codes.WHY_USER, 0, stream.position)
    ]


async def test_a_rejected_order_is_stored_with_its_reason(store: LedgerStore) -> None:
    stream = opened_market()
    stream.event(
        codes.EV_REJECTED,
        order=99,
        account=(1 << 64) - 1,
        instrument=0xFFFFFFFF,
        status=codes.ST_REJECTED,
        code=codes.E_UNKNOWN_ACCOUNT,
        limit=5,
        observed=6,
    )
    stream.new_order(5, "a\tb\\c\nd\0")
    await applied(store, stream)
    assert await rows(
        store, "SELECT account, status, code, limit_value, observed, client_id FROM ledger.orders"
    ) == [(-1, codes.ST_REJECTED, codes.E_UNKNOWN_ACCOUNT, 5, 6, "a\tb\\c\nd\\x00")]


async def test_a_batch_at_an_old_position_writes_nothing(store: LedgerStore, database: str) -> None:
    stream = opened_market()
    slower = await LedgerStore.connect(database)
    position = await slower.adopt(genesis(), START)
    batch = await slower.prepare(position, stream.units)
    last = await applied(store, stream)
    before = await rows(store, "SELECT * FROM ledger.entries")
    with pytest.raises(PositionMoved):
        await slower.write(position, batch)
    assert await rows(store, "SELECT * FROM ledger.entries") == before
    assert await store.adopt(genesis(), START) == last
    await slower.close()


async def test_a_gap_in_the_stream_is_refused(store: LedgerStore) -> None:
    stream = opened_market()
    position = await store.adopt(genesis(), START)
    with pytest.raises(CannotApply, match="command 3 where 2 was due"):
        await store.apply(position, stream.units[1:])


async def test_a_balance_that_differs_from_the_exchanges_is_refused(store: LedgerStore) -> None:
    stream = opened_market()
    stream.cash[5] += 1
    stream.deposit(5, 100)
    with pytest.raises(CannotApply, match="the exchange says"):
        await applied(store, stream)


async def test_a_change_of_an_unknown_order_is_refused(store: LedgerStore) -> None:
    stream = opened_market()
    stream.cancel(12345, 4, codes.SELL, SHARE, USD)
    with pytest.raises(CannotApply, match="1 of 1 changed orders"):
        await applied(store, stream)


async def test_money_that_only_one_side_of_a_transfer_sees_is_refused(store: LedgerStore) -> None:
    stream = opened_market()
    stream.cash[5] -= 10
    stream.cash_event(5, -10, 4, codes.C_TRANSFER)
    stream.unit(codes.C_TRANSFER, bytes(24 + 8))
    with pytest.raises(CannotApply, match="unmatched"):
        await applied(store, stream)


async def test_a_sale_of_more_than_is_held_is_refused(store: LedgerStore) -> None:
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 1_001 * SHARE, USD)
    stream.buy_from(maker, 4, 5, 1_001 * SHARE, USD)
    with pytest.raises(CannotApply, match="which holds"):
        await applied(store, stream)
