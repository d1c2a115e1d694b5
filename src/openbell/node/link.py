"""One connection from a client to the node: many commands and queries in flight, answers as they come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import msgspec

from openbell.node.errors import NodeUnavailable, OutcomeUnknown, QueryError
from openbell.node.protocol import (
    ANSWER,
    COMMAND,
    ERROR,
    FRAME,
    HELLO,
    LENGTH_SIZE,
    OUTBOUND_MAX,
    QUERY,
    REST,
    RESULT,
    VERSION,
    WELCOME,
    decode,
    encode,
    message,
)

HELLO_TIMEOUT_S = 5.0
IN_FLIGHT_MAX = 65_536


class Welcome(msgspec.Struct, frozen=True):
    """What the node says to a new connection."""

    version: int
    source: int  # the connection's number, stamped into its commands
    term: int
    seq: int  # the last durable position then
    genesis: bytes
    time: int  # the node's clock then, nanoseconds UTC


class Link(asyncio.Protocol):
    """Writes what one loop turn sends in one piece; correlates what comes back."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.lost = asyncio.Event()
        self.welcomed: asyncio.Future[Welcome] = self.loop.create_future()
        self.transport: asyncio.Transport | None = None
        self.rest = b""
        self.correlation = 0
        self.commands: dict[int, asyncio.Future[bytes]] = {}
        self.queries: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.unsent: list[bytes | bytearray] = []
        self.unsent_from = 1  # the first correlation that was not given to the transport yet
        self.flushing = False
        self.paused = False

    @classmethod
    async def open_to(cls, path: Path, name: str, role: str) -> tuple[Link, Welcome]:
        """Connect and be welcomed.

        Raises:
            OSError, TimeoutError: the node's door is not open.
            ValueError: it speaks another version.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            transport, link = await loop.create_unix_connection(cls, str(path))
            try:
                transport.write(message(HELLO, 0, {"version": VERSION, "name": name, "role": role}))
                return link, await link.welcomed
            except BaseException:
                transport.abort()
                raise

    @property
    def open(self) -> bool:
        """Whether something can be sent."""
        return not self.lost.is_set()

    def send(self, command: bytes | bytearray) -> asyncio.Future[bytes]:
        """Send a command; the future gives its answer record."""
        number = self._next(len(self.commands))
        future: asyncio.Future[bytes] = self.loop.create_future()
        self.commands[number] = future
        self.unsent += (FRAME.pack(REST + len(command), COMMAND, 0, 0, number), command)
        self._schedule()
        return future

    def query(self, arguments: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        """Send a query; the future gives its result."""
        try:
            payload = encode(arguments)
        except (OverflowError, TypeError) as error:
            raise QueryError("BAD_QUERY", str(error)) from None
        number = self._next(len(self.queries))
        future: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        self.queries[number] = future
        self.unsent += (FRAME.pack(REST + len(payload), QUERY, 0, 0, number), payload)
        self._schedule()
        return future

    def close(self) -> None:
        """Close the connection."""
        if self.transport is not None:
            self.transport.close()
        self.connection_lost(None)

    def _next(self, in_flight: int) -> int:
        if self.lost.is_set():
            raise NodeUnavailable("the connection to the node was lost")
        if in_flight >= IN_FLIGHT_MAX:
            raise NodeUnavailable(f"{in_flight} requests to the node are in flight; it does not keep up")
        self.correlation += 1
        return self.correlation

    def _schedule(self) -> None:
        if not self.flushing and not self.paused:
            self.flushing = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self.flushing = False
        if self.paused or self.lost.is_set() or self.transport is None:
            return
        self.transport.write(b"".join(self.unsent))
        self.unsent.clear()
        self.unsent_from = self.correlation + 1

    # -- what the loop calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        if self.unsent:
            self._schedule()

    def data_received(self, data: bytes) -> None:
        if self.rest:
            data = self.rest + data
        at, end = 0, len(data)
        while end - at >= FRAME.size:
            length, kind, _, _, number = FRAME.unpack_from(data, at)
            stop = at + LENGTH_SIZE + length
            if not REST <= length <= OUTBOUND_MAX:
                self._abort(f"the node sent a frame of length {length}")
                return
            if stop > end:
                break
            try:
                self._take(kind, number, data[at + FRAME.size : stop])
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                self._abort(f"the node sent what cannot be read: {error}")
                return
            at = stop
        self.rest = data[at:]

    def _take(self, kind: int, number: int, payload: bytes) -> None:
        if kind == ANSWER:
            answer = self.commands.pop(number, None)
            if answer is not None and not answer.done():
                answer.set_result(payload)
        elif kind == RESULT:
            result = self.queries.pop(number, None)
            if result is not None and not result.done():
                result.set_result(decode(payload))
        elif kind == WELCOME:
            welcome = msgspec.msgpack.decode(payload, type=Welcome)
            if not self.welcomed.done():
                self.welcomed.set_result(welcome)
        elif kind == ERROR:
            self._refused(number, decode(payload))

    def _refused(self, number: int, error: dict[str, Any]) -> None:
        query = self.queries.pop(number, None)
        if query is not None:
            if not query.done():
                query.set_exception(QueryError(error["code"], error["detail"]))
        else:
            self._abort(f"the node refused the connection: {error['code']}: {error['detail']}")

    def _abort(self, why: str) -> None:
        if self.transport is not None:
            self.transport.abort()
        self.connection_lost(ConnectionError(why))

    def connection_lost(self, error: Exception | None) -> None:
        if self.lost.is_set():
            return
        self.lost.set()
        why = f"the connection to the node was lost: {error or 'it was closed'}"
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(why))
        for number, answer in self.commands.items():
            if not answer.done():
                sent = number < self.unsent_from
                answer.set_exception(OutcomeUnknown(why) if sent else NodeUnavailable(why))
        for result in self.queries.values():
            if not result.done():
                result.set_exception(NodeUnavailable(why))
        self.commands.clear()
        self.queries.clear()
        self.unsent.clear()
