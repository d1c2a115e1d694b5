"""What the portfolio's past asks: days with and without rows, movements between marks, opening grants."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import AsyncIterator

import pytest

from openbell.core import codes
from openbell.ledger.portfolio_reads import PortfolioReads
from openbell.ledger.reads import NEWEST, LedgerReads
from openbell.ledger.store import LedgerStore
from openbell.ledger.tables import CASH, KIND_BUST
from tests.ledger.market import RandomMarket
from tests.ledger.stream import SECOND, SHARE, START, USD, Stream, genesis, opened_market
from tests.ledger.test_equity import rolled


@pytest.fixture
async def reads(database: str) -> AsyncIterator[PortfolioReads]:
    ledger = LedgerReads(database)
    yield PortfolioReads(ledger)
    await ledger.close()


async def applied(store: LedgerStore, stream: Stream) -> None:
    position = await store.adopt(genesis(), START)
    await store.apply(position, stream.units[position - 1 :])


async def test_days_without_a_row_are_there_and_empty(store: LedgerStore, reads: PortfolioReads) -> None:
    stream = opened_market()
    rolled(stream, 20231115, 100 * USD)
    first = stream.position
    rolled(stream, 20231116, 101 * USD)
    await applied(store, stream)
    days = await reads.days(5, 0, NEWEST)
    assert [(day["date"], day["cash"], day["holdings"], day["base"]) for day in days] == [
        (20231115, 100_000 * USD, 0, 100_000 * USD),
        (20231116, None, None, None),
    ]
    assert [day["date"] for day in await reads.days(5, 0, first)] == [20231115]
    assert [day["date"] for day in await reads.days(5, days[0]["ts"], NEWEST)] == [20231116]
    last = await reads.day_before(5, days[1]["ts"])
    assert last is not None
    assert last["date"] == 20231115
    assert await reads.day_before(5, days[0]["ts"] - 1) is None
    roll = await reads.last_roll(NEWEST, days[1]["ts"] - 1)
    assert roll is not None
    assert roll["seq"] == first


async def test_flows_lie_between_the_marks_that_they_happened_between(
    store: LedgerStore, reads: PortfolioReads
) -> None:
    stream = opened_market()
    begun = stream.position + 1
    maker = stream.order(4, codes.SELL, 10 * SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 100 * USD, fee=USD)
    bought = stream.position
    stream.transfer(5, 4, 50 * USD)
    await applied(store, stream)
    marks = [START + bought * SECOND, START + (bought + 1) * SECOND]
    found = await reads.flows(5, begun, START, NEWEST, marks)
    assert [(row["bucket"], row["asset"], row["amount"], row["moved"]) for row in found] == [
        (1, CASH, -1_001 * USD, 0),
        (1, 0, 10 * SHARE, 0),
        (2, CASH, -50 * USD, -50 * USD),
    ]
    without = await reads.flows(5, begun, START, bought, [])
    assert [(row["bucket"], row["asset"]) for row in without] == [(0, CASH), (0, 0)]


async def test_a_grant_is_what_an_account_was_opened_with(store: LedgerStore, reads: PortfolioReads) -> None:
    stream = opened_market()
    stream.transfer(5, 4, 100 * USD)
    stream.cash[6] = 0
    stream.event(codes.EV_ACCOUNT, account=6, status=codes.AC_OPEN, order_type=codes.KIND_DEMO)
    stream.cash[4] -= 100 * USD
    stream.cash[6] += 100 * USD
    stream.cash_event(4, -100 * USD, 6, codes.C_OPEN_ACCOUNT)
    stream.cash_event(6, 100 * USD, 4, codes.C_OPEN_ACCOUNT)
    stream.open(7)  # ends the unit, and opens another account without a grant
    opened = START + stream.position * SECOND
    await applied(store, stream)
    assert await reads.grant(6, opened) == 100 * USD
    assert await reads.grant(7, opened) == 0
    assert await reads.grant(4, opened) == 0


async def test_flows_are_the_sums_of_every_fill_and_movement(store: LedgerStore, database: str) -> None:
    """Row by row in Python, as they are summed in one query."""
    market = RandomMarket(17)
    for _ in range(6):
        market.set_fees()
        market.run(100)
        market.bust()
    await store.apply(await store.adopt(market.genesis, START), market.units)
    ledger = LedgerReads(database)
    dice, compared = random.Random(17), 0
    for account in (4, *market.accounts):
        seqs = sorted(dice.sample(range(market.position), 2))
        times = sorted(START + dice.randint(0, market.position) * SECOND for _ in range(5))
        marks, to_ts = times[:4], times[4]
        expected: dict[tuple[int, int], list[int]] = {}
        for ts, asset, amount, moved in await every_change(ledger, account, seqs[0], seqs[1]):
            if START + seqs[0] * SECOND <= ts < to_ts:
                sums = expected.setdefault((bisect_right(marks, ts), asset), [0, 0])
                sums[0] += amount
                sums[1] += moved
        found = await PortfolioReads(ledger).flows(
            account, seqs[0], START + seqs[0] * SECOND, seqs[1], marks, to_ts
        )
        rows = {(row["bucket"], row["asset"]): [row["amount"], row["moved"]] for row in found}
        assert rows == expected
        assert list(rows) == sorted(rows)
        compared += len(rows)
    await ledger.close()
    assert compared > 20


async def every_change(
    ledger: LedgerReads, account: int, first: int, last: int
) -> list[tuple[int, int, int, int]]:
    """(ts, asset, amount, moved) of each fill's and each movement's effect in commands `first` to `last`."""
    arguments = {"account": account, "first": first, "last": last}
    where = "WHERE account = %(account)s AND seq BETWEEN %(first)s AND %(last)s"
    changes = []
    for fill in await ledger.rows(f"SELECT * FROM ledger.fills {where}", arguments):
        sign = 1 if fill["side"] == codes.BUY else -1
        changes.append((fill["ts"], CASH, -sign * fill["value"] - fill["fee"], 0))
        changes.append((fill["ts"], fill["instrument"], sign * fill["quantity"], 0))
    for move in await ledger.rows(f"SELECT * FROM ledger.moves {where}", arguments):
        moved = 0 if move["kind"] == KIND_BUST else move["amount"]
        changes.append((move["ts"], move["asset"], move["amount"], moved))
    return changes
