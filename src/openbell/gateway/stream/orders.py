"""One connection's orders channel: a snapshot or a resume, then every update of the account in order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openbell.gateway.problems import Problem
from openbell.gateway.stream import messages
from openbell.gateway.stream.messages import Id, frame
from openbell.gateway.stream.updates import entry_updates, snapshot_updates
from openbell.gateway.tail import Entry, KnownOrders

if TYPE_CHECKING:
    from openbell.gateway.stream.connection import Connection

ROWS_MAX = 1_000
BACKLOG_MAX = 10_000
TOO_LONG_AGO = "what you ask to resume from is no longer kept here"
FROM_THE_FUTURE = "lastSeq is no position that this exchange has reached"


class OrdersFeed:
    """The orders channel of `connection` for `account`."""

    def __init__(self, connection: Connection, account: int) -> None:
        self.account = account
        self._connection = connection
        self._hub = connection.hub
        self._known = KnownOrders()
        # Up to which position the client has been told.
        self._seq = 0
        # What comes while the start is being fetched; None once the client is told directly.
        self._backlog: list[Entry] | None = []
        self._task: asyncio.Task[None] | None = None

    def open(self, last_seq: int | None, given: Id) -> None:
        """Begin; the answer comes when the node has told the working orders."""
        self._hub.listen(self)
        self._task = asyncio.get_running_loop().create_task(self._start(last_seq, given))

    def close(self) -> None:
        """End."""
        self._hub.unlisten(self)
        if self._task is not None:
            self._task.cancel()

    def take(self, entry: Entry) -> None:
        """Tell the client of `entry`, or keep it until the start has been told."""
        if self._backlog is None:
            self._tell([entry])
            return
        self._backlog.append(entry)
        if len(self._backlog) > BACKLOG_MAX:
            self._connection.close(4008, "the orders could not be told in time")

    async def resync(self, reason: str) -> None:
        """The gateway itself lost the thread: begin again with a snapshot."""
        self._backlog = []
        await self._start(None, None, reason)

    async def _start(self, last_seq: int | None, given: Id, reason: str | None = None) -> None:
        hub, connection = self._hub, self._connection
        try:
            seq, working = await self._rows("working")
            resumed = None
            if last_seq is not None:
                resumed = hub.services.tail.since(self.account, last_seq)
                if last_seq > seq:
                    resumed, reason = None, FROM_THE_FUTURE
                elif resumed is None:
                    reason = TOO_LONG_AGO
                else:
                    # Orders that have ended since are told of too, with what is known of them.
                    self._known.learn((await self._rows("ended"))[1])
                    resumed = hub.services.tail.since(self.account, last_seq) or []
        except Problem as problem:
            connection.drop_orders()
            connection.say(messages.Error(ts=hub.ts(), id=given, code="UNAVAILABLE", detail=problem.detail))
            return
        self._known.learn(working)
        backlog, self._backlog = self._backlog or [], None
        if last_seq is not None and resumed is not None:
            self._seq = last_seq
            self._say_subscribed(given, last_seq)
            self._tell(resumed)
        else:
            self._seq = seq
            self._tell_snapshot(working, seq, given, reason)
        self._tell(backlog)

    async def _rows(self, status: str) -> tuple[int, list[dict[str, Any]]]:
        return await self._hub.services.query(
            "orders", account=self.account, status=status, instrument=None, before=0, limit=ROWS_MAX
        )

    def _say_subscribed(self, given: Id, seq: int) -> None:
        self._connection.say(
            messages.Subscribed(ts=self._hub.ts(), id=given, channels=["orders"], symbols=[], seq=seq)
        )

    def _tell_snapshot(
        self, rows: Sequence[Mapping[str, Any]], seq: int, given: Id, reason: str | None
    ) -> None:
        self._say_subscribed(given, seq)
        if reason is not None:
            self._connection.say(messages.Resync(ts=self._hub.ts(), channel="orders", seq=seq, reason=reason))
        updates = snapshot_updates(rows, seq, self._hub.services.clock.now(), self._hub.services.symbol)
        self._connection.write(b"".join(map(frame, updates)))

    def _tell(self, entries: Sequence[Entry]) -> None:
        symbol_of = self._hub.services.symbol
        frames: list[bytes] = []
        for entry in entries:
            if entry.seq > self._seq:
                self._seq = entry.seq
                frames.extend(map(frame, entry_updates(entry, self._known, symbol_of)))
        if frames:
            self._connection.write(b"".join(frames))
