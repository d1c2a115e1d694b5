"""A bare handler: uvicorn with an ASGI application that reads a request and answers a constant.

What a measurement of the exchange is held against: the same server, sockets and client without an exchange.
Arguments: the port, and a file to answer with 200 in place of 201 and BODY.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn

BODY = (
    b'{"orderId":"0000000000001","clientOrderId":"bare","symbol":"AAPL","side":"BUY","type":"LIMIT",'
    b'"timeInForce":"DAY","status":"OPEN","reason":null,"quantity":"1","notional":null,"filledQuantity":"0",'
    b'"filledQty":"0","remainingQuantity":"1","price":"213.45","stopPrice":null,"avgPrice":null,'
    b'"filledValue":"0.00","code":null,"detail":null,"timestamp":"2026-03-05T14:30:00.123456Z","seq":1}'
)
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def constant(status: int, body: bytes) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """An application that reads a whole request and answers `body`."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": status, "headers": headers}

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body", False):
            pass
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return application


if __name__ == "__main__":
    port, *files = sys.argv[1:]
    answering = constant(200, Path(files[0]).read_bytes()) if files else constant(201, BODY)
    uvicorn.run(answering, host="127.0.0.1", port=int(port), log_level="warning", lifespan="off")
