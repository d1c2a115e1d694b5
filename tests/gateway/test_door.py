"""The door itself: what every answer carries, what is too large, what is no HTTP."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from bench.venue import Session
from tests.gateway.exchange import LocalExchange

SECONDS_MAX = 8


@pytest.fixture
def wire(exchange: LocalExchange) -> Iterator[socket.socket]:
    """A bare connection to the gateway."""
    with socket.create_connection(("127.0.0.1", exchange.ports[0]), timeout=SECONDS_MAX) as made:
        yield made


def answer(wire: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer on the wire: status, headers, body."""
    said = b""
    while b"\r\n\r\n" not in said:
        part = wire.recv(65_536)
        assert part, f"closed after {said!r}"
        said += part
    head, _, body = said.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += wire.recv(65_536)
    return int(status.split()[1]), headers, body


def problem(wire: socket.socket) -> tuple[int, str]:
    status, headers, body = answer(wire)
    assert headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = json.loads(body)
    assert said["status"] == status
    assert said["requestId"] == headers["x-request-id"]
    return status, said["code"]


def test_the_requests_id_comes_back(exchange: LocalExchange) -> None:
    for path in ("/healthz", "/", "/v1/quotes/NOPE1", "/v1/orders/x"):
        reply = exchange.session().request("GET", path, headers={"X-Request-Id": "mine-7"})
        assert reply.headers["x-request-id"] == "mine-7"
        if reply.status >= 400:
            assert reply.json["requestId"] == "mine-7"


def test_a_bad_request_id_is_replaced(wire: socket.socket) -> None:
    wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a b\r\n\r\n")
    assert answer(wire)[1]["x-request-id"] != "a b"


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PUT", "/v1/orders", 405, {"DELETE", "GET", "POST"}),
        ("POST", "/v1/quotes/AAPL", 405, {"GET"}),
        ("DELETE", "/v1/portfolio", 405, {"GET"}),
        ("GET", "/v1/quotes/AAPL/bid", 404, set()),
        ("POST", "/", 405, {"GET", "HEAD"}),
        ("GET", "/v1/nothing", 404, set()),
        ("GET", "/v1", 404, set()),
        ("GET", "/api/v2/orders", 404, set()),
        ("GET", "/v1/orders/..%2f..%2fetc", 404, set()),
    ],
)
def test_what_is_not_there_is_said(
    exchange: LocalExchange, method: str, path: str, status: int, allow: set[str]
) -> None:
    reply = exchange.session().request(method, path)
    assert reply.status == status
    assert set(filter(None, reply.headers.get("allow", "").split(", "))) == allow
    assert reply.json["detail"]


def test_answers_of_the_api_are_not_kept(exchange: LocalExchange) -> None:
    headers = exchange.session().request("GET", "/v1/clock").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_pages_keep_strangers_out(exchange: LocalExchange) -> None:
    headers = exchange.session().request("GET", "/").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"


