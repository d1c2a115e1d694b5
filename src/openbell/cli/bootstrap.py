"""What an empty exchange needs before it opens: a house, instruments, participants with means and tokens.

Every step looks at what the exchange has and carries a request key, so that a start after a broken-off
one goes on where that ended, and a start of a whole exchange changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from openbell.core import codes, records
from openbell.core.layout import Record
from openbell.identity.account_id import encode_account
from openbell.identity.admin_token import load_admin_token
from openbell.identity.tokens import Signer
from openbell.market.calendar import calendar_of
from openbell.market.instruments import INSTRUMENTS, TICK_SIZE, Listing
from openbell.node.client import NodeClient
from openbell.ops.postgres import write_private
from openbell.ops.settings import Settings

REALM = 1
HOUSE = records.FIRST_ACCOUNT
FOREVER = 2**62
IN_FLIGHT = 256

USD = records.CASH_SCALE
SHARE = records.QUANTITY_SCALE
HOUSE_CASH = 50_000_000_000 * USD
ISSUED_VALUE = 1_000_000_000 * USD  # of each instrument, at its reference price
MAKER_VALUE = 3_000_000 * USD  # what a maker holds of each stock it quotes, in shares and again in cash
TRADER_VALUE = 400_000 * USD  # what a trader holds of each of its stocks
TRADER_CASH = 15_000_000 * USD
TRADERS_PER_STOCK = 3

MARKET_COLLAR = 500  # basis points
LIMIT_COLLAR = 1_000
MIN_NOTIONAL = 1 * USD
TIER = 1  # of price bands: the companies of the S&P 500
DUPLICATE_WINDOW_NS = 500_000_000  # two clicks within it are one wish; of the app's orders only

TOKEN_SECONDS = 365 * 86_400.0
TOKEN_RATE = 5_000  # trading messages a second: the opening quotes come unmetered

Report = Callable[[int, int], None]


class BootstrapRefused(RuntimeError):
    """The exchange refused a step; the message says which and why."""


async def run(client: NodeClient, settings: Settings, report: Report) -> None:
    """Bring the exchange to where participants can trade; `report` is told (done, total) commands.

    Raises:
        BootstrapRefused: the exchange refused a command.
        NodeUnavailable, OutcomeUnknown: the node went away; the next start goes on.
    """
    sender = _Sender(client, report)
    if (await client.query("account", account=HOUSE))["data"] is None:
        await sender.send([("house", _open(codes.KIND_HOUSE, 0))])
    if (await client.query("totals"))["data"]["deposits"] == 0:
        # The window first: with the cash there, this step counts as done.
        await sender.send([("duplicate window", _window()), ("cash", _deposit(HOUSE_CASH))])
    numbers = await _list(client, sender, codes.AUCTIONS if calendar_of(client.genesis).auctions else 0)
    accounts = await _participants(client, sender, settings)
    makers, traders = accounts[: settings.makers], accounts[settings.makers :]
    await sender.send(await _missing_shares(client, plan(INSTRUMENTS, makers, traders), numbers))
    write_participants(settings, makers, traders)
    load_admin_token(settings.admin_token_file)


async def _list(client: NodeClient, sender: _Sender, flags: int) -> dict[str, int]:
    """List (with `flags`) and issue what is not; each symbol's number."""
    listed = {one["symbol"] for one in (await client.query("instruments"))["data"]}
    await sender.send(
        (f"list {listing.symbol}", _listing(listing, flags))
        for listing in INSTRUMENTS
        if listing.symbol not in listed
    )
    found = (await client.query("instruments"))["data"]
    numbers = {one["symbol"]: int(one["instrument"]) for one in found}
    issued = {one["symbol"] for one in found if one["issued"]}
    await sender.send(
        (f"issue {listing.symbol}", _issue(listing, numbers[listing.symbol]))
        for listing in INSTRUMENTS
        if listing.symbol not in issued
    )
    return numbers


