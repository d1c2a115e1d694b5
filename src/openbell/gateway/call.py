"""One HTTP request and its answer, as the raw routes see them: no framework between socket and handler."""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from openbell.gateway.problems import CONTENT_TYPE, Problem

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

BODY_BYTES_MAX = 64 * 1024
BODY_SECONDS_MAX = 10.0
# A body that is too large is read to its end, within these bounds, so that its sender can read the
# answer: a connection closed on unread bytes is reset, and the answer is lost.
DRAIN_BYTES_MAX = 32 * 1024 * 1024
DRAIN_SECONDS_MAX = 2.0

WANTED = frozenset(
    (
        b"authorization",
        b"content-length",
        b"cookie",
        b"expect",
        b"host",
        b"idempotency-key",
        b"if-none-match",
        b"accept-encoding",
        b"sec-fetch-site",
        b"x-csrf-token",
        b"x-request-id",
    )
)
REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,64}")
JSON = b"application/json"

# What every answer says to browsers. Styles may be inline: components set their geometry so.
CONTENT_POLICY = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    b" object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", CONTENT_POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
)
API_HEADERS: Headers = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

# Ids of requests that bring none: unlike any other process's, and made without asking the system.
_PROCESS = secrets.token_hex(5)
_numbers = itertools.count(1)

_encoder = msgspec.json.Encoder()


class Gone(Exception):
    """The client left before its request was whole: there is nobody to answer."""


class Reply(NamedTuple):
    """An answer. `headers` beside content type and length."""

    status: int
    body: bytes
    headers: Headers = ()
    content_type: bytes = JSON


def json_reply(status: int, value: Any, headers: Headers = ()) -> Reply:
    """`value` as JSON."""
    return Reply(status, _encoder.encode(value), headers)


def problem_reply(problem: Problem, request_id: str) -> Reply:
    """The answer to request `request_id` that says `problem`."""
    return Reply(problem.status, problem.body(request_id), problem.headers(), CONTENT_TYPE)


class Call:
    """A request: what its headers say, its body on demand, and its id."""

    __slots__ = ("_receive", "headers", "method", "path", "raw_methods", "request_id", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = {name: value for name, value in scope["headers"] if name in WANTED}
        given = self.headers.get(b"x-request-id")
        if given is not None and REQUEST_ID.fullmatch(given):
            self.request_id = given.decode("ascii")
        else:
            self.request_id = f"{_PROCESS}-{next(_numbers):x}"
        self._receive = receive
        # The methods that this path takes outside the framework, for its answers of 405.
        self.raw_methods: set[str] = set()

    def header(self, name: bytes) -> str | None:
        """The value of a header in WANTED, None if it is absent."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    @property
    def address(self) -> str:
        """Where the request comes from."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def check_length(self) -> None:
        """Refuse a body that says it is too large.

        Raises:
            Problem: 413.
        """
        length = self.headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > BODY_BYTES_MAX:
            await self._drain(int(length))
            raise too_large()

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            Problem: 413 over 64 kB, 408 when it does not come.
            Gone: the client left.
        """
        await self.check_length()
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body: bytes = message["body"]
        if message.get("more_body"):
            try:
                async with asyncio.timeout(BODY_SECONDS_MAX):
                    body = await self._rest(body)
            except TimeoutError:
                detail = f"The body did not arrive within {BODY_SECONDS_MAX:.0f} s."
                raise Problem(408, "BODY_TIMEOUT", detail, retryable=True, close=True) from None
        if len(body) > BODY_BYTES_MAX:
            raise too_large()
        return body

    async def _rest(self, body: bytes) -> bytes:
        parts, size = [body], len(body)
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message["body"])
            size += len(message["body"])
            if not message.get("more_body"):
                return b"".join(parts)
            if size > BODY_BYTES_MAX:
                await self._drain(0)
                raise too_large()

    async def _drain(self, length: int) -> None:
        """Read and forget what is still coming of a body of `length` bytes (0: it does not say)."""
        if length > DRAIN_BYTES_MAX or b"expect" in self.headers:
            return
        size = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                while size <= DRAIN_BYTES_MAX:
                    message = await self._receive()
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        return
                    size += len(message["body"])
        except TimeoutError:
            return


def too_large() -> Problem:
    """413."""
    detail = f"A request's body may have {BODY_BYTES_MAX:,} bytes."
    return Problem(413, "BODY_TOO_LARGE", detail, title="Body too large", close=True)


def reply_headers(reply: Reply, request_id: str, extra: Headers) -> list[tuple[bytes, bytes]]:
    """All headers of `reply` to request `request_id`."""
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-request-id", request_id.encode()),
        *extra,
        *reply.headers,
    ]
    if reply.status in (204, 304):
        del headers[:2]
    return headers
