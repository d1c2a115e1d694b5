"""picows as uvicorn's WebSocket protocol, so that the API and the stream share one port.

uvicorn hands a connection over by calling `data_received` with the request it has read, then sets the
protocol on the transport; from then on the event loop fills picows' buffer directly.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import picows
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from uvicorn.config import Config
from uvicorn.server import ServerState

# The class is public in the extension module; its stub does not name it.
WSProtocol: Any = picows.picows.WSProtocol  # type: ignore[attr-defined]

MESSAGE_BYTES_MAX = 64 * 1024
READ_BUFFER_BYTES = 2048
HANDSHAKE_SECONDS_MAX = 5
HEARD_EVERY_S = 30

ListenerFactory = Callable[[WSUpgradeRequest], WSListener | WSUpgradeResponseWithListener | None]

# picows tells of every connection at INFO.
logger = logging.getLogger("openbell.gateway.socket")
logger.setLevel(logging.CRITICAL)


def socket_protocol(listener_factory: ListenerFactory) -> Callable[..., Any]:
    """What uvicorn's `ws=` takes: makes one picows protocol for each connection that upgrades.

    Args:
        listener_factory: gives the listener of a request, or the answer that refuses it.
    """

    class SocketProtocol(WSProtocol):  # type: ignore[misc]
        def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
            super().__init__(
                None,
                None,
                False,
                listener_factory,
                logger,
                True,
                HANDSHAKE_SECONDS_MAX,
                False,  # no pings: heartbeats find out who is gone
                HEARD_EVERY_S,
                HEARD_EVERY_S,
                picows.WSAutoPingStrategy.PING_WHEN_IDLE,
                True,
                MESSAGE_BYTES_MAX,
                None,
                READ_BUFFER_BYTES,
            )

        def data_received(self, data: bytes) -> None:
            rest = memoryview(data)
            while rest:
                room = self.get_buffer(len(rest))
                size = min(len(room), len(rest))
                room[:size] = rest[:size]
                del room  # the buffer may move when it is told of the new bytes
                self.buffer_updated(size)
                rest = rest[size:]

    return cast(Callable[..., Any], SocketProtocol)


def refuse(status: int, body: bytes, content_type: str) -> WSUpgradeResponseWithListener:
    """The answer to a request that gets no stream."""
    response = WSUpgradeResponse.create_error_response(status, body, {"Content-Type": content_type})
    return WSUpgradeResponseWithListener(response, None)