async def _participants(client: NodeClient, sender: _Sender, settings: Settings) -> list[int]:
    """The accounts of the participants, makers first; as many as the settings ask for are opened."""
    wanted = settings.makers + settings.traders
    found = await client.query("idle_accounts", kind=codes.KIND_PARTICIPANT, before_ts=FOREVER, limit=wanted)
    accounts = sorted(int(account) for account in found["data"])
    stocks_each = -(-len(INSTRUMENTS) // settings.makers)
    grants = [MAKER_VALUE * stocks_each] * settings.makers + [TRADER_CASH] * settings.traders
    opened = await sender.send(
        (f"participant {number}", _open(codes.KIND_PARTICIPANT, grants[number]))
        for number in range(len(accounts), wanted)
    )
    return accounts + sorted(answer.account for answer in opened)


def plan(
    listings: Sequence[Listing], makers: Sequence[int], traders: Sequence[int]
) -> list[tuple[int, Listing, int]]:
    """Who gets what: (account, listing, quantity) for one maker and a few traders of each stock."""
    rows = []
    for i, listing in enumerate(listings):
        rows.append((makers[i % len(makers)], listing, shares(MAKER_VALUE, listing)))
        for k in range(min(TRADERS_PER_STOCK, len(traders))):
            rows.append(
                (traders[(i * TRADERS_PER_STOCK + k) % len(traders)], listing, shares(TRADER_VALUE, listing))
            )
    return rows


def shares(value: int, listing: Listing) -> int:
    """Whole shares worth about `value`, at least 100, in units of quantity."""
    return max(100, value // listing.reference_price) * SHARE


async def _missing_shares(
    client: NodeClient, rows: Iterable[tuple[int, Listing, int]], numbers: dict[str, int]
) -> list[tuple[str, bytearray]]:
    """The transfers that were not made yet: of shares of which an account never had any."""
    held: dict[int, set[int]] = {}
    commands = []
    for account, listing, quantity in rows:
        if account not in held:
            view = (await client.query("account", account=account))["data"]
            held[account] = {int(position["instrument"]) for position in view["positions"]}
        number = numbers[listing.symbol]
        if number not in held[account]:
            commands.append((f"give {account} {listing.symbol}", _give(account, number, quantity)))
    return commands


def write_participants(settings: Settings, makers: Sequence[int], traders: Sequence[int]) -> None:
    """Write the participants' file (0600) with a new session token for each."""
    signer = Signer(settings.session_key_file)
    rows = [
        {
            "account": encode_account(account),
            "token": signer.issue(account, "participant", TOKEN_SECONDS, TOKEN_RATE),
            "role": role,
        }
        for role, accounts in (("maker", makers), ("trader", traders))
        for account in accounts
    ]
    write_private(settings.participants_file, json.dumps({"participants": rows}, indent=1) + "\n")


class _Sender:
    """Sends commands with request keys, many at a time, and stops at the first refusal."""

    def __init__(self, client: NodeClient, report: Report) -> None:
        self._client = client
        self._report = report
        self._done = self._total = 0

    async def send(self, commands: Iterable[tuple[str, bytearray]]) -> list[Any]:
        """Send the commands in this order; their answers. The name of each makes its request key."""
        batch = list(commands)
        self._total += len(batch)
        answers = []
        for start in range(0, len(batch), IN_FLIGHT):
            part = batch[start : start + IN_FLIGHT]
            answers += await asyncio.gather(*(self._one(name, command) for name, command in part))
            self._done += len(part)
            self._report(self._done, self._total)
        return answers

    async def _one(self, name: str, command: bytearray) -> Any:
        digest = hashlib.blake2b(f"bootstrap {name}".encode(), digest_size=16).digest()
        head = records.Header.from_buffer(command)
        head.key_low = int.from_bytes(digest[:8], "little")
        head.key_high = int.from_bytes(digest[8:], "little")
        answer = await self._client.send(command)
        if answer.code != codes.E_OK:
            reason = codes.REFUSAL_NAMES.get(answer.code, str(answer.code))
            raise BootstrapRefused(
                f"the exchange refused {name!r}: {reason} (limit {answer.limit}, observed {answer.observed})"
            )
        return answer


def _pack(type_: int, body: Record, **header: int) -> bytearray:
    return records.pack(type_, bytes(body), b"openbell up: opening stock", **header)


def _open(kind: int, grant: int) -> bytearray:
    source = HOUSE if grant else 0
    body = records.OpenAccount(grant=grant, source_account=source, group=0, kind=kind, realm=REALM)
    return _pack(codes.C_OPEN_ACCOUNT, body)


def _deposit(amount: int) -> bytearray:
    return _pack(codes.C_DEPOSIT, records.Amount(amount=amount), account=HOUSE)


def _window() -> bytearray:
    body = records.SetLimits(
        scope=codes.SCOPE_VENUE, flags=codes.LIMIT_DUPLICATE, duplicate_ns=DUPLICATE_WINDOW_NS
    )
    return _pack(codes.C_SET_LIMITS, body)


def _listing(listing: Listing, flags: int) -> bytearray:
    low, high = records.symbol_words(listing.symbol)
    body = records.List(
        symbol_low=low,
        symbol_high=high,
        tick_size=TICK_SIZE,
        lot_size=1,  # fractions down to the last digit
        min_notional=MIN_NOTIONAL,
        reference_price=listing.reference_price,
        last_lot=SHARE,
        market_collar=MARKET_COLLAR,
        limit_collar=LIMIT_COLLAR,
        flags=flags,
        realm=REALM,
        tier=TIER,
    )
    return _pack(codes.C_LIST, body)


def _issue(listing: Listing, number: int) -> bytearray:
    body = records.Issue(quantity=shares(ISSUED_VALUE, listing), price=listing.reference_price)
    return _pack(codes.C_ISSUE, body, account=HOUSE, instrument=number)


def _give(account: int, number: int, quantity: int) -> bytearray:
    body = records.Transfer(to_account=account, quantity=quantity)
    return _pack(codes.C_TRANSFER, body, account=HOUSE, instrument=number)
