"""A bare handler: uvicorn with an ASGI application that reads a request and answers a constant.

What a measurement of the exchange is held against: the same server, sockets and client without an exchange.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

BODY = (
    b'{"orderId":"0000000000001","clientOrderId":"bare","symbol":"AAPL","side":"BUY","type":"LIMIT",'
    b'"timeInForce":"DAY","status":"OPEN","reason":null,"quantity":"1","notional":null,"filledQuantity":"0",'
    b'"filledQty":"0","remainingQuantity":"1","price":"213.45","stopPrice":null,"avgPrice":null,'
    b'"filledValue":"0.00","code":null,"detail":null,"timestamp":"2026-03-05T14:30:00.123456Z","seq":1}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
START = {"type": "http.response.start", "status": 201, "headers": HEADERS}


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Read the whole request, then answer 201 with BODY."""
    while (await receive()).get("more_body", False):
        pass
    await send(START)
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")
