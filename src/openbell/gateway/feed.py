"""What the exchange does, as it does it: the node's units for the board, the stream and the limits."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import Sequence

from openbell.core import codes
from openbell.core.records import Event, Header
from openbell.gateway.services import Services
from openbell.gateway.stream.hub import Hub
from openbell.market.feed import load
from openbell.node.client import NodeClient, NodeUnavailable, SubscribeError, Subscription, Unit

logger = logging.getLogger(__name__)

RETRY_S = 0.5
LOOK_EVERY_S = 0.05
# How far back a client can resume its orders after this process has started.
RESUMABLE_UNITS = 20_000
# What counts against an account's rate.
TRADING = (codes.C_NEW_ORDER, codes.C_NEW_GROUP, codes.C_MODIFY)
TYPE_AT: int = Header.type.offset
SOURCE = struct.Struct("<I")
SOURCE_AT: int = Header.source.offset
ACCOUNT = struct.Struct("<Q")
ACCOUNT_AT: int = Header.account.offset


class Feed:
    """Follows the node for one gateway process."""

    def __init__(self, services: Services, hub: Hub) -> None:
        self._services = services
        self._hub = hub
        self._units: Subscription | None = None
        # Units up to here are history: the board holds them, and they cost nobody anything.
        self._loaded = 0

    async def start(self) -> None:
        """Load the board and begin to follow; done when the first prices are there.

        Raises:
            NodeUnavailable: the node cannot be reached.
        """
        node: NodeClient = self._services.node
        subscription = node.subscribe(max(1, node.welcome.seq - RESUMABLE_UNITS))
        try:
            position = await subscription.start()
        except SubscribeError:
            # So far back it keeps no events: clients that ask for more are told to begin again.
            subscription = node.subscribe(None)
            position = await subscription.start()
        await load(self._services.board, node)
        await self._services.demo.load()
        self._loaded = self._services.board.seq
        self._date_the_quiet()
        await self._hub.restart(position)
        self._units = subscription

    def _date_the_quiet(self) -> None:
        """An instrument that has not traded yet has its quote as of now, not of 1970."""
        board, now = self._services.board, self._services.clock.now()
        for symbol in board.symbols():
            number = board.number(symbol)
            assert number is not None
            ticker = board.ticker(number)
            ticker.ts = ticker.ts or now
            ticker.book_ts = ticker.book_ts or now

    async def run(self) -> None:
        """Take units in until cancelled. What cannot be followed on is loaded anew."""
        while True:
            try:
                if self._units is None:
                    await self.start()
                assert self._units is not None
                async for units in self._units:
                    self.take(units)
            except NodeUnavailable:
                logger.info("The node is away")
            except Exception:
                logger.exception("The event stream broke off; it is loaded anew")
            if self._units is not None:
                await self._units.aclose()
                self._units = None
            await asyncio.sleep(RETRY_S)

    async def watch_feeds(self) -> None:
        """Publish what feeds from elsewhere say, until cancelled; at most a fifth of the time goes there."""
        while True:
            busy = 0.0
            try:
                steps = self._services.fed.steps()
                while True:
                    began = time.monotonic()
                    told = next(steps, None)
                    if told:
                        self._hub.publish()
                    busy += time.monotonic() - began
                    if told is None:
                        break
                    await asyncio.sleep(0)
            except Exception:
                logger.exception("A look at the feeds failed")
            await asyncio.sleep(max(LOOK_EVERY_S, 4 * busy))

    def take(self, units: Sequence[Unit]) -> None:
        """Take in units in log order, and publish what they changed."""
        services, hub = self._services, self._hub
        board, tail = services.board, services.tail
        for unit in units:
            board.apply(unit)
            if unit.seq > self._loaded:
                self._count(unit)
            hub.tell(tail.record(unit))
            hub.end_sessions(unit)
            self._accounts(unit)
        services.clock.observe(units[-1].ts)
        services.heard_ns = time.monotonic_ns()
        hub.publish()

    def _count(self, unit: Unit) -> None:
        """Other gateways' trading messages count here as well: an account has one rate, not one a process."""
        command = unit.command
        if command[TYPE_AT] in TRADING:
            source = SOURCE.unpack_from(command, SOURCE_AT)[0]
            if source != self._services.node.welcome.source:
                self._services.limiter.spend(ACCOUNT.unpack_from(command, ACCOUNT_AT)[0])

    def _accounts(self, unit: Unit) -> None:
        if unit.command[TYPE_AT] not in (codes.C_OPEN_ACCOUNT, codes.C_CLOSE_ACCOUNT):
            return
        for offset in range(0, len(unit.events), Event.SIZE):
            if unit.events[offset] == codes.EV_ACCOUNT:
                event = Event.from_buffer_copy(unit.events, offset)
                self._services.demo.observe(event.account, event.order_type, event.status)
