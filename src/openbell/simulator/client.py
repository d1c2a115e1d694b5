"""A lean HTTP/1.1 client: one persistent connection, pipelined, so that requests arrive in the order sent.

A participant sends a few hundred small requests a second and wants little of the machine's CPU for it: a
general client takes 0.3 to 1 ms a request, this one about 0.05 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import NamedTuple, cast

HEAD_BYTES_MAX = 16_384
BODY_BYTES_MAX = 16 * 1024 * 1024
PATIENCE_S = 5.0  # an answer that takes longer counts as lost
WATCH_S = 0.1  # how often a connection is looked at, and tried again when it is gone


class LostError(ConnectionError):
    """The connection ended before the answer: the request may or may not have had effect."""


class ReplyError(ValueError):
    """The server's answer is not HTTP/1.1 as this client reads it."""


class Reply(NamedTuple):
    """An answer: its status, its body, and the seconds that `Retry-After` asks to wait (0: none)."""

    status: int
    body: bytes
    retry_after_s: float


def parse_reply(buffer: bytearray) -> tuple[Reply, int, bool] | None:
    """The first whole answer in `buffer`, its length in bytes, and whether the server closes after it.

    Raises:
        ReplyError: not HTTP/1.1, no content length, or larger than the bounds.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > HEAD_BYTES_MAX:
            raise ReplyError(f"an answer's head exceeds {HEAD_BYTES_MAX} bytes")
        return None
    if not buffer.startswith(b"HTTP/1.1 "):
        raise ReplyError(f"expected an HTTP/1.1 answer, got {bytes(buffer[:32])!r}")
    status = int(buffer[9:12])
    length, retry_after, closes = -1, 0.0, False
    for line in bytes(buffer[:end]).split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length":
            length = int(value)
        elif name == b"retry-after":
            retry_after = float(value)
        elif name == b"connection":
            closes = value.strip().lower() == b"close"
    if length < 0 and status != 204:
        raise ReplyError(f"an answer of status {status} has no content-length; send one")
    if length > BODY_BYTES_MAX:
        raise ReplyError(f"an answer's body has {length} bytes, at most {BODY_BYTES_MAX}")
    stop = end + 4 + max(0, length)
    if len(buffer) < stop:
        return None
    return Reply(status, bytes(buffer[end + 4 : stop]), retry_after), stop, closes


class Connection(asyncio.Protocol):
    """One connection with answers in the order of the requests."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def send(self, request: bytes, now: float) -> asyncio.Future[Reply]:
        """Write `request`; the future holds its answer, or LostError.

        Raises:
            LostError: the connection is closed; nothing was sent.
        """
        if self.transport is None or self.closed:
            raise LostError("the connection is closed; nothing was sent")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.waiting.append((future, now))
        self.transport.write(request)
        return future

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while self._buffer:
                parsed = parse_reply(self._buffer)
                if parsed is None:
                    return
                reply, stop, closes = parsed
                del self._buffer[:stop]
                if not self.waiting:
                    raise ReplyError("an answer came to no request")
                future, _ = self.waiting.popleft()
                if not future.done():
                    future.set_result(reply)
                if closes:
                    self.close()
                    return
        except ValueError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail()

    def close(self) -> None:
        """End the connection; what waits for an answer gets LostError."""
        if self.transport is not None:
            self.transport.abort()
        self._fail()

    def _fail(self) -> None:
        self.closed = True
        while self.waiting:
            future, _ = self.waiting.popleft()
            if not future.done():
                future.set_exception(LostError("the connection ended before the answer"))
                future.exception()  # whoever stopped waiting does not want a warning


class Client:
    """Requests to one server over one connection that is opened again whenever it is lost.

    Args:
        host: the server's address. port: its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._head = f" HTTP/1.1\r\nHost: {host}:{port}\r\n".encode()
        self._connection: Connection | None = None

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent now."""
        return self._connection is not None and not self._connection.closed

    @property
    def in_flight(self) -> int:
        """Requests that wait for their answer."""
        return len(self._connection.waiting) if self._connection is not None else 0

    async def keep_open(self) -> None:
        """Connect, and connect again each time the connection is lost, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            if self.is_open:
                self._drop_if_stuck(loop.time())
            else:
                with contextlib.suppress(OSError):
                    _, self._connection = await loop.create_connection(Connection, self._host, self._port)
            await asyncio.sleep(WATCH_S)

    def submit(
        self, method: bytes, path: bytes, authorization: bytes = b"", body: bytes = b""
    ) -> asyncio.Future[Reply]:
        """Send at once, without waiting for earlier answers.

        Args:
            authorization: a whole header line with its line end, or nothing.

        Raises:
            LostError: there is no open connection; nothing was sent.
        """
        if self._connection is None:
            raise LostError("not connected yet; nothing was sent")
        request = method + b" " + path + self._head + authorization
        if body:
            request += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        else:
            request += b"Content-Length: 0\r\n\r\n"
        return self._connection.send(request, asyncio.get_running_loop().time())

    async def request(
        self, method: bytes, path: bytes, authorization: bytes = b"", body: bytes = b""
    ) -> Reply:
        """Send and wait for the answer.

        Raises:
            LostError: there is no connection, or it ended before the answer came.
        """
        return await self.submit(method, path, authorization, body)

    def close(self) -> None:
        """End the connection; `keep_open`, if it runs, opens another."""
        if self._connection is not None:
            self._connection.close()

    def _drop_if_stuck(self, now: float) -> None:
        connection = self._connection
        if connection is not None and connection.waiting and now - connection.waiting[0][1] > PATIENCE_S:
            connection.close()
