"""The event stream: every unit, in order, to every subscriber, from files where memory ends."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from openbell.node.event_writer import EventWriter
from openbell.node.events import Block, EventFiles, EventReader, EventsGone, after
from openbell.node.protocol import ERROR, FRAME, REST, UNITS, message

log = logging.getLogger(__name__)

RING_BYTES = 64 << 20
GATHER_S = 0.01  # how long units gather for readers that keep them


class Sink(Protocol):
    """A subscriber's connection."""

    paused: bool

    def write(self, data: bytes | bytearray) -> None:
        """Send bytes; `paused` tells when no more should come until `Subscriber.pump` is called."""

    def end(self) -> None:
        """Close after what was sent."""


class Stream:
    """The newest units in memory, all that are kept in files, and who wants them."""

    def __init__(self, files: EventFiles, published: int, ring_bytes: int = RING_BYTES) -> None:
        self.files = files
        self.writer = EventWriter(files)
        self.published = published  # units up to here may leave
        self.ring_bytes = ring_bytes
        self.ring: deque[Block] = deque()
        self.ring_size = 0
        self.ring_start = 0  # how many blocks have left the ring
        self.subscribers: set[Subscriber] = set()
        self.gathering: asyncio.TimerHandle | None = None

    def publish(self, blocks: list[Block]) -> None:
        """Let durable units out: to the files, the memory and the subscribers.

        Raises:
            EventsLost: the files cannot be written and memory must not grow.
        """
        self.writer.put(blocks)
        for block in blocks:
            self.ring.append(block)
            self.ring_size += len(block.units)
            self.published = block.last
        while (
            self.ring_size > self.ring_bytes and len(self.ring) > 1 and self.ring[0].last <= self.files.last
        ):
            self.ring_size -= len(self.ring.popleft().units)
            self.ring_start += 1
        for subscriber in list(self.subscribers):
            if not subscriber.patient:
                subscriber.pump()
            elif self.gathering is None:
                self.gathering = subscriber.loop.call_later(GATHER_S, self.pump)

    def pump(self) -> None:
        """Send every subscriber all that there is."""
        if self.gathering is not None:
            self.gathering.cancel()
            self.gathering = None
        for subscriber in list(self.subscribers):
            subscriber.pump()

    def index_after(self, position: int) -> int | None:
        """The number of the block in memory with the unit after `position`; None if it is only in files."""
        if not self.ring or position + 1 < self.ring[0].first:
            return None
        low, high = 0, len(self.ring) - 1
        while low < high:
            middle = (low + high) // 2
            if self.ring[middle].last > position:
                high = middle
            else:
                low = middle + 1
        return self.ring_start + low

    def block(self, index: int) -> Block | None:
        """Block number `index`, if it is in memory."""
        at = index - self.ring_start
        return self.ring[at] if 0 <= at < len(self.ring) else None

    def subscribe(self, sink: Sink, position: int, patient: bool = False) -> Subscriber:
        """Send `sink` everything after `position`, once its `pump` is called.

        Args:
            patient: units may gather for a moment before they are sent.

        Raises:
            EventsGone: the first of it is not kept any more.
        """
        if position < self.published and self.index_after(position) is None:
            self.files.covering(position + 1)
        subscriber = Subscriber(self, sink, position, patient)
        self.subscribers.add(subscriber)
        return subscriber


class Subscriber:
    """Where one subscriber is, and whether it has room."""

    def __init__(self, stream: Stream, sink: Sink, position: int, patient: bool) -> None:
        self.stream = stream
        self.sink = sink
        self.position = position
        self.patient = patient
        self.index: int | None = None  # of the next block in memory
        self.reader: EventReader | None = None
        self.reading: asyncio.Future[Block] | None = None
        self.loop = asyncio.get_running_loop()

    def pump(self) -> None:
        """Send what there is while the connection has room."""
        stream = self.stream
        while self.position < stream.published and not self.sink.paused and self.reading is None:
            if self.index is None or stream.block(self.index) is None:
                self.index = stream.index_after(self.position)
            if self.index is None:
                self._read_file()
                return
            block = stream.block(self.index)
            assert block is not None
            self._send(block if block.first > self.position else after(block, self.position))
            self.index += 1

    def _send(self, block: Block) -> None:
        self.sink.write(FRAME.pack(REST + len(block.units), UNITS, 0, 0, 0))
        self.sink.write(block.units)
        self.position = block.last

    def _read_file(self) -> None:
        """Read the next units from a file, in a thread, and send them when they are there."""
        if self.reader is None:
            self.reader = EventReader(self.stream.files)
        until = min(self.stream.published, self.stream.files.last)
        try:
            first = self.stream.files.covering(self.position + 1)
        except EventsGone as error:
            self._gone(error)
            return
        read: Callable[..., Block] = self.reader.read
        self.reading = self.loop.run_in_executor(None, read, first, self.position, until)
        self.reading.add_done_callback(self._have_read)

    def _have_read(self, reading: asyncio.Future[Block]) -> None:
        self.reading = None
        if reading.cancelled() or self not in self.stream.subscribers:
            self._give_back()
            return
        error = reading.exception()
        if error is not None:
            self._gone(error)
            return
        self._send(reading.result())
        self.pump()

    def _gone(self, error: BaseException) -> None:
        log.error("a subscriber at %d cannot go on: %s", self.position, error)
        self.sink.write(message(ERROR, 0, {"code": "POSITION_GONE", "detail": str(error)}))
        self.close()
        self.sink.end()

    def close(self) -> None:
        """End the subscription."""
        self.stream.subscribers.discard(self)
        if self.reading is None:
            self._give_back()

    def _give_back(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None
