"""One uvicorn server inside a process that has other work: its port, its protocols, its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from openbell.gateway.http_protocol import HttpProtocol

BACKLOG = 2_048
KEEP_ALIVE_S = 75
GRACE_S = 2
CONNECTIONS_MAX = 12_000


class Server(uvicorn.Server):
    """uvicorn, with signals left to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The role is told to stop by its event."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A socket on `host` and `port` that several processes may share.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def make_server(door: Any, sockets_factory: Callable[..., Any]) -> Server:
    """A server of `door` (ASGI) whose WebSockets are made by `sockets_factory`."""
    config = uvicorn.Config(
        door,
        loop="none",
        http=HttpProtocol,
        ws=sockets_factory,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config)


async def serve(server: Server, bound: socket.socket) -> asyncio.Task[None]:
    """Start `server` on `bound`; the task ends with it.

    Raises:
        OSError: listening failed.
    """
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[bound]))
    while not server.started:
        if task.done():
            await task
            raise OSError("the server ended before it listened")
        await asyncio.sleep(0.01)
    return task