def test_head_is_get_without_the_body(wire: socket.socket) -> None:
    for path in (b"/v1/clock", b"/v1/quotes/AAPL", b"/"):
        wire.sendall(b"HEAD " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        head = wire.recv(65_536)
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")


def test_a_slash_at_the_end_changes_nothing(exchange: LocalExchange, demo: Session) -> None:
    assert demo.get("/v1/portfolio/")["accountId"] == demo.get("/v1/portfolio")["accountId"]
    assert exchange.session().get("/v1/quotes/aapl/")["symbol"] == "AAPL"
    assert exchange.session().request("GET", "/v1/portfolio/").status == 401


def test_a_read_brings_no_long_body(exchange: LocalExchange) -> None:
    for path in ("/v1/quotes/AAPL", "/v1/clock"):
        assert exchange.session().request("GET", path, b"x" * 70_000).status == 413


def test_the_description_is_served(exchange: LocalExchange) -> None:
    description = exchange.session().get("/openapi.json")
    assert description["openapi"].startswith("3.1")


def test_a_body_of_ten_megabytes_is_refused_and_its_sender_reads_why(wire: socket.socket) -> None:
    wire.sendall(b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
    wire.sendall(b"x" * 10_000_000)
    # Without a session it is refused before it is read; with one, for its size.
    assert problem(wire)[0] == 401


def test_a_signed_in_body_that_is_too_large_is_413(demo: Session) -> None:
    reply = demo.request("POST", "/v1/orders", b"x" * 10_000_000)
    assert (reply.status, reply.json["code"]) == (413, "BODY_TOO_LARGE")
    assert demo.request("POST", "/v1/auth/logout", b"x" * 70_000).status == 413


def test_who_asks_first_is_told_before_sending(demo: Session, wire: socket.socket) -> None:
    wire.sendall(
        b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\nExpect: 100-continue\r\n"
        b"Authorization: Bearer " + demo.token.encode() + b"\r\n\r\n"
    )
    assert problem(wire) == (413, "BODY_TOO_LARGE")


def test_a_chunked_body_that_is_too_large_is_413(demo: Session, wire: socket.socket) -> None:
    wire.sendall(
        b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Authorization: Bearer " + demo.token.encode() + b"\r\n\r\n"
    )
    for _ in range(40):
        wire.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
    wire.sendall(b"0\r\n\r\n")
    assert problem(wire) == (413, "BODY_TOO_LARGE")


def test_a_chunked_order_is_read(demo: Session, wire: socket.socket) -> None:
    body = b'{"symbol":"AAPL","side":"BUY","type":"MARKET","quantity":"1"}'
    wire.sendall(
        b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Authorization: Bearer " + demo.token.encode() + b"\r\n\r\n"
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    )
    assert answer(wire)[0] == 201


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(3_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000,
    ],
    ids=["a long line", "a long header", "many headers", "a header without end"],
)
def test_a_head_over_sixteen_kilobytes_is_431(wire: socket.socket, head: bytes) -> None:
    wire.sendall(head)
    assert problem(wire) == (431, "HEADERS_TOO_LARGE")
    assert wire.recv(1) == b""


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff\x16\x03\x01" * 20, b"HELLO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_is_answered_and_closed(wire: socket.socket, garbage: bytes) -> None:
    wire.sendall(garbage)
    assert problem(wire) == (400, "BAD_REQUEST")
    assert wire.recv(1) == b""


def test_an_upgrade_to_something_else_is_refused(wire: socket.socket) -> None:
    wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert problem(wire) == (400, "BAD_REQUEST")


def test_requests_in_a_row_are_answered_in_a_row(wire: socket.socket) -> None:
    one = b"GET /v1/orders/x HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\n\r\n"
    wire.sendall(b"".join(one % number for number in range(5)))
    said = b""
    while said.count(b"HTTP/1.1 401") < 5:
        part = wire.recv(65_536)
        assert part
        said += part
    order = [int(part.split(b"\r\n")[0]) for part in said.split(b"x-request-id: ")[1:]]
    assert order == [0, 1, 2, 3, 4]


def test_a_client_that_leaves_in_the_middle_harms_nobody(exchange: LocalExchange, demo: Session) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", exchange.ports[0])) as wire:
            wire.sendall(
                b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: Bearer "
                + demo.token.encode()
                + b"\r\n\r\n{"
            )
    assert demo.get("/v1/me")["status"] == "OPEN"
    assert "Traceback" not in exchange.log("gateway-1")


def test_a_client_that_leaves_with_many_requests_in_a_row_harms_nobody(
    exchange: LocalExchange, demo: Session
) -> None:
    asked = b"Host: x\r\nAuthorization: Bearer " + demo.token.encode() + b"\r\n\r\n"
    orders, portfolio = (
        b"GET %s HTTP/1.1\r\n%s" % (path, asked) for path in (b"/v1/orders", b"/v1/portfolio")
    )
    cancel = b"DELETE /v1/orders/0000000000000 HTTP/1.1\r\n" + asked
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", exchange.ports[0])) as wire:
            # Closing with this option resets the connection.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.sendall((orders + cancel + portfolio + cancel) * 10)
            wire.recv(1)
    assert demo.get("/v1/me")["status"] == "OPEN"
    assert "Traceback" not in exchange.log("gateway-1")
