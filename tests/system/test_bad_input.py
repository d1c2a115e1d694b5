"""Bad input on every door: a named answer or a close, and no effect."""

from __future__ import annotations

import json
import socket
import struct
import time
from random import Random
from typing import Any

import aiohttp
import pytest

from bench.venue import Session, Venue

ORDER = {"symbol": "AAPL", "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "200.00"}


@pytest.fixture(scope="module")
def trader(open_venue: Venue) -> Session:
    return open_venue.demo()[0]


def order(**changes: Any) -> bytes:
    """An order's body with fields changed; None leaves one out."""
    body = {name: value for name, value in (ORDER | changes).items() if value is not None}
    return json.dumps(body).encode()


BAD_ORDERS = {
    "broken JSON": (b'{"symbol": "AAPL"', 400, None),
    "no JSON at all": (bytes(range(256)), 400, None),
    "an array": (b"[]", 400, None),
    "an empty body": (b"", 400, None),
    "an unknown symbol": (order(symbol="XYZ1"), 404, "UNKNOWN_SYMBOL"),
    "an off-tick price": (order(price="200.001"), 422, "TICK_SIZE"),
    "a zero quantity": (order(quantity="0"), 400, None),
    "a negative quantity": (order(quantity="-5"), 400, None),
    "a NaN quantity": (order(quantity="NaN"), 400, None),
    "a quantity of 10^30": (order(quantity="1" + "0" * 30), 400, None),
    "a number of 10^30": (order(quantity=10**30), 400, None),
    "a missing price": (order(price=None), 400, None),
    "a price on a market order": (order(type="MARKET"), 400, None),
    "a zero price": (order(price="0"), 400, None),
    "an unknown side": (order(side="HOLD"), 400, None),
    "an unknown type": (order(type="MAYBE"), 400, None),
    "an unknown field": (order(colour="red"), 400, None),
    "a client id with a space": (order(clientOrderId="a b"), 400, None),
    "a client id of 49 characters": (order(clientOrderId="a" * 49), 400, None),
    "a surrogate": (b'{"symbol":"\\ud800","side":"BUY","type":"MARKET","quantity":"1"}', 400, None),
    "deep nesting": (b"[" * 30_000 + b"]" * 30_000, 400, None),
}


@pytest.mark.parametrize("name", BAD_ORDERS)
def test_a_bad_order_is_refused_and_changes_nothing(trader: Session, name: str) -> None:
    body, status, code = BAD_ORDERS[name]
    before = trader.get("/v1/portfolio")
    reply = trader.request("POST", "/v1/orders", body)
    assert reply.status == status, reply.body
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert code is None or reply.json["code"] == code, reply.json
    assert reply.json["detail"]
    after = trader.get("/v1/portfolio")
    for what in ("cashBalance", "reservedCash", "holdings"):
        assert after[what] == before[what]


def test_an_order_without_a_token_is_401(open_venue: Venue) -> None:
    reply = open_venue.session().request("POST", "/v1/orders", order())
    assert (reply.status, reply.json["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "e" * 9_000])
def test_a_token_that_is_not_ours_is_401(open_venue: Venue, token: str) -> None:
    assert open_venue.session(token).request("GET", "/v1/portfolio").status == 401


def test_a_strangers_order_is_404_for_reading_changing_and_cancelling(
    open_venue: Venue, trader: Session
) -> None:
    resting = trader.request("POST", "/v1/orders", order(price="290.00")).json
    stranger, _ = open_venue.demo()
    path = f"/v1/orders/{resting['orderId']}"
    assert stranger.request("GET", path).status == 404
    assert stranger.request("PATCH", path, {"quantity": "2"}).status == 404
    assert stranger.request("DELETE", path).status == 404
    assert trader.get(path)["status"] == "OPEN"
    assert trader.request("DELETE", path).json["status"] == "CANCELLED"


@pytest.mark.parametrize(
    "name", ["0", "zzzzzzzzzzzzz", "00000000000000000000", "%00", "..%2f..", "ﬀ".encode().hex()]
)
def test_an_order_id_that_is_none_is_404(trader: Session, name: str) -> None:
    assert trader.request("GET", f"/v1/orders/{name}").status == 404


def test_a_body_of_ten_megabytes_is_413(trader: Session) -> None:
    body = b'{"symbol":"' + b"A" * 10_000_000 + b'"}'
    try:
        assert trader.request("POST", "/v1/orders", body).status == 413
    except ConnectionError:
        pass  # the answer was sent and the connection closed while we were still sending
    assert trader.get("/v1/me")["status"] == "OPEN"


def test_a_chunked_body_without_end_is_cut(open_venue: Venue, trader: Session) -> None:
    with socket.create_connection(("127.0.0.1", open_venue.port), timeout=10) as raw:
        head = "POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        raw.sendall(f"{head}Authorization: Bearer {trader.token}\r\n\r\n".encode())
        said = b""
        try:
            for _ in range(40):
                raw.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
            said = raw.recv(4096)
        except ConnectionError:
            pass
        assert said == b"" or b" 413 " in said.split(b"\r\n")[0]


def test_garbage_on_the_port_gets_400_or_a_close(open_venue: Venue) -> None:
    random = Random(1)
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", open_venue.port), timeout=5) as raw:
            raw.sendall(random.randbytes(random.randrange(1, 3_000)) + b"\r\n\r\n")
            raw.shutdown(socket.SHUT_WR)
            said = b""
            try:
                while block := raw.recv(4096):
                    said += block
            except ConnectionError:
                pass
            assert said == b"" or said.startswith(b"HTTP/1.1 4"), said[:100]
    assert open_venue.session().get("/healthz")["status"] == "ok"


async def spoken(venue: Venue, *messages: str | bytes) -> list[dict[str, Any]]:
    """What the stream answers to some messages, and to a ping after them."""
    url = f"http://127.0.0.1:{venue.port}/v1/stream"
    heard: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as stream:
        for message in messages:
            if isinstance(message, bytes):
                await stream.send_bytes(message)
            else:
                await stream.send_str(message)
        await stream.send_str('{"action": "ping", "id": "last"}')
        async for frame in stream:
            if frame.type != aiohttp.WSMsgType.TEXT:
                break
            heard.append(json.loads(frame.data))
            if heard[-1]["type"] == "PONG":
                break
    return heard


async def test_two_thousand_symbols_in_one_subscribe_are_refused_whole(open_venue: Venue) -> None:
    symbols = [f"S{k}" for k in range(2_000)]
    heard = await spoken(open_venue, json.dumps({"action": "subscribe", "symbols": symbols}))
    assert [one.get("code") for one in heard] == ["TOO_MANY_SYMBOLS", None]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "BAD_MESSAGE"),
        ("[]", "BAD_MESSAGE"),
        ('{"action": "explode"}', "UNKNOWN_ACTION"),
        ('{"action": "subscribe", "symbols": ["XYZ1"]}', "UNKNOWN_SYMBOL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "channels": ["gossip"]}', "UNKNOWN_CHANNEL"),
        ('{"action": "subscribe", "channels": ["orders"]}', "UNAUTHENTICATED"),
        ('{"action": "auth", "token": "x"}', "UNAUTHENTICATED"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "interval": -1}', "BAD_INTERVAL"),
    ],
)
async def test_a_bad_message_is_named_and_the_stream_goes_on(
    open_venue: Venue, message: str, code: str
) -> None:
    heard = await spoken(open_venue, message)
    assert [one["type"] for one in heard] == ["ERROR", "PONG"]
    assert heard[0]["code"] == code
    assert heard[0]["detail"]


async def test_binary_garbage_on_the_stream_is_an_error_or_a_close(open_venue: Venue) -> None:
    random = Random(2)
    for _ in range(20):
        heard = await spoken(open_venue, random.randbytes(random.randrange(1, 5_000)))
        assert all(one["type"] in ("ERROR", "PONG") for one in heard)
    assert open_venue.session().get("/healthz")["status"] == "ok"


def test_broken_frames_on_the_stream_are_a_close(open_venue: Venue) -> None:
    random = Random(3)
    head = (
        b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", open_venue.port), timeout=5) as raw:
            raw.sendall(head)
            assert raw.recv(4096).startswith(b"HTTP/1.1 101")
            raw.sendall(random.randbytes(2_000))
            raw.shutdown(socket.SHUT_WR)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert open_venue.session().get("/healthz")["status"] == "ok"


def frame(kind: int, payload: bytes, length: int | None = None) -> bytes:
    """A frame of the node's door."""
    size = 12 + len(payload) if length is None else length
    return struct.pack("<IBBHQ", size, kind, 0, 0, 1) + payload


def garbage() -> list[bytes]:
    """Byte strings that no client sends."""
    random = Random(4)
    return [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 64,
        b"\xff" * 64,
        frame(1, b"\xc1"),
        frame(2, b"\x00" * 96),
        frame(3, b"\x81\xa4name\xa4boom"),
        frame(77, b"?"),
        frame(2, b"", length=2**31),
        frame(2, b"", length=0),
        *(random.randbytes(random.randrange(1, 4_000)) for _ in range(40)),
        *(frame(kind, random.randbytes(200)) for kind in (1, 2, 3, 4, 5) for _ in range(4)),
    ]


def test_garbage_on_the_nodes_socket_is_an_error_or_a_close(open_venue: Venue, trader: Session) -> None:
    path = str(open_venue.folder / "node.sock")
    node = open_venue.role("node")
    before = trader.get("/v1/portfolio")
    for data in garbage():
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(5)
            raw.connect(path)
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            until = time.monotonic() + 5
            try:
                while raw.recv(65_536) and time.monotonic() < until:
                    pass
            except ConnectionError:
                pass
            assert time.monotonic() < until, f"the node neither answers nor closes after {data[:40]!r}"
    assert node.is_running()
    assert open_venue.role("node").pid == node.pid
    after = trader.get("/v1/portfolio")
    assert after["cashBalance"] == before["cashBalance"]
    assert trader.request("POST", "/v1/orders", order(price="290.00")).status == 201


def test_the_nodes_socket_is_for_its_owner_alone(open_venue: Venue) -> None:
    assert (open_venue.folder / "node.sock").stat().st_mode & 0o777 == 0o600
