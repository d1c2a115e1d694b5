"""uvicorn's HTTP/1.1 protocol with what it leaves open: bounds on size and time of a request's head."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from openbell.gateway.call import Headers
from openbell.gateway.problems import CONTENT_TYPE, Problem

HEAD_BYTES_MAX = 16 * 1024
HEAD_SECONDS_MAX = 10.0


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection. A head over 16 kB is answered 431, one that takes over 10 s is cut off."""

    _in_head = True
    _head_bytes = 0
    _counted_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; `HttpParserUpgrade` says where the bytes of the WebSocket begin."""
        self._unset_keepalive_if_required()
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._start_timer()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._stop_timer()
                self.handle_websocket_upgrade()
                rest = data[upgrade.args[0] :]
                if rest:
                    self.transport.get_protocol().data_received(rest)  # type: ignore[attr-defined]
            else:
                self.send_400_response("The exchange speaks no other protocol here than WebSocket.")
        except httptools.HttpParserError:
            self.send_400_response("The request is not HTTP/1.1.")
        else:
            if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
                self.send_400_response("")

    def on_message_begin(self) -> None:
        self._counted_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._stop_timer()
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            # Taken out by the door at once: left in, the two would keep each other alive.
            self.scope["cycle"] = self.cycle  # type: ignore[typeddict-unknown-key]

    def on_message_complete(self) -> None:
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read with a problem, and close."""
        if self.transport.is_closing():
            return
        if max(self._counted_bytes, self._head_bytes) > HEAD_BYTES_MAX:
            detail = f"The request's line and headers may have {HEAD_BYTES_MAX:,} bytes together."
            problem = Problem(431, "HEADERS_TOO_LARGE", detail)
        else:
            problem = Problem(400, "BAD_REQUEST", msg)
        self.transport.write(_raw_answer(problem, self.server_state.default_headers))
        self.transport.close()

    def _count(self, size: int) -> None:
        self._counted_bytes += size
        if self._counted_bytes > HEAD_BYTES_MAX:
            raise ValueError("the head is too large")  # stops the parser; see send_400_response

    def _start_timer(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS_MAX, self._cut_off)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cut_off(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()


def left(cycle: RequestResponseCycle) -> bool:
    """Whether the client of a request is gone. Of requests in a row, uvicorn tells only the last one."""
    if not cycle.disconnected and not cycle.response_complete and cycle.transport.is_closing():
        cycle.disconnected = True
    return cycle.disconnected


async def answer(cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> None:
    """Give a request its whole answer in one write: what uvicorn's `send` does in two, without its checks.

    Args:
        headers: all of them, names in lower case, the content length included.
    """
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if left(cycle):
        return
    lines = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        lines += (name, b": ", value, b"\r\n")
        if name == b"connection" and value == b"close":
            cycle.keep_alive = False
    if not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    lines.append(b"\r\n")
    if cycle.scope["method"] != "HEAD":
        lines.append(body)
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join(lines))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def _raw_answer(problem: Problem, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """A whole HTTP/1.1 answer, for a connection that has no request to answer."""
    request_id = secrets.token_hex(8)
    body = problem.body(request_id)
    headers: list[tuple[bytes, Any]] = [
        *default_headers,
        (b"content-type", CONTENT_TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[problem.status] + lines + b"\r\n" + body
