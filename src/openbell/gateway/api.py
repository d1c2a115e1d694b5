"""The Litestar application: every route that need not be raw, its errors, and its description."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from openbell import __version__
from openbell.gateway.account_routes import ACCOUNT_ROUTES
from openbell.gateway.admin.office import Office
from openbell.gateway.admin.routes import ADMIN_ROUTES
from openbell.gateway.auth import COOKIE, authenticate, authenticate_admin
from openbell.gateway.call import Call
from openbell.gateway.health_routes import HEALTH_ROUTES
from openbell.gateway.lot_routes import LOT_ROUTES
from openbell.gateway.market_routes import MARKET_ROUTES
from openbell.gateway.order_routes import ORDER_ROUTES
from openbell.gateway.order_session_routes import ORDER_SESSION_ROUTES
from openbell.gateway.performance_routes import PERFORMANCE_ROUTES
from openbell.gateway.problems import (
    CONTENT_TYPE,
    FieldProblem,
    Problem,
    malformed,
    not_found,
    server_error,
)
from openbell.gateway.services import Services
from openbell.gateway.session_routes import SESSION_ROUTES
from openbell.gateway.statements.routes import STATEMENT_ROUTES
from openbell.gateway.tick_routes import TICK_ROUTES
from openbell.identity.tokens import Session

logger = logging.getLogger(__name__)

BASE = "/v1"
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]


def make_api(services: Services) -> Litestar:
    """The application over `services`."""

    def give_services() -> Services:
        return services

    def give_office(request: Request[Any, Any, Any]) -> Office:
        authenticate_admin(call_of(request), services.admin_token)
        return Office(services.node, services.ledger)

    def give_session(request: Request[Any, Any, Any]) -> Session:
        session = authenticate(call_of(request), services.signer)
        services.read(session)
        return session

    routes = [
        *SESSION_ROUTES,
        *ORDER_ROUTES,
        *ORDER_SESSION_ROUTES,
        *ACCOUNT_ROUTES,
        *PERFORMANCE_ROUTES,
        *LOT_ROUTES,
        *STATEMENT_ROUTES,
        *MARKET_ROUTES,
        *TICK_ROUTES,
        *ADMIN_ROUTES,
    ]
    v1 = Router(BASE, route_handlers=routes)
    return Litestar(
        route_handlers=[v1, *HEALTH_ROUTES],
        dependencies={
            "services": Provide(give_services, sync_to_thread=False),
            "office": Provide(give_office, sync_to_thread=False),
            "session": Provide(give_session, sync_to_thread=False),
        },
        exception_handlers={
            Problem: _on_problem,
            ValidationException: _on_validation,
            HTTPException: _on_http,
            Exception: _on_exception,
        },
        openapi_config=_description(),
        logging_config=None,
    )


def call_of(request: Request[Any, Any, Any]) -> Call:
    """The call that the door made of this request."""
    call: Call = request.scope["call"]  # type: ignore[typeddict-item]
    return call


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    response = Response(
        problem.body(call_of(request).request_id),
        status_code=problem.status,
        media_type=CONTENT_TYPE.decode(),
    )
    for name, value in problem.headers():
        response.headers[name.decode()] = value.decode()
    return response


def _on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    return _answer(request, problem)


def _on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """A parameter of the wrong kind or out of bounds."""
    errors = []
    for one in error.extra if isinstance(error.extra, list) else []:
        source = getattr(one.get("source"), "value", one.get("source")) or "query"
        name = str(one.get("key", ""))
        detail = f"{name}: {str(one.get('message', 'is not as described')).removesuffix('.')}."
        errors.append(FieldProblem(f"/{source}/{name}", "INVALID_PARAMETER", detail))
    if not errors:
        return _answer(request, Problem(400, "INVALID_PARAMETER", f"{error.detail.removesuffix('.')}."))
    return _answer(request, malformed(errors))


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    raw = call_of(request).raw_methods
    if isinstance(error, MethodNotAllowedException) or (error.status_code == 404 and raw):
        named = {name.lower(): value for name, value in (error.headers or {}).items()}
        methods = raw | set(named.get("allow", "").split(", "))
        allow = ", ".join(sorted(methods - {"", "OPTIONS"}))
        detail = f"{request.url.path[:100]} does not take {request.method[:16]}."
        return _answer(request, Problem(405, "METHOD_NOT_ALLOWED", detail, allow=allow))
    if error.status_code == 404:
        return _answer(request, not_found(f"There is nothing at {request.url.path[:100]}."))
    if error.status_code >= 500:
        return _on_exception(request, error)
    return _answer(request, Problem(error.status_code, "BAD_REQUEST", error.detail))


def _on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    call = call_of(request)
    logger.error("A request failed", exc_info=error, extra={"request_id": call.request_id, "path": call.path})
    return _answer(request, server_error())


def operation_id(handler: Any) -> str:
    """A handler's name as the description has it: `get_order` is getOrder."""
    first, *rest = str(handler.handler_name).split("_")
    return first + "".join(word.capitalize() for word in rest)


def _description() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="OpenBell",
        version=__version__,
        description="A simulated stock exchange and its brokerage. Prices are made by its own participants.",
        path="/schema",
        render_plugins=[],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "admin": SecurityScheme(type="http", scheme="bearer"),
                "cookie": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie"),
            }
        ),
        security=SIGNED_IN,
        operation_id_creator=lambda handler, method, path: operation_id(handler),
    )
