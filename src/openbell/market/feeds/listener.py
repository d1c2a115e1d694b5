"""Feeds over TCP: each connection is a source of its own. Frames are described in `frames`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import numpy as np

from openbell.market.calendar import DAY
from openbell.market.feeds.frames import (
    ERROR,
    HEAD,
    MAGIC,
    PAYLOAD_MAX,
    SYMBOLS,
    TAKEN,
    TAKEN_BODY,
    TICKS,
    frame,
)
from openbell.market.feeds.intake import SYMBOLS_MAX, Intake
from openbell.market.feeds.source import (
    BAD_FRAME,
    BAD_TIME,
    SAMPLE_BYTES,
    TRUNCATED,
    UNKNOWN_SYMBOL,
    Bad,
    FeedError,
)
from openbell.market.ticks.batch import WIRE, Ticks, of_wire

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 16
FLUSH_EVERY_S = 1.0
END_S = 0.3  # for connections to hear of the end
FRAME_S = 60.0  # from a frame's first bytes to its last
AHEAD_MAX = DAY  # a tick later than that from now on would put all that follows into the past


def address(text: str) -> tuple[str, int]:
    """`[HOST:]PORT` as host, loopback where none is named, and port.

    Raises:
        FeedError: it is none.
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise FeedError(f"{text!r} is no address; name a port, or HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


class Broken(Exception):
    """A connection whose frames cannot be followed any more."""


class Listener:
    """Takes feeds on an address into an intake."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._open = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._count = 0

    async def run(
        self, host: str, port: int, stop: asyncio.Event, ready: asyncio.Event | None = None
    ) -> None:
        """Listen until `stop`; then what was taken is flushed.

        Raises:
            OSError: the address cannot be had, or the disk does not take what came.
        """
        self.server = await asyncio.start_server(self._serve, host, port, limit=1 << 20)
        if ready is not None:
            ready.set()
        try:
            while not stop.is_set():
                try:
                    async with asyncio.timeout(FLUSH_EVERY_S):
                        await stop.wait()
                except TimeoutError:
                    self._intake.flush_if_due()
        finally:
            self.server.close()
            for writer in self._writers:
                writer.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    while self._writers:
                        await asyncio.sleep(0.01)
            self._intake.flush()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count += 1
        peer = writer.get_extra_info("peername")
        source = f"tcp {peer[0]}:{peer[1]} #{self._count}"
        self._open += 1
        self._writers.add(writer)
        self._intake.open(source)
        try:
            if self._open > CONNECTIONS_MAX:
                raise Broken(f"at most {CONNECTIONS_MAX} feeds connect at a time")
            log.info("Feed connected: %s", source)
            await self._follow(source, reader, writer)
        except Broken as error:
            writer.write(frame(ERROR, str(error).encode()))
        except (ConnectionError, TimeoutError) as error:
            self._intake.refuse(source, Bad(TRUNCATED, f"the connection was lost: {error}", b""))
        finally:
            self._open -= 1
            self._intake.close_source(source)
            log.info("Feed ended: %s, %s rows", source, f"{self._intake.rows[source]:,}")
            writer.close()
            self._writers.discard(writer)

    async def _follow(self, source: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        numbers: list[int] = []
        count = 0
        while head := await self._head(source, reader, count):
            count += 1
            kind, length = head
            try:
                async with asyncio.timeout(FRAME_S):
                    payload = await reader.readexactly(length)
            except asyncio.IncompleteReadError as error:
                where = f"frame {count}: {len(error.partial):,} bytes of {length:,}"
                self._intake.refuse(source, Bad(TRUNCATED, where, error.partial[:SAMPLE_BYTES]))
                return
            if kind == SYMBOLS:
                self._symbols(source, payload, numbers, count)
                continue
            good, bad = self._ticks(source, payload, numbers, count)
            writer.write(frame(TAKEN, TAKEN_BODY.pack(good, bad)))
            await writer.drain()
            self._intake.flush_if_due()

    async def _head(self, source: str, reader: asyncio.StreamReader, count: int) -> tuple[int, int] | None:
        """Kind and length of the next frame; None at the end."""
        try:
            head = await reader.readexactly(HEAD.size)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                self._intake.refuse(source, Bad(TRUNCATED, f"frame {count + 1}: its head", error.partial))
            return None
        magic, kind, length = HEAD.unpack(head)
        if magic != MAGIC or kind not in (SYMBOLS, TICKS) or length > PAYLOAD_MAX:
            self._intake.refuse(source, Bad(BAD_FRAME, f"frame {count + 1}", head))
            raise Broken(
                f"frame {count + 1} begins {head.hex()}: expected OBTK, kind {SYMBOLS} or {TICKS}, at most"
                f" {PAYLOAD_MAX:,} bytes"
            )
        return kind, length

    def _symbols(self, source: str, payload: bytes, numbers: list[int], count: int) -> None:
        for name in payload.decode("latin-1").splitlines():
            if len(numbers) >= SYMBOLS_MAX:
                raise Broken(f"at most {SYMBOLS_MAX:,} symbols are taken")
            number = self._intake.number(name)
            if number is None:
                self._intake.refuse(
                    source, Bad(UNKNOWN_SYMBOL, f"frame {count}", name.encode()[:SAMPLE_BYTES])
                )
            numbers.append(-1 if number is None else number)

    def _ticks(self, source: str, payload: bytes, numbers: list[int], count: int) -> tuple[int, int]:
        """Take rows in; how many were good and how many not."""
        cut = len(payload) % WIRE.itemsize
        if cut:
            where = f"frame {count}: {cut} bytes behind its last whole row"
            self._intake.refuse(source, Bad(TRUNCATED, where, payload[-cut:]))
        ticks = of_wire(payload[: len(payload) - cut])
        rows = len(ticks) + (cut > 0)
        ahead = ticks.time > time.time_ns() + AHEAD_MAX
        if ahead.any():
            self._intake.quarantine.take_rows(source, BAD_TIME, ticks.take(ahead))
            ticks = ticks.take(~ahead)
        here = np.array([*numbers, -1], np.int32)  # -1: unknown to the intake too
        given = np.where(
            (ticks.instrument < 0) | (ticks.instrument >= len(numbers)), len(numbers), ticks.instrument
        )
        columns = (ticks.time, ticks.price, ticks.quantity, ticks.position, ticks.trade)
        good = self._intake.take(source, Ticks(ticks.kind, ticks.flags, here[given], *columns))
        return good, rows - good
