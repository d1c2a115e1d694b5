"""The opening stock: who gets what, and that a broken-off start ends as a whole one does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from openbell.cli import bootstrap
from openbell.core import codes
from openbell.core.records import QUANTITY_SCALE
from openbell.identity.account_id import decode_account
from openbell.identity.tokens import Signer
from openbell.market.instruments import INSTRUMENTS
from openbell.node import role
from openbell.node.client import NodeClient, OutcomeUnknown
from openbell.ops.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    small = {"genesis_accounts": 256, "genesis_positions": 8_192, "genesis_orders": 1_024}
    return Settings.load({}, data_dir=tmp_path, makers=7, traders=5, **small)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[NodeClient]:
    """A client of a real node over an empty folder."""
    stop = asyncio.Event()
    node = asyncio.create_task(role.run(settings, stop, lambda: None))
    client = await NodeClient.connect(settings.node_socket, "test", "admin")
    yield client
    await client.close()
    stop.set()
    await node


class Breaking:
    """A client whose link is lost after `count` commands, as a killed node's is."""

    def __init__(self, client: NodeClient, count: int) -> None:
        self.query = client.query
        self.genesis = client.genesis
        self._client = client
        self._left = count

    async def send(self, command: bytearray) -> Any:
        self._left -= 1
        if self._left < 0:
            raise OutcomeUnknown("the link was lost")
        return await self._client.send(command)


async def state(client: NodeClient) -> tuple[Any, ...]:
    """All that the opening stock is: cash, listings, and what each account holds."""
    totals = (await client.query("totals"))["data"]
    listed = (await client.query("instruments"))["data"]
    accounts = [(await client.query("account", account=number))["data"] for number in range(4, 18)]
    return (
        {key: totals[key] for key in ("cash", "deposits", "withdrawals", "accounts")},
        [(one["symbol"], one["issued"]) for one in listed],
        [
            (
                one["cash"],
                sorted((row["instrument"], row["quantity"], row["cost"]) for row in one["positions"]),
            )
            for one in accounts
            if one
        ],
    )


async def test_every_company_is_issued_and_each_share_has_an_owner(
    client: NodeClient, settings: Settings
) -> None:
    await bootstrap.run(client, settings, lambda done, total: None)
    totals, listed, accounts = await state(client)
    assert [symbol for symbol, _ in listed] == [listing.symbol for listing in INSTRUMENTS]
    assert len(accounts) == 1 + 7 + 5
    assert totals["cash"] == totals["deposits"] == bootstrap.HOUSE_CASH
    for number, (_, issued) in enumerate(listed):
        assert issued == sum(q for _, rows in accounts for instrument, q, _ in rows if instrument == number)


async def test_participants_get_tokens_that_the_gateway_takes(client: NodeClient, settings: Settings) -> None:
    await bootstrap.run(client, settings, lambda done, total: None)
    rows = json.loads(settings.participants_file.read_bytes())["participants"]
    assert [row["role"] for row in rows] == ["maker"] * 7 + ["trader"] * 5
    signer = Signer(settings.session_key_file)
    assert all(signer.check(row["token"]).account == decode_account(row["account"]) for row in rows)
    assert settings.participants_file.stat().st_mode & 0o777 == 0o600


async def test_a_start_that_broke_off_anywhere_ends_like_a_whole_one(
    client: NodeClient, settings: Settings
) -> None:
    for count in (0, 1, 2, 300, 700, 1_010, 1_017, 2_000):
        with contextlib.suppress(OutcomeUnknown):
            await bootstrap.run(Breaking(client, count), settings, lambda done, total: None)  # type: ignore[arg-type]
    await bootstrap.run(client, settings, lambda done, total: None)
    once = await state(client)
    totals, listed, accounts = once
    assert totals["deposits"] == bootstrap.HOUSE_CASH
    assert len(listed) == len(INSTRUMENTS)
    rows = bootstrap.plan(INSTRUMENTS, range(5, 12), range(12, 17))
    held = {
        (number + 4, instrument): q for number, (_, have) in enumerate(accounts) for instrument, q, _ in have
    }
    assert all(held[account, INSTRUMENTS.index(listing)] == quantity for account, listing, quantity in rows)
    assert len(accounts) == 13
    await bootstrap.run(client, settings, lambda done, total: None)
    assert await state(client) == once


def test_every_stock_has_one_maker_and_three_traders_and_no_more_than_was_issued() -> None:
    rows = bootstrap.plan(INSTRUMENTS, range(5, 65), range(65, 125))
    for listing in INSTRUMENTS:
        mine = [(account, quantity) for account, one, quantity in rows if one is listing]
        assert len({account for account, _ in mine}) == 4
        assert sum(account < 65 for account, _ in mine) == 1
        assert all(quantity >= 100 * QUANTITY_SCALE for _, quantity in mine)
        assert sum(quantity for _, quantity in mine) < bootstrap.shares(bootstrap.ISSUED_VALUE, listing)


@pytest.mark.parametrize(("calendar", "flags"), [("always", 0), ("class", codes.AUCTIONS)])
async def test_instruments_have_auctions_where_the_calendar_has_them(
    tmp_path: Path, calendar: str, flags: int
) -> None:
    small = {"genesis_accounts": 64, "genesis_positions": 2_048, "genesis_orders": 64}
    settings = Settings.load({}, data_dir=tmp_path, makers=1, traders=1, calendar=calendar, **small)
    stop = asyncio.Event()
    node = asyncio.create_task(role.run(settings, stop, lambda: None))
    client = await NodeClient.connect(settings.node_socket, "test", "admin")
    await bootstrap.run(client, settings, lambda done, total: None)
    listed = (await client.query("instruments"))["data"]
    await client.close()
    stop.set()
    await node
    assert {one["flags"] for one in listed} == {flags}
