"""The stream against what is not meant for it: a named error or a close, and memory that does not grow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bench.venue import Session
from tests.gateway.conftest import Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_stream import Clients, clients

__all__ = ["clients"]

UPGRADE = (
    b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "BAD_MESSAGE"),
        ("", "BAD_MESSAGE"),
        ("[]", "BAD_MESSAGE"),
        ('{"action": 5}', "BAD_MESSAGE"),
        ("[" * 30_000, "BAD_MESSAGE"),
        ("{}", "UNKNOWN_ACTION"),
        ('{"action": "buy"}', "UNKNOWN_ACTION"),
        ('{"action": "subscribe"}', "BAD_MESSAGE"),
        ('{"action": "subscribe", "symbols": []}', "BAD_MESSAGE"),
        ('{"action": "subscribe", "symbols": ["AAPL", "NOPE1"]}', "UNKNOWN_SYMBOL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "channels": ["news"]}', "UNKNOWN_CHANNEL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "channels": []}', "UNKNOWN_CHANNEL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "interval": 7}', "BAD_INTERVAL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "interval": -1}', "BAD_INTERVAL"),
        ('{"action": "subscribe", "symbols": ["AAPL"], "interval": 99999999999999999999}', "BAD_INTERVAL"),
        (json.dumps({"action": "subscribe", "symbols": ["AAPL"] * 2_000}), "TOO_MANY_SYMBOLS"),
        ('{"action": "auth"}', "UNAUTHENTICATED"),
        ('{"action": "auth", "token": "x"}', "UNAUTHENTICATED"),
        ('{"action": "unsubscribe", "symbols": ["NOPE1"]}', "UNKNOWN_SYMBOL"),
    ],
)
async def test_a_bad_message_is_answered_and_does_nothing(clients: Clients, text: str, code: str) -> None:
    client = await clients.open()
    await client.socket.send_str(text)
    error = await client.next()
    assert (error["type"], error["code"]) == ("ERROR", code)
    assert error["detail"].endswith(".")
    await client.say(action="ping")
    assert (await client.next())["type"] == "PONG"  # nothing was subscribed, the connection stays


async def test_binary_garbage_is_answered(clients: Clients) -> None:
    client = await clients.open()
    await client.socket.send_bytes(bytes(range(256)))
    assert (await client.next())["code"] == "BAD_MESSAGE"


async def test_a_message_over_64_kilobytes_ends_the_connection(clients: Clients) -> None:
    client = await clients.open()
    await client.socket.send_str("x" * 70_000)
    assert await client.closed() == 1009


async def test_too_many_messages_are_named(clients: Clients) -> None:
    client = await clients.open()
    for number in range(260):
        await client.say(action="ping", id=number)
    kinds = [(await client.next())["type"] for _ in range(260)]
    assert kinds[0] == "PONG"
    assert "ERROR" in kinds


async def test_another_path_has_no_stream(clients: Clients) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await clients.open(path="/v1/streams")
    assert caught.value.status == 404


def mask(payload: bytes, opcode: int = 1, fin: bool = True, rsv: int = 0) -> bytes:
    """A client's frame."""
    key = b"\x01\x02\x03\x04"
    body = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([(0x80 if fin else 0) | rsv | opcode]) + size + key + body


def talk(exchange: LocalExchange, sent: bytes) -> bytes:
    """All that the gateway says to `sent` on a bare connection, until it closes or is quiet."""
    with socket.create_connection(("127.0.0.1", exchange.ports[0]), timeout=4) as wire:
        wire.sendall(sent)
        said = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while part := wire.recv(65_536):
                said += part
                if b"PONG" in said:
                    break
    return said


def test_a_first_message_may_come_with_the_handshake(exchange: LocalExchange) -> None:
    assert b"PONG" in talk(exchange, UPGRADE + mask(b'{"action":"ping"}'))


def test_a_message_in_pieces_is_read(exchange: LocalExchange) -> None:
    pieces = mask(b'{"action":', fin=False) + mask(b'"pi', opcode=0, fin=False) + mask(b'ng"}', opcode=0)
    assert b"PONG" in talk(exchange, UPGRADE + pieces)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"\x81\x02{}", 1002),
        (mask(b"x", opcode=3), 1002),
        (mask(b"x", opcode=0), 1002),
        (mask(b"x", fin=False) + mask(b"y"), 1002),
        (mask(b"{}", rsv=0x40), 1002),
        (b"".join(mask(b"x" * 30_000, 0 if n else 1, fin=False) for n in range(4)), 1009),
    ],
    ids=[
        "unmasked",
        "unknown opcode",
        "lone continuation",
        "message inside a message",
        "rsv",
        "endless pieces",
    ],
)
def test_a_broken_frame_closes_the_connection(exchange: LocalExchange, frames: bytes, code: int) -> None:
    said = talk(exchange, UPGRADE + frames)
    assert said.startswith(b"HTTP/1.1 101")
    assert code.to_bytes(2, "big") in said


def test_random_bytes_after_the_handshake_harm_nobody(exchange: LocalExchange) -> None:
    chance = random.Random(7)
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", exchange.ports[0]), timeout=4) as wire:
            wire.sendall(UPGRADE + chance.randbytes(chance.randint(1, 3_000)))
    assert exchange.session().get("/healthz") == {"status": "ok"}
    assert "Traceback" not in exchange.log("gateway-1")


def resident_bytes(exchange: LocalExchange) -> int:
    pid = int((exchange.settings.run_dir / "gateway-1.ready").read_text())
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_reader_that_stalls_is_owed_no_more_than_a_bound(
    exchange: LocalExchange, clients: Clients
) -> None:
    """It asks for much and reads nothing: its pongs alone would fill the memory."""
    await clients.open()
    before = resident_bytes(exchange)
    sockets: list[socket.socket] = []
    ask = mask(json.dumps({"action": "ping", "id": "x" * 90}).encode())
    try:
        for _ in range(3):
            wire = socket.create_connection(("127.0.0.1", exchange.ports[0]), timeout=4)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sockets.append(wire)
            with contextlib.suppress(OSError):
                wire.sendall(UPGRADE)
                for _ in range(300):
                    wire.sendall(ask * 100)
        await asyncio.sleep(0.5)
        assert resident_bytes(exchange) - before < 64 * 1024 * 1024
    finally:
        for wire in sockets:
            wire.close()


async def test_a_gateway_that_stops_says_when_to_come_back(
    exchange: LocalExchange, clients: Clients, demo: Session, limit: Order
) -> None:
    exchange.start("gateway", 3)
    client = await clients.open(gateway=2)
    await client.say(action="subscribe", symbols=["AAPL"])
    await client.next("TICK")
    await asyncio.to_thread(exchange.end, "gateway-3")
    bye: dict[str, Any] = await client.next("SHUTDOWN")
    assert bye["reconnectAfterMs"] > 0
    assert await client.closed() == 1012
