"""An order session that one connection holds: opened on it, kept while it lives, lost with it.

The core ends a session that nobody keeps, so its span there is short: should this process die, the orders go
within that span. A client that is to send heartbeats of its own gets at most what is left of its own time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from openbell.core import codes
from openbell.gateway.order_body import encode_session
from openbell.gateway.order_sessions import STATUSES, ask, new_number, say
from openbell.gateway.problems import Problem
from openbell.gateway.stream import messages
from openbell.gateway.stream.messages import Id
from openbell.gateway.times import NS_PER_MS, NS_PER_S, milliseconds

if TYPE_CHECKING:
    from openbell.gateway.stream.connection import Connection

SPAN_NS = 10 * NS_PER_S
# How much must be won for the node to be asked.
WORTH_NS = NS_PER_S
RETRY_S = 0.25
NEVER = (1 << 63) - 1


class OrderSession:
    """The order session of `connection` for `account`.

    Args:
        cancel_after_ms: how long it lives without a heartbeat of the client; None: as long as the connection.
    """

    def __init__(self, connection: Connection, account: int, cancel_after_ms: int | None) -> None:
        self.account = account
        self.number = new_number()
        self._connection = connection
        self._hub = connection.hub
        self._services = connection.hub.services
        self._cancel_after_ms = cancel_after_ms
        # Until when the client's last heartbeat is good, and until when the core keeps the session.
        self._deadline = NEVER
        self._due = 0
        self._over = False
        self._asked: Id = None

    def open(self, given: Id) -> None:
        """Begin; the answer comes from the node."""
        self._hub.hold(self)
        self._hear(None)
        self._hub.spawn(self._open(given))

    def heartbeat(self, cancel_after_ms: int | None, given: Id) -> None:
        """The client is there, and perhaps wants another span from now on."""
        self._hear(cancel_after_ms)
        self._hub.spawn(self._keep(given, tell=True))

    def renew(self) -> None:
        """Keep the session on the client's behalf, where that wins time."""
        if self._due and min(self._now() + SPAN_NS, self._deadline) - self._due > WORTH_NS:
            self._hub.spawn(self._keep(None, tell=False))

    def end(self, cancel: bool, given: Id) -> None:
        """The client ends it; its orders stay, unless they are to be cancelled."""
        self._asked = given
        self._hub.spawn(self._end(codes.SESSION_LOST if cancel else codes.SESSION_END, given))

    def lose(self) -> None:
        """The connection is gone: so are the session's orders."""
        if not self._over:
            self._forget()
            self._hub.spawn(self._lose())

    def over(self, what: int, cancelled: int | None, seq: int) -> None:
        """The core has ended it; `what` is one of codes.SESSION_*, `cancelled` None where nobody knows."""
        if not self._over:
            self._forget()
            self._tell(self._asked, what, None, cancelled, seq)

    def _hear(self, cancel_after_ms: int | None) -> None:
        self._cancel_after_ms = cancel_after_ms or self._cancel_after_ms
        if self._cancel_after_ms is not None:
            self._deadline = self._now() + self._cancel_after_ms * NS_PER_MS

    def _now(self) -> int:
        return self._services.clock.now()

    def _span(self) -> int:
        return max(1, min(SPAN_NS, self._deadline - self._now()))

    async def _ask(self, op: int, span_ns: int = 0) -> Any:
        return await ask(self._services, self.account, self.number, op, span_ns)

    async def _open(self, given: Id) -> None:
        try:
            answer = await self._ask(codes.SESSION_OPEN, self._span())
        except Problem as problem:
            self._forget()
            self._refuse(given, problem)
            return
        self._due = answer.limit
        self._tell(given, codes.SESSION_OPEN, self._kept_until(), 0, answer.seq)

    async def _keep(self, given: Id, tell: bool) -> None:
        services = self._services
        try:
            answer = await say(services, self.account, self.number, codes.SESSION_KEEP, self._span())
        except Problem as problem:
            if tell:
                self._refuse(given, problem)
            return
        if answer.code != codes.E_OK:
            # The event stream tells how it ended, unless that was lost with a part of the stream.
            await services.reached(answer.seq)
            self.over(codes.SESSION_LAPSED, None, answer.seq)
            return
        self._due = answer.limit
        if tell and not self._over:
            self._tell(given, codes.SESSION_KEEP, self._kept_until(), 0, answer.seq)

    async def _end(self, op: int, given: Id) -> None:
        try:
            answer = await self._ask(op)
        except Problem as problem:
            if not self._over:
                self._refuse(given, problem)
            return
        self.over(op, answer.count, answer.seq)

    async def _lose(self) -> None:
        """Tell the node, until it has heard or the session has lapsed by itself."""
        while True:
            try:
                await self._ask(codes.SESSION_LOST)
                return
            except Problem as problem:
                if not problem.retryable or self._now() > self._due + SPAN_NS:
                    return
            await asyncio.sleep(RETRY_S)

    def _kept_until(self) -> int:
        """Until when the client need not be heard: its own deadline, or what the core keeps it for."""
        return self._due if self._deadline == NEVER else self._deadline

    def _forget(self) -> None:
        self._over = True
        self._hub.release(self)
        if self._connection.order_session is self:
            self._connection.order_session = None

    def _refuse(self, given: Id, problem: Problem) -> None:
        self._connection.say(
            messages.Error(ts=self._hub.ts(), id=given, code=problem.code, detail=problem.detail)
        )

    def _tell(self, given: Id, what: int, until: int | None, cancelled: int | None, seq: int) -> None:
        self._connection.say(
            messages.SessionMessage(
                ts=self._hub.ts(),
                id=given,
                session_id=encode_session(self.number),
                status=STATUSES[what],
                cancel_after_ms=self._cancel_after_ms,
                kept_until=None if until is None else milliseconds(until),
                cancelled=cancelled,
                seq=seq,
            )
        )
