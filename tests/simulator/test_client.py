"""The HTTP client against uvicorn, the server it will meet: order kept, losses told, lost links renewed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from openbell.simulator.client import Client, LostError, ReplyError, parse_reply

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nRetry-After: 2\r\n\r\nhello"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Echoes method, path, authorization and body; `/busy` answers 429, `/never` not at all."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = dict(scope["headers"])
    if scope["path"] == "/never":
        await asyncio.sleep(60)
    status, extra = (429, [(b"retry-after", b"3")]) if scope["path"] == "/busy" else (200, [])
    answer = b" ".join(
        [scope["method"].encode(), scope["path"].encode(), headers.get(b"authorization", b""), body]
    )
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *extra]})
    await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """The application on a port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        server.force_exit = True
        await task


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    client = Client("127.0.0.1", port)
    keeper = asyncio.create_task(client.keep_open())
    async with asyncio.timeout(5):
        while not client.is_open:
            await asyncio.sleep(0.01)
    yield client
    keeper.cancel()
    client.close()


async def test_a_request_arrives_whole_and_its_answer_comes_back() -> None:
    async with served() as port, connected(port) as client:
        reply = await client.request(b"POST", b"/v1/orders", b"Authorization: Bearer T\r\n", b'{"a":1}')
        assert reply == (200, b'POST /v1/orders Bearer T {"a":1}', 0.0)


async def test_pipelined_answers_come_in_the_order_of_the_requests() -> None:
    async with served() as port, connected(port) as client:
        futures = [client.submit(b"GET", b"/%d" % k) for k in range(200)]
        assert client.in_flight == 200
        replies = await asyncio.gather(*futures)
        assert [reply.body.split()[1] for reply in replies] == [b"/%d" % k for k in range(200)]
        assert client.in_flight == 0


async def test_retry_after_is_told() -> None:
    async with served() as port, connected(port) as client:
        reply = await client.request(b"GET", b"/busy")
        assert (reply.status, reply.retry_after_s) == (429, 3.0)


async def test_a_lost_connection_fails_what_waits_and_is_opened_again() -> None:
    async with served() as port, connected(port) as client:
        waiting = client.submit(b"GET", b"/never")
        client.close()
        with pytest.raises(LostError):
            await waiting
        with pytest.raises(LostError):
            client.submit(b"GET", b"/after")
        await asyncio.sleep(0.3)
        assert (await client.request(b"GET", b"/again")).status == 200


async def test_nothing_is_sent_before_there_is_a_connection() -> None:
    with pytest.raises(LostError):
        Client("127.0.0.1", 1).submit(b"GET", b"/")


def test_an_answer_is_read_however_it_is_cut() -> None:
    for cut in range(len(ANSWER)):
        assert parse_reply(bytearray(ANSWER[:cut])) is None
    assert parse_reply(bytearray(ANSWER + b"HTTP")) == ((201, b"hello", 2.0), len(ANSWER), False)


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"x" * 20_000,
    ],
)
def test_what_is_no_answer_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError):
        parse_reply(bytearray(garbage))


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    try:
        parse_reply(bytearray(data))
    except ValueError:
        pass


def test_refusals_are_value_errors() -> None:
    assert issubclass(ReplyError, ValueError)
