"""Demo accounts: opened with the house's paper money, bounded in number, returned when idle."""

from __future__ import annotations

import logging
from typing import Any

from openbell.core import codes, records
from openbell.node.client import NodeClient

logger = logging.getLogger(__name__)

HOUSE = records.FIRST_ACCOUNT
REALM = 1
GRANT = 100_000 * records.CASH_SCALE
VALID_FOR_NS = 5_000_000_000
FOREVER = 2**62
SWEEP_BATCH = 500


class DemoFull(Exception):
    """As many demo accounts are open as may be; `most` says how many."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most:,} demo accounts are open, and no more may be; try again later")
        self.most = most


class DemoRefused(Exception):
    """The exchange refused to open an account, with one of codes.E_* and its two numbers."""

    def __init__(self, code: int, limit: int, observed: int) -> None:
        super().__init__(f"opening a demo account was refused: {codes.REFUSAL_NAMES.get(code, code)}")
        self.code = code
        self.limit = limit
        self.observed = observed


class DemoAccounts:
    """Opens demo accounts and knows which are open: `load` once, then `observe` each account event."""

    def __init__(self, node: NodeClient, most: int) -> None:
        self._node = node
        self._most = most
        self._open: set[int] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def load(self) -> None:
        """Ask the node which demo accounts are open.

        Raises:
            NodeUnavailable: the node cannot be asked now.
        """
        found = await self._node.query(
            "idle_accounts", kind=codes.KIND_DEMO, before_ts=FOREVER, limit=self._most + 1
        )
        self._open = set(found["data"])

    def observe(self, account: int, kind: int, status: int) -> None:
        """Take in an EV_ACCOUNT of the event stream."""
        if kind != codes.KIND_DEMO:
            return
        if status == codes.AC_CLOSED:
            self._open.discard(account)
        else:
            self._open.add(account)

    async def open(self, now: int) -> int:
        """Open an account with GRANT in cash; its number.

        Args:
            now: the node's time, ns UTC.

        Raises:
            DemoFull: as many are open as may be.
            DemoRefused: the exchange refused.
            NodeUnavailable, OutcomeUnknown: as `NodeClient.send` says. An account whose opening was never
                told to anybody is idle from the start and returns by itself.
        """
        if len(self._open) >= self._most:
            raise DemoFull(self._most)
        body = records.OpenAccount(
            grant=GRANT, source_account=HOUSE, group=0, kind=codes.KIND_DEMO, realm=REALM
        )
        command = records.pack(codes.C_OPEN_ACCOUNT, bytes(body), valid_until=now + VALID_FOR_NS)
        answer: Any = await self._node.send(command)
        if answer.code != codes.E_OK:
            raise DemoRefused(answer.code, answer.limit, answer.observed)
        self._open.add(answer.account)
        return int(answer.account)


async def sweep(node: NodeClient, idle_ns: int) -> int:
    """Close the demo accounts whose last activity is `idle_ns` ago or longer; how many were closed.

    Cash and shares go back to the house. What the exchange refuses is logged and left for the next sweep.

    Raises:
        NodeUnavailable, OutcomeUnknown: the node is away; closing twice does no harm.
    """
    status = await node.query("status")
    now = status["data"]["time"]
    found = await node.query(
        "idle_accounts", kind=codes.KIND_DEMO, before_ts=now - idle_ns, limit=SWEEP_BATCH
    )
    closed = 0
    for account in found["data"]:
        body = bytes(records.Close(to_account=HOUSE))
        command = records.pack(codes.C_CLOSE_ACCOUNT, body, account=account, valid_until=now + VALID_FOR_NS)
        answer: Any = await node.send(command)
        if answer.code == codes.E_OK:
            closed += 1
        else:
            reason = codes.REFUSAL_NAMES.get(answer.code, answer.code)
            logger.warning("Could not close demo account %d: %s", account, reason)
    return closed
