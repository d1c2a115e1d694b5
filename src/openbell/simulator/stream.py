"""The stream of an account's own order updates, connected again whenever it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from openbell.simulator import messages

logger = logging.getLogger(__name__)
socket_logger = logging.getLogger(f"{__name__}.socket")
socket_logger.setLevel(logging.WARNING)  # picows tells every connection's coming and going as information

RETRY_S = 0.5
SILENCE_S = 15.0  # the exchange sends a heartbeat every 5 s; longer silence is a dead connection


class _Listener(WSListener):
    """Feeds text frames of one connection to `told`; `subscribed` is set once the channel is open."""

    def __init__(self, token: str, told: Callable[[messages.StreamMessage], None]) -> None:
        self.subscribed = asyncio.Event()
        self.heard = asyncio.get_running_loop().time()
        self._token = token
        self._told = told

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.TEXT, msgspec.json.encode({"action": "auth", "token": self._token}))
        transport.send(WSMsgType.TEXT, b'{"action":"subscribe","channels":["orders"]}')

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        self.heard = asyncio.get_running_loop().time()
        message = messages.stream_message.decode(frame.get_payload_as_memoryview())
        if message.type == "ORDER_UPDATE":
            if message.event != "SNAPSHOT":
                self._told(message)
        elif message.type == "SUBSCRIBED":
            self.subscribed.set()
        elif message.type in ("RESYNC", "ERROR"):
            logger.warning("the order stream says %s: %s %s", message.type, message.code, message.detail)
            transport.disconnect()


async def follow(
    url: str,
    token: str,
    told: Callable[[messages.StreamMessage], None],
    connected: Callable[[], None],
    lost: Callable[[], None],
) -> None:
    """Follow the orders channel until cancelled.

    Args:
        url: the stream's address, `ws://host:port/v1/stream`.
        told: called with each ORDER_UPDATE.
        connected: called after each subscription: what came before it may have been missed.
        lost: called when the connection is gone.
    """
    while True:
        transport: WSTransport | None = None
        try:
            transport, listener = await ws_connect(
                lambda: _Listener(token, told), url, logger_name=socket_logger
            )
            assert isinstance(listener, _Listener)
            await asyncio.wait_for(listener.subscribed.wait(), SILENCE_S)
            connected()
            await _until_silent(transport, listener)
        except (OSError, TimeoutError, ValueError, WSError) as error:
            logger.debug("the order stream is away: %s", error)
        finally:
            if transport is not None:
                transport.disconnect()
        lost()
        await asyncio.sleep(RETRY_S)


async def _until_silent(transport: WSTransport, listener: _Listener) -> None:
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(transport.wait_disconnected())
    try:
        while not gone.done() and loop.time() - listener.heard < SILENCE_S:
            await asyncio.wait([gone], timeout=SILENCE_S / 3)
    finally:
        gone.cancel()
