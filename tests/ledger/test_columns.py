"""Large batches make their rows by column; what contradicts the ledger stops it at the same command."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from openbell.core import codes, records
from openbell.ledger import store as storing
from openbell.ledger.applier import Applier, Stopped
from openbell.ledger.settlement import sums_to_nothing
from openbell.ledger.store import LedgerStore
from tests.ledger.stream import SHARE, START, USD, Stream, genesis, opened_market

MANY = 3 * storing.BY_COLUMN_FROM


def trading(stream: Stream, times: int) -> None:
    for _ in range(times):
        maker = stream.order(4, codes.SELL, SHARE // 100, 100 * USD)
        stream.buy_from(maker, 4, 5, SHARE // 100, 100 * USD)


def unknown(stream: Stream) -> None:
    stream.event(99)
    stream.tick()


def cut(stream: Stream) -> None:
    stream.cancel(stream.order(4, codes.SELL, SHARE, USD), 4, codes.SELL, SHARE, USD)
    stream.units[-1].events = stream.units[-1].events[:-1]


def one_sided(stream: Stream) -> None:
    maker = stream.order(4, codes.SELL, SHARE, USD)
    stream.buy_from(maker, 4, 5, SHARE, USD)
    stream.units[-1].events = stream.units[-1].events[: -records.Event.SIZE]


def sold_twice(stream: Stream) -> None:
    maker = stream.order(5, codes.SELL, 900 * SHARE, USD)
    stream.cash[4] = 0
    stream.buy_from(maker, 5, 4, 900 * SHARE, USD)


def nobody(stream: Stream) -> None:
    maker = stream.order(4, codes.SELL, SHARE, USD)
    stream.cash[77] = 0
    stream.buy_from(maker, 4, 77, SHARE, USD)


def too_dear(stream: Stream) -> None:
    maker = stream.order(4, codes.SELL, SHARE, 99_999 * USD)
    stream.buy_from(maker, 4, 5, SHARE, 99_999 * USD)


def other_cash(stream: Stream) -> None:
    stream.cash[5] += 1
    stream.deposit(5, 1)


def beyond_signed(stream: Stream) -> None:
    stream.accepted(1 << 63, 4, codes.SELL, SHARE, USD)
    stream.new_order(4)


def never_entered(stream: Stream) -> None:
    stream.cancel(12345, 4, codes.SELL, SHARE, USD)


def no_such_code(stream: Stream) -> None:
    stream.event(codes.EV_REJECTED, order=records.make_id(0, stream.position + 1), account=5, code=1 << 15)
    stream.new_order(5)


FAULTS = (
    unknown,
    cut,
    one_sided,
    sold_twice,
    nobody,
    too_dear,
    other_cash,
    beyond_signed,
    never_entered,
    no_such_code,
)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_contradiction_in_a_large_batch_stops_the_ledger_before_its_command(
    store: LedgerStore, fault: Callable[[Stream], None]
) -> None:
    stream = opened_market()
    trading(stream, MANY)
    good = stream.position
    fault(stream)
    # An order that something hangs on is entered in a command of its own before.
    bad = good + (2 if fault in (cut, one_sided, sold_twice, nobody, too_dear) else 1)
    trading(stream, 20)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        with pytest.raises(Stopped) as stopped:
            await applier.apply(stream.units)
    assert stopped.value.seq == bad
    assert await store.position() == bad - 1
    cursor = await store.connection.execute("SELECT count(*) FROM ledger.trades")
    assert await cursor.fetchone() == (MANY,)


async def test_a_batch_that_only_rows_can_take_is_taken_in_parts(store: LedgerStore) -> None:
    stream = opened_market()
    trading(stream, MANY)
    later = records.make_id(0, stream.position + 2)
    stream.cancel(later, 4, codes.SELL, SHARE, USD)
    stream.order(4, codes.SELL, SHARE, USD)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        await applier.apply(stream.units)
        assert applier.position == stream.position
    cursor = await store.connection.execute("SELECT status FROM ledger.orders WHERE order_id = %s", (later,))
    assert await cursor.fetchone() == (codes.ST_CANCELLED,)


async def test_clients_ids_of_any_bytes_and_lengths_are_kept(store: LedgerStore) -> None:
    stream = opened_market()
    texts = ["", "a", "ä", "a\tb", "\\N", "x" * 48, "nul\0", "日本"] * storing.BY_COLUMN_FROM
    ids = [stream.order(4, codes.SELL, SHARE, USD, text) for text in texts]
    await store.apply(await store.adopt(genesis(), START), stream.units)
    cursor = await store.connection.execute("SELECT order_id, client_id FROM ledger.orders")
    wanted = [text.replace("\0", "\\x00") for text in texts]
    assert dict(await cursor.fetchall()) == dict(zip(ids, wanted, strict=True))


@pytest.mark.parametrize(
    ("numbers", "nothing"),
    [
        ([5, -5, 1, 2, -3], True),
        ([5, -5, 1, 2, -2], False),
        ([5, -4, -1, 0, 0], False),
        ([1 << 62, -(1 << 62), 1 << 62, -(1 << 61), -(1 << 61)], True),
        ([0, 0, 1 << 62, 1 << 62, 0], False),
    ],
)
def test_sums_are_looked_at_run_by_run(numbers: list[int], nothing: bool) -> None:
    assert sums_to_nothing(np.array(numbers), np.array([0, 2])) == nothing


def test_a_sum_of_two_to_the_sixty_fourth_is_not_nothing() -> None:
    assert not sums_to_nothing(np.array([1 << 62] * 4), np.array([0]))
