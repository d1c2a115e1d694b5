"""A client's side of the event stream: a connection of its own, resumed after the last unit seen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from types import TracebackType
from typing import Any

from openbell.node.errors import SubscribeError
from openbell.node.protocol import (
    ACK,
    ERROR,
    FRAME,
    HELLO,
    OUTBOUND_MAX,
    POSITION,
    REST,
    RESULT,
    SUBSCRIBE,
    UNITS,
    VERSION,
    Unit,
    decode,
    frame,
    message,
    units_in,
)

log = logging.getLogger(__name__)

RETRY_FIRST_S = 0.02
RETRY_MAX_S = 0.5
BUFFER = 1 << 20  # bytes that may wait unread before the node is held up


class Subscription(AsyncGenerator[list[Unit], None]):
    """The units after a position, in order, each once. Iterate it; `aclose` ends it.

    Attributes:
        position: the last sequence handed out; where it begins, once `start` returned.
    """

    def __init__(self, path: Path, client: str, role: str, position: int | None, name: str | None) -> None:
        self.path = path
        self.client = client
        self.role = role
        self.name = name
        self.position = position
        self.closed = False
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pause = RETRY_FIRST_S

    async def start(self) -> int:
        """Be subscribed; the position after which units will come.

        A consumer that needs state first subscribes from None, starts, then queries the state at this
        position or later and skips units that the state already holds.

        Raises:
            SubscribeError: the node cannot give the units after the position.
        """
        while self._reader is None and not self.closed:
            try:
                await self._connect()
            except (OSError, EOFError) as error:
                await self._retry(error)
        return self.position or 0

    async def __anext__(self) -> list[Unit]:
        """The next units, at least one.

        Raises:
            SubscribeError: the node cannot give the units after `position`.
        """
        while not self.closed:
            try:
                await self.start()
                kind, payload = await self._frame()
            except (OSError, EOFError) as error:
                await self._retry(error)
                continue
            if kind == UNITS:
                units = units_in(payload, self.position or 0)
                if units:
                    self.position = units[-1].seq
                    self._pause = RETRY_FIRST_S
                    return units
            elif kind == ERROR:
                self._drop()
                said = decode(payload)
                raise SubscribeError(said["code"], said["detail"])
        raise StopAsyncIteration

    def ack(self, position: int) -> None:
        """Tell the node that units up to `position` will never be asked for again."""
        if self._writer is not None:
            self._writer.write(frame(ACK, 0, POSITION.pack(position)))

    async def aclose(self) -> None:
        """End the subscription."""
        self.closed = True
        self._drop()

    async def asend(self, value: None) -> list[Unit]:
        """As `__anext__`."""
        return await self.__anext__()

    async def athrow(self, kind: Any, value: Any = None, trace: TracebackType | None = None) -> list[Unit]:
        """End the subscription with an error."""
        await self.aclose()
        raise value or kind

    async def _connect(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self.path), limit=BUFFER)
        self._reader, self._writer = reader, writer
        try:
            writer.write(message(HELLO, 0, {"version": VERSION, "name": self.client, "role": self.role}))
            writer.write(message(SUBSCRIBE, 1, {"position": self.position, "name": self.name}))
            await self._frame()  # WELCOME
            kind, payload = await self._frame()
            said = decode(payload)
            if kind == ERROR:
                raise SubscribeError(said["code"], said["detail"])
            if kind != RESULT:
                raise ConnectionError(f"the node answered a subscription with kind {kind}")
        except BaseException:
            self._drop()
            raise
        if self.position is None:
            self.position = int(said["seq"])

    async def _frame(self) -> tuple[int, bytes]:
        if self._reader is None:
            raise EOFError("the subscription was closed")
        length, kind, _, _, _ = FRAME.unpack(await self._reader.readexactly(FRAME.size))
        if not REST <= length <= OUTBOUND_MAX:
            raise ConnectionError(f"the node sent a frame of length {length}")
        return kind, await self._reader.readexactly(length - REST)

    async def _retry(self, error: Exception) -> None:
        log.debug("subscription %s: the node is away: %s", self.name or self.client, error)
        self._drop()
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, RETRY_MAX_S)

    def _drop(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
        self._reader = self._writer = None
