"""The node's door: a Unix socket for commands, queries and the event stream."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from openbell.core import codes
from openbell.node.errors import QueryError
from openbell.node.events import EventsGone
from openbell.node.frames import FULL, MORE, OTHER
from openbell.node.gate import Gate
from openbell.node.intake import Intake, refusal
from openbell.node.protocol import (
    ACK,
    ANSWER,
    COMMAND,
    ERROR,
    FRAME,
    HELLO,
    INBOUND_MAX,
    LENGTH_SIZE,
    POSITION,
    QUERY,
    REST,
    RESULT,
    SUBSCRIBE,
    VERSION,
    WELCOME,
    decode,
    encode,
    frame,
    message,
)
from openbell.node.readers import Readers
from openbell.node.stream import Stream, Subscriber

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 1_024
COMMANDS_IN_FLIGHT = 16_384  # of one connection; more are left in its socket
HELD_BYTES = 4 << 20  # of query results of one connection that wait at the gate
WRITE_BUFFER = 1 << 20
RECEIVE_BUFFER = 256 << 10
HELLO_TIMEOUT_S = 10.0
VALID_UNTIL_AT = FRAME.size + 88


class Desk(Protocol):
    """What connections need of the node."""

    intake: Intake
    gate: Gate
    stream: Stream
    readers: Readers
    connections: set[Connection]

    def welcome(self, source: int) -> dict[str, Any]:
        """What a new connection is told."""

    def now(self) -> int:
        """The node's clock."""

    def arrived(self) -> None:
        """Commands wait for a turn."""

    def ask(self, arguments: Any) -> tuple[int, Any]:
        """(position, data) of a query; raises QueryError."""

    def after_commands(self, question: Callable[[], None]) -> None:
        """Call `question` once all commands that wait are applied or refused."""

    def next_source(self) -> int:
        """A number for a new connection."""


