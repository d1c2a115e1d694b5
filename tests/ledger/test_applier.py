"""Batches are prepared ahead of what is written, and nothing comes of it when that fails."""

from __future__ import annotations

import pytest

from openbell.core import codes
from openbell.ledger import applier as applying
from openbell.ledger.applier import Applier, Stopped
from openbell.ledger.store import LedgerStore, PositionMoved
from tests.ledger.stream import SHARE, START, USD, Stream, genesis, opened_market


async def cash(store: LedgerStore) -> dict[int, int]:
    cursor = await store.connection.execute("SELECT account, cash FROM ledger.accounts WHERE account > 3")
    return dict(await cursor.fetchall())


def paying(stream: Stream, times: int) -> None:
    for _ in range(times):
        stream.transfer(5, 4, USD)


async def test_batches_prepared_ahead_build_on_each_other(store: LedgerStore) -> None:
    stream = opened_market()
    paying(stream, 30)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        for start in range(0, len(stream.units), 3):
            await applier.apply(stream.units[start : start + 3], more=start + 3 < len(stream.units))
        assert applier.position == stream.position
    assert await cash(store) == {4: 30 * USD, 5: 100_000 * USD - 30 * USD}


async def test_what_is_remembered_is_bounded(store: LedgerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "REMEMBERED_MAX", 1)
    stream = opened_market()
    paying(stream, 10)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        for unit in stream.units:
            await applier.apply([unit], more=True)
            assert store.remembered <= 2
    assert await cash(store) == {4: 10 * USD, 5: 100_000 * USD - 10 * USD}


async def test_a_batch_that_fails_while_the_next_is_prepared_stops_both(store: LedgerStore) -> None:
    stream = opened_market()
    good = stream.position
    stream.cancel(999, 4, codes.SELL, SHARE, USD)
    paying(stream, 5)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        await applier.apply(stream.units[: good - 1], more=True)
        await applier.apply(stream.units[good - 1 : good], more=True)
        with pytest.raises(Stopped) as stopped:
            await applier.apply(stream.units[good:])
    assert stopped.value.seq == good + 1
    assert await store.position() == good


async def test_a_ledger_that_was_overtaken_does_not_mistake_that_for_a_contradiction(
    store: LedgerStore, database: str
) -> None:
    stream = opened_market()
    paying(stream, 5)
    faster = await LedgerStore.connect(database)
    position = await store.adopt(genesis(), START)
    await faster.apply(position, stream.units)
    await faster.close()
    async with Applier(store, position) as applier:
        with pytest.raises(PositionMoved):
            await applier.apply(stream.units)
    cursor = await store.connection.execute("SELECT stopped FROM ledger.reader")
    assert await cursor.fetchone() == ("",)


async def test_a_batch_that_fails_stops_all_that_were_prepared_after_it(store: LedgerStore) -> None:
    stream = opened_market()
    paying(stream, 3)
    good = stream.position
    stream.cancel(999, 4, codes.SELL, SHARE, USD)
    paying(stream, 6)
    stopped = None
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        for unit in stream.units:
            try:
                await applier.apply([unit], more=True)
            except Stopped as error:
                stopped = error
                break
    assert stopped is not None
    assert stopped.seq == good + 1
    assert await store.position() == good
    assert await cash(store) == {4: 3 * USD, 5: 100_000 * USD - 3 * USD}


async def test_leaving_in_the_middle_of_writing_leaves_whole_batches(
    store: LedgerStore, database: str
) -> None:
    stream = opened_market()
    paying(stream, 40)
    async with Applier(store, await store.adopt(genesis(), START)) as applier:
        for start in range(0, len(stream.units), 5):
            await applier.apply(stream.units[start : start + 5], more=True)
    await store.close()
    later = await LedgerStore.connect(database)
    position = await later.position()
    await later.apply(position, stream.units[position - 1 :])
    assert await cash(later) == {4: 40 * USD, 5: 100_000 * USD - 40 * USD}
    await later.close()
