"""All connections of one gateway process: who listens to what, and the clocks that tell them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any

from picows import WSListener, WSUpgradeRequest, WSUpgradeResponseWithListener

from openbell.core import codes
from openbell.core.records import Event
from openbell.gateway.auth import COOKIE, read_cookie
from openbell.gateway.problems import CONTENT_TYPE, not_found
from openbell.gateway.services import Services
from openbell.gateway.socket_protocol import refuse
from openbell.gateway.stream import messages
from openbell.gateway.stream.connection import (
    CLOSE_CROWDED,
    CLOSE_RESTART,
    CLOSE_SESSION,
    Connection,
)
from openbell.gateway.stream.group import Group
from openbell.gateway.stream.order_session import OrderSession
from openbell.gateway.stream.orders import OrdersFeed
from openbell.gateway.tail import Entry, PrivateTail, UnitLike
from openbell.gateway.times import milliseconds
from openbell.identity.tokens import Session, TokenError

logger = logging.getLogger(__name__)

PATHS = ("/v1/stream", "/api/v1/stream")
STEP_MS = 50
HEARTBEAT_S = 5.0
BEATS_A_STEP_MAX = 200
CONNECTIONS_MAX = 10_000
CONNECTIONS_AN_ADDRESS_MAX = 1_000
RECONNECT_AFTER_MS = 1_000
RENEW_MS = 3_000  # how often order sessions are looked after
FINISH_S = 2.0


class Hub:
    """The stream's centre."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.behind: set[Connection] = set()
        # In the order of their coming: when there are too many, the oldest goes.
        self._connections: dict[Connection, None] = {}
        self._by_address: dict[str, dict[Connection, None]] = {}
        self._groups: dict[int, Group] = {}
        self._orders: dict[int, set[OrdersFeed]] = {}
        # When each connection's next heartbeat is due, the first to come at the left.
        self._beats: deque[tuple[float, Connection]] = deque()
        self._order_sessions: dict[tuple[int, int], OrderSession] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    # -- connections ---------------------------------------------------------------------------------

    def listener(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        """The listener of a new connection, or the answer that refuses it."""
        path = request.path.split(b"?", 1)[0].decode("latin-1")
        if path not in PATHS:
            problem = not_found(f"The stream is at {PATHS[0]}.")
            return refuse(problem.status, problem.body("-"), CONTENT_TYPE.decode())
        return Connection(self, self._cookie_session(request))

    def _cookie_session(self, request: WSUpgradeRequest) -> Session | None:
        """The session of the browser's cookie, if its page is ours: another site's page is a stranger."""
        origin, host = request.headers.get("origin"), request.headers.get("host")
        cookie = read_cookie(request.headers.get("cookie", ""), COOKIE)
        if cookie is None or origin is None or origin.partition("://")[2] != host:
            return None
        try:
            return self.services.signer.check(cookie)
        except TokenError:
            return None

    def add(self, connection: Connection) -> None:
        """Take in a connection; where there are too many, the oldest makes room."""
        if self._closing:
            connection.close(CLOSE_RESTART, "the server restarts")
            return
        near = self._by_address.setdefault(connection.address, {})
        for crowd, most in ((near, CONNECTIONS_AN_ADDRESS_MAX), (self._connections, CONNECTIONS_MAX)):
            if len(crowd) >= most:
                oldest = next(iter(crowd))
                oldest.close(CLOSE_CROWDED, "too many connections; the newest stay")
                self.remove(oldest)
        self._connections[connection] = None
        self._beats.append((time.monotonic() + HEARTBEAT_S, connection))
        self._by_address.setdefault(connection.address, {})[connection] = None

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.pop(connection, None)
        self.behind.discard(connection)
        near = self._by_address.get(connection.address)
        if near is not None:
            near.pop(connection, None)
            if not near:
                del self._by_address[connection.address]

    def __len__(self) -> int:
        return len(self._connections)

    def group(self, interval_ms: int) -> Group:
        """The group of an interval, rounded up to a step."""
        rounded = -(-interval_ms // STEP_MS) * STEP_MS
        group = self._groups.get(rounded)
        if group is None:
            group = self._groups[rounded] = Group(self.services.board, rounded)
        return group

    # -- orders --------------------------------------------------------------------------------------

    def listen(self, feed: OrdersFeed) -> None:
        """Give `feed` the entries of its account from now on."""
        self._orders.setdefault(feed.account, set()).add(feed)

    def unlisten(self, feed: OrdersFeed) -> None:
        """Give `feed` no more."""
        feeds = self._orders.get(feed.account)
        if feeds is not None:
            feeds.discard(feed)
            if not feeds:
                del self._orders[feed.account]

    def tell(self, entries: Sequence[Entry]) -> None:
        """Pass on what a unit did to orders."""
        for entry in entries:
            for feed in list(self._orders.get(entry.account, ())):
                feed.take(entry)

    async def restart(self, position: int) -> None:
        """The event stream begins anew after `position`, with a gap before it."""
        self.services.tail = PrivateTail(position)
        for feeds in list(self._orders.values()):
            for feed in list(feeds):
                await feed.resync("the gateway lost the exchange for a while")

    # -- order sessions ------------------------------------------------------------------------------

    def hold(self, session: OrderSession) -> None:
        """Look after an order session that a connection holds."""
        self._order_sessions[(session.account, session.number)] = session

    def release(self, session: OrderSession) -> None:
        """Look after it no more."""
        self._order_sessions.pop((session.account, session.number), None)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what an order session asks of the node; `finish` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end_sessions(self, unit: UnitLike) -> None:
        """Tell the holders of order sessions that a unit ended."""
        if not self._order_sessions:
            return
        for offset in range(0, len(unit.events), Event.SIZE):
            if unit.events[offset] == codes.EV_SESSION:
                event = Event.from_buffer_copy(unit.events, offset)
                held = self._order_sessions.get((event.account, event.observed))
                if held is not None and event.order_type not in (codes.SESSION_OPEN, codes.SESSION_KEEP):
                    held.over(event.order_type, event.quantity, unit.seq)

    async def finish(self) -> None:
        """Let what order sessions have asked of the node come to its end, for a moment."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_S)

    # -- clocks --------------------------------------------------------------------------------------

    def ts(self) -> int:
        """The exchange's time, Unix milliseconds."""
        return milliseconds(self.services.clock.now())

    def publish(self) -> None:
        """Hand what the board has changed to the groups; those without an interval send at once."""
        changes = self.services.board.drain()
        for group in self._groups.values():
            group.gather(changes)
        raw = self._groups.get(0)
        if raw is not None:
            raw.flush()

    async def run(self) -> None:
        """Flush groups as they are due, settle what is owed, send heartbeats, keep order sessions."""
        renew_ms = 0
        while True:
            await asyncio.sleep(STEP_MS / 1000)
            now_ms = int(time.monotonic() * 1000)
            try:
                if now_ms >= renew_ms:
                    renew_ms = now_ms + RENEW_MS
                    for held in list(self._order_sessions.values()):
                        held.renew()
                await self._step(now_ms)
                self._beat()
            except Exception:
                logger.exception("A step of the stream failed")

    async def _step(self, now_ms: int) -> None:
        for interval, group in list(self._groups.items()):
            if group.empty:
                if interval:
                    group.clear()
            elif interval and now_ms >= group.due_ms:
                group.due_ms = now_ms - now_ms % interval + interval
                for _ in group.steps():
                    await asyncio.sleep(0)
        for connection in list(self.behind):
            connection.settle()

    def _beat(self) -> None:
        """Send the heartbeats that are due, a bounded number in one step."""
        moment, now = time.monotonic(), time.time()
        beat = b""
        for _ in range(min(BEATS_A_STEP_MAX, len(self._beats))):
            due, connection = self._beats[0]
            if due > moment:
                break
            self._beats.popleft()
            if connection not in self._connections:
                continue
            self._beats.append((moment + HEARTBEAT_S, connection))
            session = connection.session
            if session is not None and session.expires <= now:
                connection.close(CLOSE_SESSION, "the session ended")
            elif connection not in self.behind:
                beat = beat or messages.frame(messages.Heartbeat(ts=self.ts(), seq=self.services.board.seq))
                connection.write(beat)

    def shut_down(self) -> None:
        """Tell everyone to come back in a moment, and end every connection."""
        self._closing = True
        bye = messages.Shutdown(ts=self.ts(), reconnect_after_ms=RECONNECT_AFTER_MS)
        for connection in list(self._connections):
            connection.say(bye)
            connection.close(CLOSE_RESTART, "the server restarts")
