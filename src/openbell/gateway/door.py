"""The ASGI application: raw routes first, then Litestar's, then the web app."""

from __future__ import annotations

import logging
from typing import Any, cast

from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from openbell.gateway.call import (
    API_HEADERS,
    SECURITY_HEADERS,
    Call,
    Gone,
    Headers,
    Receive,
    Reply,
    Scope,
    Send,
    problem_reply,
    reply_headers,
)
from openbell.gateway.http_protocol import answer, left
from openbell.gateway.problems import Problem, not_found, server_error
from openbell.gateway.routes import RawTable
from openbell.gateway.static import WebApp

logger = logging.getLogger(__name__)

SECOND_MOUNT = "/api"
READING = ("GET", "HEAD")  # the second is the first without the body
HEALTH = ("/healthz", "/readyz")
DESCRIPTION = "/openapi.json"
DESCRIPTION_HEADERS: Headers = ((b"cache-control", b"no-cache"), (b"access-control-allow-origin", b"*"))


def _attempt(call: Call, problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code,
        "method": call.method,
        "path": call.path[:100],
        "address": call.address,
        "request_id": call.request_id,
    }


class Door:
    """Every HTTP request of one gateway process comes through here; served by HttpProtocol alone."""

    def __init__(self, raw: RawTable, api: Litestar, web: WebApp, description: bytes) -> None:
        self._raw = raw
        self._api = api
        self._web = web
        self._description = description

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = scope.pop("cycle")
        path: str = scope["path"]
        if path.startswith("/api/v1/"):
            # The second mount of the same routes.
            scope["path"] = path = path[len(SECOND_MOUNT) :]
            scope["raw_path"] = scope["raw_path"][len(SECOND_MOUNT) :]
        reads = scope["method"] in READING
        if reads and path.startswith("/v1/") and path.endswith("/"):
            scope["path"] = path = path.rstrip("/")  # as the framework takes it
        call = Call(scope, receive)
        headers = API_HEADERS
        handler = self._raw.find("GET" if reads else call.method, path)
        try:
            if handler is None or reads:
                await call.check_length()
            if handler is not None:
                reply = await handler(call)
            else:
                if path.startswith("/v1/") or path in HEALTH:
                    await self._framework(call, cycle, receive, send)
                    return
                reply = self._page(call)
                headers = SECURITY_HEADERS
        except Problem as problem:
            if handler is not None and not reads and problem.order_id is None:
                # What never reached the log is kept here: the audit trail shows every attempt.
                logger.info("Refused before the log", extra=_attempt(call, problem))
            reply = problem_reply(problem, call.request_id)
        except Gone:
            return
        except Exception:
            logger.exception("A request failed", extra={"request_id": call.request_id, "path": path[:100]})
            reply = problem_reply(server_error(), call.request_id)
        await answer(cycle, reply.status, reply_headers(reply, call.request_id, headers), reply.body)

    async def _framework(self, call: Call, cycle: RequestResponseCycle, receive: Receive, send: Send) -> None:
        """Let Litestar answer, and give its answer the headers that every answer has."""
        scope = call.scope
        scope["call"] = call
        call.raw_methods = self._raw.methods(call.path)
        if call.method == "HEAD":
            # The server leaves the body out; the routes need not know.
            scope = dict(scope, method="GET")

        async def with_headers(message: dict[str, Any]) -> None:
            if left(cycle):
                return
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", call.request_id.encode()),
                    *API_HEADERS,
                ]
            await send(message)

        await self._api(cast(Any, scope), cast(Any, receive), cast(Any, with_headers))

    def _page(self, call: Call) -> Reply:
        if call.path == DESCRIPTION:
            return Reply(200, self._description, DESCRIPTION_HEADERS)
        if call.path.startswith("/api/") or call.path in ("/api", "/v1"):
            raise not_found(f"There is nothing at {call.path[:100]}.")
        return self._web.reply(call)
