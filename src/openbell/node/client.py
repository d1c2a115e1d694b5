"""The node's asyncio client: commands, queries and the event stream, through reconnects.

client = await NodeClient.connect(path, name="gateway-1", role="gateway")
answer = await client.send(command)
account = (await client.query("account", account=5))["data"]
async for units in client.subscribe(position, "ledger"):
    ...
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any

from openbell.core.records import Answer
from openbell.node.errors import NodeUnavailable, OutcomeUnknown, QueryError, SubscribeError
from openbell.node.link import Link, Welcome
from openbell.node.protocol import Unit
from openbell.node.subscription import Subscription

__all__ = [
    "NodeClient",
    "NodeUnavailable",
    "OutcomeUnknown",
    "QueryError",
    "SubscribeError",
    "Subscription",
    "Unit",
]

log = logging.getLogger(__name__)

RETRY_FIRST_S = 0.02
RETRY_MAX_S = 0.5


class NodeClient:
    """A connection to the node that comes back by itself. Make one with `connect`."""

    def __init__(self, path: Path, name: str, role: str) -> None:
        self.path = path
        self.name = name
        self.role = role
        self.closed = False
        self._welcome: Welcome | None = None
        self._link: Link | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._subscriptions: list[Subscription] = []

    @classmethod
    async def connect(cls, path: str | Path, name: str, role: str, retry_s: float = 30.0) -> NodeClient:
        """A client of the node whose socket is at `path`; tries for `retry_s` seconds.

        Args:
            path: the node's socket.
            name: who is asking, for the node's log.
            role: what it is: gateway, ledger, admin.
            retry_s: how long to wait for the node to open its door.

        Raises:
            NodeUnavailable: it did not open.
        """
        client = cls(Path(path), name, role)
        client._keeper = asyncio.create_task(client._keep(), name=f"node-client-{name}")
        try:
            async with asyncio.timeout(retry_s):
                await client._up.wait()
        except TimeoutError:
            await client.close()
            raise NodeUnavailable(f"the node's door {path} did not open in {retry_s:g} s") from None
        return client

    @property
    def connected(self) -> bool:
        """Whether a command could be sent now."""
        return self._link is not None and self._link.open

    @property
    def genesis(self) -> bytes:
        """The exchange's first command record."""
        return self.welcome.genesis

    @property
    def welcome(self) -> Welcome:
        """What the node said when it was last reached."""
        assert self._welcome is not None, "made by connect"
        return self._welcome

    async def send(self, command: bytes | bytearray) -> Any:
        """Have a command applied; its `Answer` record, once it is durable.

        A refusal is an answer with a code. A caller that stops waiting does not undo the command.

        Raises:
            NodeUnavailable: it was surely not sent.
            OutcomeUnknown: the link was lost after it was sent: it may or may not take effect.
        """
        if self._link is None:
            raise NodeUnavailable(f"no connection to the node at {self.path}")
        return Answer.from_buffer_copy(await self._link.send(command))

    async def query(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Read the node's memory: {"seq": the position of the state read, "data": as `core.view` gives it}.

        Raises:
            NodeUnavailable: no connection, or it was lost.
            QueryError: the node knows no such query, or not with these arguments.
        """
        if self._link is None:
            raise NodeUnavailable(f"no connection to the node at {self.path}")
        return await self._link.query({"name": name, **arguments})

    async def send_and_query(
        self, command: bytes | bytearray, name: str, **arguments: Any
    ) -> tuple[Any, dict[str, Any] | None]:
        """As `send` and then `query`, in one journey: the query reads what the command has made.

        The query's result is None if the link was lost between the two; `send` says what is raised.
        """
        if self._link is None:
            raise NodeUnavailable(f"no connection to the node at {self.path}")
        sent = self._link.send(command)
        asked = self._link.query({"name": name, **arguments})
        try:
            answer = Answer.from_buffer_copy(await sent)
        finally:
            asked.add_done_callback(_seen)
        with contextlib.suppress(NodeUnavailable):
            return answer, await asked
        return answer, None

    def subscribe(self, position: int | None, name: str | None = None) -> Subscription:
        """The units after `position` (None: from now on), then on as they happen, through reconnects.

        It uses a connection of its own: a slow consumer holds up nothing but itself.

        Args:
            position: the last sequence already seen.
            name: a reader's lasting name; the node keeps events until `ack` says they are safe.
        """
        subscription = Subscription(self.path, self.name, self.role, position, name)
        self._subscriptions = [one for one in self._subscriptions if not one.closed]
        self._subscriptions.append(subscription)
        return subscription

    async def ack(self, position: int) -> None:
        """Tell the node that this client's named reader will never again ask for units up to `position`."""
        for subscription in self._subscriptions:
            if subscription.name is not None:
                subscription.ack(position)

    async def close(self) -> None:
        """Close all connections. What is in flight ends as when a connection is lost."""
        self.closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        for subscription in self._subscriptions:
            await subscription.aclose()
        if self._link is not None:
            self._link.close()
        await asyncio.sleep(0)  # the transport says good-bye in the loop's next round

    async def _keep(self) -> None:
        """Connect, wait until the link is lost, connect again."""
        pause = RETRY_FIRST_S
        while True:
            try:
                link, welcome = await Link.open_to(self.path, self.name, self.role)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                log.debug("the node at %s is away: %s", self.path, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, RETRY_MAX_S)
                continue
            if self._welcome is not None and welcome.genesis != self._welcome.genesis:
                log.error("the node at %s now serves another exchange; start this process anew", self.path)
                link.close()
                await asyncio.sleep(RETRY_MAX_S)
                continue
            pause = RETRY_FIRST_S
            self._link, self._welcome = link, welcome
            self._up.set()
            await link.lost.wait()
            log.info("lost the node at %s", self.path)


def _seen(asked: asyncio.Future[Any]) -> None:
    """Look at what became of a query that nobody waits for, or Python complains of an error ignored."""
    if not asked.cancelled():
        asked.exception()
