"""Feeds over TCP: whole batches, spoilt ones, and connections that break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openbell.market.feeds import listener as module
from openbell.market.feeds.frames import ERROR, HEAD, MAGIC, SYMBOLS, TAKEN, TAKEN_BODY, TICKS, frame
from openbell.market.feeds.intake import Intake
from openbell.market.feeds.listener import Listener
from openbell.market.ticks.batch import to_wire
from tests.market.feeds.made import intake, stored
from tests.market.ticks.made import Row, batch, trade

NOW = time.time_ns()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[Intake, int]]:
    """An intake that listens; what it took is in files afterwards."""
    one, stop, ready = intake(folder), asyncio.Event(), asyncio.Event()
    listener = Listener(one)
    task = asyncio.create_task(listener.run("127.0.0.1", 0, stop, ready))
    async with asyncio.timeout(20):
        await ready.wait()
        yield one, listener.server.sockets[0].getsockname()[1]
        stop.set()
        await task
    one.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    magic, kind, length = HEAD.unpack(await reader.readexactly(HEAD.size))
    assert magic == MAGIC
    return kind, await reader.readexactly(length)


async def send(streams: Streams, *rows: Row) -> tuple[int, ...]:
    streams[1].write(frame(TICKS, to_wire(batch(*rows))))
    kind, body = await answer(streams[0])
    assert kind == TAKEN
    return TAKEN_BODY.unpack(body)


async def ended(one: Intake, reason: str) -> None:
    """Wait until something was set aside for `reason`."""
    while not one.quarantine.counts[reason]:
        await asyncio.sleep(0.01)


async def test_batches_become_ticks_under_their_symbols(tmp_path: Path) -> None:
    async with listening(tmp_path) as (_, port):
        streams = await asyncio.open_connection("127.0.0.1", port)
        streams[1].write(frame(SYMBOLS, b"XYZ\nAAPL"))
        assert await send(streams, trade(1, 100, time=NOW), trade(0, 200, time=NOW)) == (2, 0)
        streams[1].write(frame(SYMBOLS, b"BAC\n"))
        assert await send(streams, trade(2, 300, time=NOW)) == (1, 0)
        streams[1].close()
    assert [(row[0], row[4]) for row in stored(tmp_path)] == [("AAPL", 100), ("XYZ", 200), ("BAC", 300)]


async def test_rows_that_cannot_be_are_told_back_and_stop_nothing(tmp_path: Path) -> None:
    async with listening(tmp_path) as (one, port):
        streams = await asyncio.open_connection("127.0.0.1", port)
        streams[1].write(frame(SYMBOLS, b"XYZ\nNOPE"))
        rows = [trade(0, -1, time=NOW), trade(1, 5, time=NOW), trade(7, 5, time=NOW), trade(-1, 5, time=NOW)]
        late = trade(0, 5, time=NOW + 10**15)
        assert await send(streams, *rows, late, trade(0, 5, time=NOW)) == (1, 5)
        assert await send(streams, trade(0, 6, time=NOW - 1)) == (0, 1)
        assert await send(streams, trade(0, 7, time=NOW + 1)) == (1, 0)
        assert one.quarantine.counts == {
            "UNKNOWN_SYMBOL": 1,
            "UNKNOWN_INSTRUMENT": 3,
            "BAD_PRICE": 1,
            "BAD_TIME": 1,
            "TIME_BACKWARDS": 1,
        }
        streams[1].close()
    assert [row[4] for row in stored(tmp_path)] == [5, 7]


async def test_a_batch_with_a_piece_of_a_row_gives_its_whole_ones(tmp_path: Path) -> None:
    async with listening(tmp_path) as (one, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        rows = to_wire(batch(trade(0, 5, time=NOW), trade(0, 6, time=NOW)))
        writer.write(frame(SYMBOLS, b"XYZ") + frame(TICKS, rows[:-7]))
        assert await answer(reader) == (TAKEN, TAKEN_BODY.pack(1, 1))
        assert one.quarantine.counts == {"TRUNCATED": 1}
        assert await send((reader, writer), trade(0, 7, time=NOW)) == (1, 0)
        writer.close()


@pytest.mark.parametrize("cut", [5, 12, 40, 100])
async def test_a_connection_that_breaks_in_a_batch_loses_that_batch_alone(cut: int, tmp_path: Path) -> None:
    async with listening(tmp_path) as (one, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(SYMBOLS, b"XYZ"))
        assert await send((reader, writer), trade(0, 5, time=NOW)) == (1, 0)
        writer.write(frame(TICKS, to_wire(batch(*[trade(0, 6, time=NOW)] * 3)))[:cut])
        writer.close()
        await ended(one, "TRUNCATED")
        other = await asyncio.open_connection("127.0.0.1", port)
        other[1].write(frame(SYMBOLS, b"XYZ"))
        assert await send(other, trade(0, 7, time=NOW - 5)) == (1, 0)  # a source of its own
        other[1].close()
    assert [row[4] for row in stored(tmp_path)] == [5, 7]


@pytest.mark.parametrize(
    "head", [b"GET / HTTP/1.1\r\n", HEAD.pack(MAGIC, 9, 0), HEAD.pack(MAGIC, TICKS, 1 << 31)]
)
async def test_what_is_no_frame_is_answered_with_a_sentence_and_closed(head: bytes, tmp_path: Path) -> None:
    async with listening(tmp_path) as (one, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        kind, sentence = await answer(reader)
        assert (kind, sentence[:7]) == (ERROR, b"frame 1")
        assert await reader.read() == b""
        assert one.quarantine.counts == {"BAD_FRAME": 1}
        writer.close()


async def test_too_many_connections_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS_MAX", 1)
    async with listening(tmp_path) as (_, port):
        first = await asyncio.open_connection("127.0.0.1", port)
        first[1].write(frame(SYMBOLS, b"XYZ"))
        await send(first, trade(0, 5, time=NOW))
        second = await asyncio.open_connection("127.0.0.1", port)
        assert (await answer(second[0]))[0] == ERROR
        first[1].close()
        second[1].close()
