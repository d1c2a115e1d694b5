"""The node's commands and queries over a core in this process: no log, no socket, the same exchange."""

from __future__ import annotations

from typing import Any

from openbell.core import codes, records, view
from openbell.core.exchange import Exchange

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
SHARE = records.QUANTITY_SCALE
USD = records.CASH_SCALE
HOUSE = records.FIRST_ACCOUNT


class CoreNode:
    """What identity needs of the node's client. Time stands still until `now` is set."""

    HOUSE_CASH = 1_000_000 * USD

    def __init__(self) -> None:
        body = records.Genesis(
            rules=records.RULES_VERSION,
            accounts=64,
            instruments=4,
            positions=256,
            orders=256,
            ended_orders=256,
            requests=512,
            levels=32,
            open_orders_per_account=20,
            ended_per_account=50,
            slice=64,
            request_ttl_ns=3_600 * SECOND,
            order_quantity_max=10**14,
            order_value_max=10**13,
        )
        genesis = records.pack(codes.C_GENESIS, bytes(body), b"{}", seq=1, ts=START)
        self.core = Exchange(bytes(genesis))
        self.now = START

    async def send(self, command: bytes | bytearray) -> Any:
        """Apply a command at `now`; its answer."""
        record = bytearray(command)
        head = records.Header.from_buffer(record)
        head.seq, head.ts = self.core.position + 1, self.now
        del head
        self.core.run(record, 0, len(record))
        answer = records.Answer.from_buffer_copy(self.core.answers(0, 1))
        self.core.clear()
        return answer

    async def query(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Read the core."""
        if name == "status":
            data: Any = {"time": self.now}
        elif name == "idle_accounts":
            data = view.idle_accounts(self.core, **arguments)
        else:
            data = view.account(self.core, arguments["account"])
        return {"seq": self.core.position, "data": data}

    async def prepare(self) -> None:
        """The house with cash, one listed instrument, and shares of it."""
        await self._done(codes.C_OPEN_ACCOUNT, records.OpenAccount(kind=codes.KIND_HOUSE, realm=1))
        await self._done(codes.C_DEPOSIT, records.Amount(amount=self.HOUSE_CASH), account=HOUSE)
        low, high = records.symbol_words("AAPL")
        listing = records.List(
            symbol_low=low,
            symbol_high=high,
            tick_size=100,
            lot_size=SHARE,
            reference_price=100 * USD,
            last_lot=SHARE,
            market_collar=500,
            limit_collar=1_000,
            realm=1,
        )
        await self._done(codes.C_LIST, listing)
        await self._done(codes.C_ISSUE, records.Issue(quantity=1_000 * SHARE, price=100 * USD), account=HOUSE)

    async def _done(self, kind: int, body: Any, **header: int) -> None:
        answer = await self.send(records.pack(kind, bytes(body), **header))
        assert answer.code == codes.E_OK, codes.REFUSAL_NAMES[answer.code]

    async def order(self, account: int, side: int, shares: int) -> Any:
        """A LIMIT order at 100 USD."""
        body = records.NewOrder(
            price=100 * USD, quantity=shares * SHARE, display=-1, side=side, order_type=codes.LIMIT
        )
        return await self.send(records.pack(codes.C_NEW_ORDER, bytes(body), account=account))
