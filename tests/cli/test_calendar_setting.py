"""The calendar is chosen when an exchange begins; later starts find it, and refuse to be told another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openbell.cli.up import calendar_name
from openbell.market.calendar import calendar_of
from openbell.node import role
from openbell.node.client import NodeClient
from openbell.ops.settings import Settings, SettingsError

SMALL = {
    "genesis_accounts": 64,
    "genesis_instruments": 4,
    "genesis_positions": 64,
    "genesis_orders": 64,
    "genesis_ended_orders": 64,
    "genesis_requests": 256,
    "genesis_levels": 64,
}


async def begin(settings: Settings) -> bytes:
    """Run the node of an exchange once; its genesis."""
    stop, ready = asyncio.Event(), asyncio.Event()
    node = asyncio.create_task(role.run(settings, stop, ready.set))
    try:
        client = await NodeClient.connect(settings.node_socket, "test", "test")
        genesis = client.genesis
        await client.close()
        return genesis
    finally:
        stop.set()
        await node


def test_a_new_exchange_is_always_open_unless_told_otherwise(tmp_path: Path) -> None:
    assert calendar_name(Settings.load({}, data_dir=tmp_path)) == "always"
    assert calendar_name(Settings.load({}, data_dir=tmp_path, calendar="XNYS")) == "XNYS"


async def test_an_exchange_keeps_the_calendar_that_it_began_with(tmp_path: Path) -> None:
    genesis = await begin(Settings.load({}, data_dir=tmp_path, calendar="class", **SMALL))
    assert calendar_of(genesis).name == "class"
    assert calendar_name(Settings.load({}, data_dir=tmp_path)) == "class"
    assert calendar_name(Settings.load({}, data_dir=tmp_path, calendar="class")) == "class"
    with pytest.raises(SettingsError, match="began with the calendar class and keeps it, not always"):
        calendar_name(Settings.load({}, data_dir=tmp_path, calendar="always"))


def test_a_calendar_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="OPENBELL_CALENDAR='XLON' cannot be used"):
        Settings.load({"OPENBELL_CALENDAR": "XLON"})
