"""The hash table against a dictionary: by itself interpreted, through an exchange's indexes compiled."""

from __future__ import annotations

import random

import pytest

from openbell.core import codes, records, state
from tests.core import commands
from tests.core.driver import Core
from tests.core.scale import INTERPRETED

CELLS = 32
HOMES = (29, 30, 31, 0, 1)  # few, so that runs form, meet and wrap around the end
SPREAD = 256  # what a dense table drops of a key: an order id's index


@pytest.mark.skipif(not INTERPRETED, reason="compiled, the table is C")
@pytest.mark.parametrize("dense", [0, 8])
@pytest.mark.parametrize("seed", range(10))
def test_a_table_finds_what_a_dictionary_finds(dense: int, seed: int) -> None:
    from openbell.core.table import Table

    draw = random.Random(seed)
    table = Table((state.Cell * CELLS)(), dense)
    keys = [key for key in range(SPREAD, 800 * SPREAD, SPREAD) if table.home(key) in HOMES][:40]
    model: dict[int, int] = {}
    for slot in range(300):
        if len(model) < CELLS // 2 and draw.random() < 0.6:
            key = draw.choice([key for key in keys if key not in model])
            table.insert(key, slot)
            model[key] = slot
        else:
            key = draw.choice(keys)
            table.remove(key)
            model.pop(key, None)
        assert [table.find(key) for key in keys] == [model.get(key, -1) for key in keys]


@pytest.mark.skipif(not INTERPRETED, reason="compiled, the table is C")
def test_equal_keys_are_all_found() -> None:
    from openbell.core.table import Table

    table = Table((state.Cell * CELLS)(), 0)
    for slot in range(4):
        table.insert(77, slot)
    for slot in range(4, 8):
        table.insert(78, slot)
    cell, found = table.first(77), []
    while cell >= 0:
        found.append(table.cells[cell].value)
        cell = table.following(cell, 77)
    assert sorted(found) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_exchange_finds_every_order_and_request_it_keeps(seed: int) -> None:
    """Entered, ended and forgotten in any order, on tables that stay nearly half full."""
    draw = random.Random(seed)
    core = Core(commands.genesis(orders=7, ended_orders=9, requests=16, ended_per_account=100, slice=1))
    ts = commands.START
    for command in (commands.listing("AAPL"), commands.open_account(), commands.deposit(4, 10**12)):
        core.apply(commands.sequenced(command, core.exchange.position + 1, ts))
    orders: dict[int, int] = {}  # id -> key
    for key in range(1, 400):
        seq = core.exchange.position + 1
        if orders and draw.random() < 0.4:
            command = commands.cancel(4, draw.choice(list(orders)))
        else:
            command = commands.order(
                4, 0, codes.BUY, 10**6, 10**8, header={"key_low": key << 32, "key_high": key}
            )
            orders[records.make_id(0, seq)] = key
        core.apply(commands.sequenced(command, seq, ts))
        assert_found(core, orders)
    assert len(orders) > 10


def assert_found(core: Core, orders: dict[int, int]) -> None:
    """Each kept order is found by id and by key, to the same end; a forgotten one by neither."""
    exchange = core.exchange
    kept = 0
    for order, key in orders.items():
        slot = exchange.lookup_order(order)
        request = exchange.lookup_request(4, key << 32, key)
        assert (slot < 0) == (request < 0)
        if slot >= 0:
            kept += 1
            assert exchange.memory["tickets"][slot].id == order
            assert exchange.memory["requests"][request].ticket == slot
    assert kept == exchange.memory["scalars"][0].tickets
