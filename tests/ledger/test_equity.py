"""A day roll is a batch of its own and leaves one row an account, whoever writes it and however often."""

from __future__ import annotations

import asyncio
import random

import pytest

from openbell.core import codes, records
from openbell.ledger import equity
from openbell.ledger.balances import CannotApply
from openbell.ledger.store import LedgerStore, PositionMoved
from tests.ledger.stream import SHARE, START, USD, Stream, genesis, opened_market


def rolled(stream: Stream, date: int, close: int) -> None:
    """A day roll that fixes one instrument's close."""
    stream.event(codes.EV_CLOSE, instrument=0, price=close, quantity=date)
    stream.event(codes.EV_DAY, quantity=date)
    stream.unit(codes.C_DAY_ROLL, bytes(records.DayRoll(date=date)))


def day_market() -> Stream:
    """An opened market that buys 10 of 100.00, closes at 103.00, and is quiet for a day."""
    stream = opened_market()
    maker = stream.order(4, codes.SELL, 10 * SHARE, 100 * USD)
    stream.buy_from(maker, 4, 5, 10 * SHARE, 100 * USD)
    rolled(stream, 20231115, 103 * USD)
    stream.transfer(4, 5, 100 * USD)
    rolled(stream, 20231116, 0)  # no close is known: the reference counts
    return stream


async def rows(store: LedgerStore) -> list[tuple[int, ...]]:
    query = "SELECT account, date, cash, holdings, base FROM ledger.equity ORDER BY date, account"
    return await (await store.connection.execute(query)).fetchall()


EXPECTED = [
    # What account 4 had: 990 shares and 1,000 USD; the day began with nothing, and 1,000 shares were issued.
    (4, 20231115, 1_000 * USD, 103 * 990 * USD, 100 * 1_000 * USD),
    (5, 20231115, 99_000 * USD, 1_030 * USD, 100_000 * USD),
    (4, 20231116, 900 * USD, 100 * 990 * USD, 900 * USD + 103 * 990 * USD),
    (5, 20231116, 99_100 * USD, 1_000 * USD, 99_100 * USD + 1_030 * USD),
]


async def test_a_roll_keeps_each_accounts_cash_shares_and_base(store: LedgerStore) -> None:
    await store.apply(await store.adopt(genesis(), START), day_market().units)
    assert await rows(store) == EXPECTED


async def test_batches_of_any_size_leave_the_same_rows(store: LedgerStore) -> None:
    stream, dice = day_market(), random.Random(4)
    position = await store.adopt(genesis(), START)
    while position < stream.position:
        store.forget()
        position = await store.apply(position, stream.units[position - 1 :][: dice.randint(1, 4)])
    assert await rows(store) == EXPECTED


async def test_two_ledgers_that_roll_the_same_day_leave_its_rows_once(
    store: LedgerStore, database: str
) -> None:
    stream = day_market()
    other = await LedgerStore.connect(database)
    position = await store.adopt(genesis(), START)
    results = await asyncio.gather(
        store.apply(position, stream.units), other.apply(position, stream.units), return_exceptions=True
    )
    await other.close()
    # The slower one finds the position moved, or balances that its units have made already.
    assert [result for result in results if not isinstance(result, Exception)] == [stream.position]
    assert any(isinstance(result, PositionMoved | CannotApply) for result in results)
    assert await rows(store) == EXPECTED


async def test_an_account_without_shares_that_did_nothing_gets_no_row(store: LedgerStore) -> None:
    stream = opened_market()
    stream.open(6)
    stream.deposit(6, 50 * USD)
    rolled(stream, 20231115, 100 * USD)
    rolled(stream, 20231116, 100 * USD)
    await store.apply(await store.adopt(genesis(), START), stream.units)
    found = [(account, date) for account, date, *_ in await rows(store)]
    assert (6, 20231115) in found
    assert (6, 20231116) not in found
    assert (4, 20231116) in found


def test_a_roll_is_a_part_by_itself() -> None:
    stream = day_market()
    sizes = [len(part) for part in equity.parts(stream.units)]
    assert sum(sizes) == len(stream.units)
    assert [equity.has_roll(part[0]) for part in equity.parts(stream.units)] == [False, True, False, True]


async def test_a_batch_that_hides_a_roll_is_refused(store: LedgerStore) -> None:
    position = await store.adopt(genesis(), START)
    with pytest.raises(AssertionError):
        await store.prepare(position, day_market().units)