class Refused(Exception):
    """The peer broke the protocol; `code` is the ERROR it gets before the connection is closed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Connection(asyncio.BufferedProtocol):
    """One client. Takes what the bounds allow and leaves the rest in the socket."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.source = desk.next_source()
        self.buffer = bytearray(RECEIVE_BUFFER)
        self.begin = self.filled = 0
        self.transport: asyncio.Transport | None = None
        self.name = ""
        self.greeted = False
        self.in_flight = 0
        self.held = 0
        self.paused = False  # the client does not read what it was sent
        self.stopped = False  # nothing is read from the client for now
        self.ending = False  # the node stops: nothing more is taken
        self.subscriber: Subscriber | None = None
        self.reader = ""
        self.timeout: asyncio.TimerHandle | None = None

    # -- what the loop calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.timeout = asyncio.get_running_loop().call_later(HELLO_TIMEOUT_S, self.end)
        if len(self.desk.connections) >= CONNECTIONS_MAX:
            self._error("OVERLOADED", f"{CONNECTIONS_MAX} connections are the most there can be")
        else:
            self.desk.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.desk.connections.discard(self)
        self.transport = None
        if self.timeout is not None:
            self.timeout.cancel()
        if self.subscriber is not None:
            self.subscriber.close()
        log.debug("connection %d (%s) is gone", self.source, self.name)

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self.buffer)[self.filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self.filled += nbytes
        self._parse()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        if self.subscriber is not None:
            self.subscriber.pump()
        self._go_on()

    # -- what others call -------------------------------------------------------------------------

    def answered(self, frames: bytearray, count: int) -> None:
        """Send the answers to `count` commands."""
        self.in_flight -= count
        self.write(frames)
        self._go_on()

    def refuse(self, number: int, answer: bytes) -> None:
        """Send the answer to a command that waited and is not in the log."""
        self.in_flight -= 1
        self.write(frame(ANSWER, number, answer))

    def write(self, data: bytes | bytearray) -> None:
        """Send bytes if there is still somebody to send them to."""
        if self.transport is not None:
            self.transport.write(data)

    def hold_off(self) -> None:
        """Read no more from the client."""
        self.ending = True
        if not self.stopped and self.transport is not None:
            self.stopped = True
            self.transport.pause_reading()

    def end(self) -> None:
        """Close after what was sent."""
        if self.transport is not None:
            self.transport.close()

    def cut_off(self) -> None:
        """Close without another byte."""
        if self.transport is not None:
            self.transport.abort()

    # -- frames -----------------------------------------------------------------------------------

    @property
    def _busy(self) -> bool:
        return self.ending or self.paused or self.held > HELD_BYTES or self.in_flight >= COMMANDS_IN_FLIGHT

    def _go_on(self) -> None:
        """Read from the client again, once it has room for what that will bring."""
        if self.stopped and not self._busy and self.transport is not None:
            self.stopped = False
            self.transport.resume_reading()
            self._parse()

    def _parse(self) -> None:
        """Take the frames that are whole."""
        try:
            while not self._busy and self.transport is not None and not self.transport.is_closing():
                if not self._take():
                    break
        except Refused as error:
            self._error(error.code, str(error))
            return
        self._make_room()
        if self._busy and not self.stopped and self.transport is not None:
            self.stopped = True
            self.transport.pause_reading()

    def _take(self) -> bool:
        """Take commands, or one frame of another kind; False if what is left is not whole."""
        if not self.greeted:
            return self._other()
        intake = self.desk.intake
        before = intake.count - intake.first
        now = self.desk.now()
        self.begin, verdict = intake.receive(self, self.buffer, self.begin, self.filled, now)
        took = intake.count - intake.first - before
        if took:
            self.in_flight += took
            self.desk.arrived()
        if verdict == MORE:
            return False
        if verdict == OTHER:
            return self._other()
        self._refuse_next(codes.E_OVERLOADED if verdict == FULL else verdict, now)
        return True

    def _refuse_next(self, code: int, now: int) -> None:
        """Answer the command at the front with a refusal; it does not reach the log."""
        length, _, _, _, number = FRAME.unpack_from(self.buffer, self.begin)
        if code == codes.E_TOO_LATE:
            until = int.from_bytes(self.buffer[self.begin + VALID_UNTIL_AT :][:8], "little")
            answer = refusal(code, until, now)
        else:
            answer = refusal(code)
        self.write(frame(ANSWER, number, answer))
        self.begin += LENGTH_SIZE + length

    def _other(self) -> bool:
        """Take one frame that is not a plain command; False if it is not whole."""
        left = self.filled - self.begin
        if left < FRAME.size:
            return False
        length, kind, flags, zero, number = FRAME.unpack_from(self.buffer, self.begin)
        size = LENGTH_SIZE + length
        if length < REST or size > INBOUND_MAX or flags or zero:
            raise Refused("BAD_FRAME", f"no frame begins with {bytes(self.buffer[self.begin :][:16]).hex()}")
        if left < size:
            return False
        payload = bytes(memoryview(self.buffer)[self.begin + FRAME.size : self.begin + size])
        self.begin += size
        if kind == HELLO and not self.greeted:
            self._hello(payload)
        elif not self.greeted:
            raise Refused("NO_HELLO", f"the first frame must be HELLO ({HELLO}), not kind {kind}")
        elif kind == QUERY:
            self._query(number, payload)
        elif kind == SUBSCRIBE:
            self._subscribe(number, payload)
        elif kind == ACK:
            self._ack(payload)
        elif kind == COMMAND:  # too long for any command
            self.write(frame(ANSWER, number, refusal(codes.E_BAD_RECORD)))
        else:
            raise Refused("BAD_FRAME", f"kind {kind} is none that a client may send")
        return True

    def _map(self, payload: bytes) -> dict[str, Any]:
        try:
            value = decode(payload)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refused("BAD_FRAME", f"the payload is no msgpack: {error}") from None
        if not isinstance(value, dict):
            raise Refused("BAD_FRAME", f"the payload is a {type(value).__name__}, not a map")
        return value

    def _hello(self, payload: bytes) -> None:
        said = self._map(payload)
        if said.get("version") != VERSION:
            raise Refused("VERSION", f"this node speaks version {VERSION}, not {said.get('version')!r:.20}")
        self.name = f"{said.get('name', '')!s:.48} ({said.get('role', '')!s:.16})"
        self.greeted = True
        if self.timeout is not None:
            self.timeout.cancel()
        self.write(message(WELCOME, 0, self.desk.welcome(self.source)))
        log.debug("connection %d is %s", self.source, self.name)

    def _query(self, number: int, payload: bytes) -> None:
        """Read what the commands before it have made of the exchange."""
        arguments = self._map(payload)
        self.held += len(payload)
        self.desk.after_commands(partial(self._read, number, arguments, len(payload)))

    def _read(self, number: int, arguments: dict[str, Any], size: int) -> None:
        self.held -= size
        try:
            position, data = self.desk.ask(arguments)
            result = frame(RESULT, number, encode({"seq": position, "data": data}))
        except QueryError as error:
            self.write(message(ERROR, number, {"code": error.code, "detail": error.detail}))
            self._go_on()
            return
        self.held += len(result)
        self.desk.gate.hold(position, lambda: self._result(result))

    def _result(self, result: bytes) -> None:
        self.held -= len(result)
        self.write(result)
        self._go_on()

    def _subscribe(self, number: int, payload: bytes) -> None:
        said = self._map(payload)
        position, name = said.get("position"), said.get("name")
        stream = self.desk.stream
        if self.subscriber is not None:
            raise Refused("BAD_FRAME", "a connection has one subscription")
        if position is None:
            position = stream.published
        if type(position) is not int or not 0 <= position <= stream.published:
            raise Refused("BAD_POSITION", f"{position!r:.40} is no position up to {stream.published}")
        try:
            if name is not None:
                self.desk.readers.subscribed(str(name), position)
                self.reader = str(name)
            self.subscriber = stream.subscribe(self, position, patient=name is not None)
        except (EventsGone, ValueError) as error:
            raise Refused(
                "POSITION_GONE" if isinstance(error, EventsGone) else "BAD_NAME", str(error)
            ) from None
        self.write(message(RESULT, number, {"seq": position}))
        self.subscriber.pump()

    def _ack(self, payload: bytes) -> None:
        if not self.reader or len(payload) != POSITION.size:
            raise Refused("BAD_FRAME", "an ACK is a position, from a named subscriber")
        (position,) = POSITION.unpack(payload)
        if position > self.desk.stream.published:
            raise Refused("BAD_POSITION", f"{position} is after {self.desk.stream.published}")
        self.desk.readers.acknowledged(self.reader, position)

    def _error(self, code: str, detail: str) -> None:
        """Tell the client what was wrong, and close."""
        log.warning("closing connection %d (%s): %s: %s", self.source, self.name, code, detail)
        self.write(message(ERROR, 0, {"code": code, "detail": detail}))
        self.end()

    def _make_room(self) -> None:
        """Move what is left to the front; let the buffer hold one whole frame."""
        left = self.filled - self.begin
        if self.begin and left:
            self.buffer[:left] = self.buffer[self.begin : self.filled]
        self.begin, self.filled = 0, left
        if left >= LENGTH_SIZE:
            size = LENGTH_SIZE + int.from_bytes(self.buffer[:LENGTH_SIZE], "little")
            if len(self.buffer) < size <= INBOUND_MAX:
                grown = bytearray(size)
                grown[:left] = self.buffer[:left]
                self.buffer = grown


def bind(path: Path) -> socket.socket:
    """A listening socket at `path` that only this user can open; one left by a killed node is replaced."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
    finally:
        os.umask(before)
    made.setblocking(False)
    return made
