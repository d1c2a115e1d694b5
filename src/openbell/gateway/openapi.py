"""The API's description, OpenAPI 3.1: Litestar's of its routes, and the raw ones from their own structs.

`python -m openbell.gateway.openapi` prints it.
"""

from __future__ import annotations

import json
import re
import sys
from http import HTTPStatus
from typing import Any, cast

import msgspec
from litestar import Litestar
from msgspec import Struct

from openbell.gateway import (
    account_body,
    group_body,
    group_request,
    health_routes,
    lot_body,
    market_body,
    order_body,
    order_request,
    order_sessions,
    performance_body,
    problems,
)
from openbell.gateway.admin import bodies
from openbell.gateway.admin.commands import COMMANDS, WHO_MAX, WHY_MAX
from openbell.gateway.admin.fields import AdminCommand
from openbell.gateway.api import make_api, operation_id
from openbell.gateway.routes import RAW_ROUTES, RawRoute
from openbell.gateway.statements import bodies as statement_bodies

REFERENCE = "#/components/schemas/"
PROBLEM = {"application/problem+json": {"schema": {"$ref": REFERENCE + "Problem"}}}
MODULES = (
    account_body,
    bodies,
    group_body,
    group_request,
    health_routes,
    lot_body,
    market_body,
    order_body,
    order_request,
    order_sessions,
    performance_body,
    problems,
    statement_bodies,
)
REQUESTS = ("NewOrder", "NewGroup", "PlaceOrder", "ModifyOrder", "OpenSession", "KeepSession")

IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sending the same request with the same key again answers the first answer again.",
    "schema": {"type": "string", "pattern": f"^{order_request.CLIENT_ID.pattern}$"},
}
CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": False,
    "description": "Needed with the session's cookie, not with a bearer token.",
    "schema": {"type": "string"},
}


def describe(api: Litestar) -> dict[str, Any]:
    """The whole description of `api` and the raw routes beside it."""
    document = cast(dict[str, Any], json.loads(json.dumps(api.openapi_schema.to_schema())))
    document["servers"] = [{"url": "/"}, {"url": "/api", "description": "the same routes once more"}]
    public = _public_operations(api)
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        paths[_camel_path(path)] = item
    for raw in RAW_ROUTES:
        paths.setdefault(raw.path, {})[raw.method.lower()] = _raw_operation(raw)
    for command in COMMANDS.values():
        paths[f"/v1/admin/{command.name}"]["post"]["requestBody"] = _admin_request(command)
    for item in paths.values():
        for method, operation in item.items():
            _finish(method, operation, operation["operationId"] in public)
    document["paths"] = dict(sorted(paths.items()))
    document["components"]["schemas"] = json.loads(json.dumps(_schemas()))
    return cast(dict[str, Any], _short_names(document))


def _raw_operation(raw: RawRoute) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [raw.tag],
        "summary": raw.summary,
        "operationId": raw.name,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", raw.path)
        ],
        "responses": {
            str(raw.status): {
                "description": HTTPStatus(raw.status).phrase,
                "content": {"application/json": {"schema": {"$ref": REFERENCE + raw.answers.__name__}}},
            }
        },
    }
    if raw.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REFERENCE + raw.takes.__name__}}},
        }
    return operation


def _admin_request(command: AdminCommand) -> dict[str, Any]:
    """The body that an admin command takes, from its entry in the table."""
    fields = {
        field.camel: {
            "type": ["string", "number"],
            "description": f"{field.help} ({field.kind.name})",
            "examples": [field.default or field.kind.example],
        }
        for field in command.fields
    }
    signature = {
        name: {"type": "string", "maxLength": longest, "description": help_}
        for name, longest, help_ in (("who", WHO_MAX, "who asks for it"), ("why", WHY_MAX, "for what reason"))
    }
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [field.camel for field in command.fields if field.required] + ["who", "why"],
        "properties": fields | signature,
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _public_operations(api: Litestar) -> set[str]:
    """The operations that need no session. Litestar's description leaves an empty `security` out."""
    return {
        operation_id(handler)
        for route in api.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.security == []
    } | {raw.name for raw in RAW_ROUTES if raw.public}


def _finish(method: str, operation: dict[str, Any], public: bool) -> None:
    """What Litestar leaves out or says in its own way."""
    operation.pop("deprecated", None)
    if public:
        operation["security"] = []
    responses = operation["responses"]
    responses.pop("400", None)
    for status, response in responses.items():
        response["description"] = HTTPStatus(int(status)).phrase
        if status == "204":
            response.pop("content", None)
    for parameter in operation.get("parameters", []):
        parameter.pop("deprecated", None)
        if parameter["in"] == "path":
            parameter["name"] = _camel(parameter["name"])
    if method != "get" and not public:
        parameters = operation.setdefault("parameters", [])
        if operation["tags"] != ["Admin"]:
            parameters.append(CSRF)
        if operation["tags"] in (["Admin"], ["Orders"]):
            parameters.append(IDEMPOTENCY)
    responses["default"] = {"description": "What went wrong", "content": PROBLEM}


def _schemas() -> dict[str, Any]:
    """Every struct that an answer or a request may hold, by its class's name."""
    structs = [
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Struct) and _is_public(value, module.__name__)
    ]
    _, schemas = msgspec.json.schema_components(structs, ref_template=REFERENCE + "{name}")
    for name, schema in schemas.items():
        if name.removesuffix("Body") in REQUESTS or name == "ProblemBody":
            continue
        # An answer has all its fields, those with a default too.
        schema["required"] = list(schema["properties"])
        for one in schema["properties"].values():
            one.pop("default", None)
    return schemas


def _is_public(struct: type[Struct], module: str) -> bool:
    return struct.__module__ == module and struct.__name__.endswith(("Body", "FieldProblem"))


def _short_names(node: Any) -> Any:
    """The document with its schemas named without the ending "Body"."""
    if isinstance(node, dict):
        named = {}
        for key, value in node.items():
            if key in ("$ref", "title") and isinstance(value, str):
                value = value.removesuffix("Body")
            elif key == "schemas":
                value = {name.removesuffix("Body"): schema for name, schema in value.items()}
            named[key] = _short_names(value)
        return named
    if isinstance(node, list):
        return [_short_names(item) for item in node]
    return node


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _camel_path(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda match: "{" + _camel(match[1]) + "}", path)


def main() -> None:
    """Print the description."""
    json.dump(describe(make_api(cast(Any, None))), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
