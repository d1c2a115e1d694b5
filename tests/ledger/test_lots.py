"""The lots that are left are what a queue of purchases leaves, whatever happened to the shares."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import pytest

from openbell.core import codes, view
from openbell.ledger import events as ev
from openbell.ledger.lots import FIRST_PAGE, Lot, read_lots
from openbell.ledger.reads import LedgerReads
from openbell.ledger.store import LedgerStore
from tests.ledger.market import RandomMarket
from tests.ledger.stream import SHARE, START, USD, Stream, genesis, opened_market

Queue = deque[list[int]]  # quantity left, quantity, cost, trade


def take(queue: Queue, quantity: int) -> None:
    """Take shares out of a queue of lots, the oldest first."""
    while quantity:
        taken = min(quantity, queue[0][0])
        queue[0][0] -= taken
        quantity -= taken
        if not queue[0][0]:
            queue.popleft()


def queues(market: RandomMarket) -> dict[tuple[int, int], Queue]:
    """Each holding's lots, event by event; of markets without busts."""
    found: dict[tuple[int, int], Queue] = {}
    for unit in market.units:
        for event in ev.unpack(unit.events):
            queue = found.setdefault((event[ev.ACCOUNT], event[ev.INSTRUMENT]), deque())
            quantity = event[ev.QUANTITY]
            if event[ev.TYPE] == codes.EV_FILL:
                if event[ev.SIDE] == codes.BUY:
                    queue.append([quantity, quantity, event[ev.OBSERVED], event[ev.TRADE]])
                else:
                    take(queue, quantity)
            elif event[ev.TYPE] == codes.EV_SHARES:
                if quantity > 0:
                    queue.append([quantity, quantity, event[ev.NOTIONAL], 0])
                else:
                    take(queue, -quantity)
    return found


async def all_lots(reads: LedgerReads, account: int, instrument: int, page: int) -> list[Lot]:
    """Every lot, read page by page."""
    found: list[Lot] = []
    after = FIRST_PAGE
    while True:
        more = (await read_lots(reads, account, instrument, after, page)).lots
        found += more
        if len(more) < page:
            return found
        after = more[-1].place


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_lots_are_what_a_queue_leaves(store: LedgerStore, database: str, seed: int) -> None:
    market = RandomMarket(seed)
    market.bust = market.cancel_all  # type: ignore[method-assign]
    market.run(700)
    await store.apply(await store.adopt(market.genesis, START), market.units)
    reads = LedgerReads(database)
    compared = 0
    for (account, instrument), queue in queues(market).items():
        if account < 4:
            continue
        lots = await all_lots(reads, account, instrument, random.Random(seed).choice((1, 3, 1000)))
        assert [(lot.open, lot.quantity, lot.cost, lot.trade) for lot in lots] == [
            tuple(lot) for lot in reversed(queue)
        ]
        compared += len(lots)
    await reads.close()
    assert compared > 50


async def test_open_quantities_add_up_to_the_holding_with_busts_too(
    store: LedgerStore, database: str
) -> None:
    market = RandomMarket(8)
    for _ in range(10):
        market.run(80)
        market.bust()
        market.bust()
    await store.apply(await store.adopt(market.genesis, START), market.units)
    reads = LedgerReads(database)
    account, seen = 4, 0
    while (shown := view.account(market.exchange, account)) is not None:
        for position in shown["positions"]:
            found = await read_lots(reads, account, position["instrument"], limit=100_000)
            assert (found.held, found.held_cost) == (position["quantity"], position["cost"])
            assert sum(lot.open for lot in found.lots) == position["quantity"]
            assert all(0 < lot.open <= lot.quantity for lot in found.lots)
            seen += 1
        account += 1
    await reads.close()
    assert seen > 10


def bought(stream: Stream, *purchases: tuple[int, int]) -> None:
    for shares, price in purchases:
        maker = stream.order(4, codes.SELL, shares * SHARE, price * USD)
        stream.buy_from(maker, 4, 5, shares * SHARE, price * USD)


async def test_the_oldest_lot_is_left_in_part_with_its_part_of_the_cost(
    store: LedgerStore, database: str
) -> None:
    stream = opened_market()
    bought(stream, (3, 100), (2, 110))
    maker = stream.order(5, codes.SELL, SHARE, 120 * USD)
    stream.buy_from(maker, 5, 4, SHARE, 120 * USD)
    await store.apply(await store.adopt(genesis(), START), stream.units)
    reads = LedgerReads(database)
    found = await read_lots(reads, 5, 0)
    await reads.close()
    assert [(lot.open // SHARE, lot.quantity // SHARE, lot.open_cost) for lot in found.lots] == [
        (2, 2, 220 * USD),
        (2, 3, 200 * USD),
    ]
    assert found.held == 4 * SHARE


async def test_new_purchases_between_two_pages_move_nothing_on_the_second(
    store: LedgerStore, database: str
) -> None:
    stream = opened_market()
    bought(stream, (1, 100), (2, 101), (3, 102))
    position = await store.apply(await store.adopt(genesis(), START), stream.units)
    reads = LedgerReads(database)
    first = await read_lots(reads, 5, 0, limit=1)
    bought(stream, (4, 103))
    await store.apply(position, stream.units[position - 1 :])
    second = await read_lots(reads, 5, 0, first.lots[-1].place, limit=10)
    await reads.close()
    assert [lot.quantity // SHARE for lot in [*first.lots, *second.lots]] == [3, 2, 1]


async def test_what_was_never_held_has_no_lots(store: LedgerStore, database: str) -> None:
    await store.apply(await store.adopt(genesis(), START), opened_market().units)
    reads = LedgerReads(database)
    found = await read_lots(reads, 5, 0)
    await reads.close()
    assert (found.held, found.held_cost, found.lots) == (0, 0, [])


def test_cost_that_does_not_divide_is_lost_nowhere() -> None:
    facts: dict[str, Any] = {"place": (1, 0, 1), "ts": 0, "kind": 1, "order": 1, "trade": 1}
    whole = [Lot(**facts, quantity=3, open=left, cost=100).open_cost for left in (3, 2, 1)]
    assert whole == [100, 67, 34]
    assert Lot(**facts, quantity=3, open=1, cost=None).open_cost is None
