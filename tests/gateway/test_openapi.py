"""The API's description: every route, and answers that are as described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from bench.venue import Session
from openbell.gateway.admin.commands import COMMANDS
from openbell.gateway.api import make_api
from openbell.gateway.openapi import describe
from openbell.gateway.routes import RAW_ROUTES
from tests.gateway.conftest import Groups, Order
from tests.gateway.exchange import LocalExchange
from tests.gateway.test_order_groups import entered
from tests.gateway.test_order_sessions import opened
from tests.gateway.test_orders import placed

ROOT = Path(__file__).parents[2]
METHODS = ("get", "post", "patch", "delete")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(make_api(cast(Any, None)))


def differences(value: Any, schema: dict[str, Any], schemas: dict[str, Any], path: str = "") -> list[str]:
    """Where `value` is not as `schema` says."""
    if reference := schema.get("$ref"):
        return differences(value, schemas[reference.rpartition("/")[2]], schemas, path)
    if choices := schema.get("anyOf"):
        found = [differences(value, choice, schemas, path) for choice in choices]
        return [] if [] in found else found[0]
    kinds: dict[str, tuple[type, ...]] = {
        "object": (dict,),
        "array": (list,),
        "string": (str,),
        "integer": (int,),
        "boolean": (bool,),
        "null": (type(None),),
    }
    if not isinstance(value, kinds[schema["type"]]):
        return [f"{path}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    wrong = []
    if schema["type"] == "array":
        for number, one in enumerate(value):
            wrong += differences(one, schema["items"], schemas, f"{path}/{number}")
    elif "properties" in schema:
        wrong += [f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            if name not in schema["properties"]:
                wrong.append(f"{path}: {name} is not described")
            else:
                wrong += differences(one, schema["properties"][name], schemas, f"{path}/{name}")
    return wrong


def test_the_app_is_built_from_this_description(document: dict[str, Any]) -> None:
    committed = json.loads((ROOT / "web" / "openapi.json").read_text())
    assert committed == document, "run: python -m openbell.gateway.openapi > web/openapi.json"


def test_every_raw_route_is_described(document: dict[str, Any]) -> None:
    for route in RAW_ROUTES:
        assert document["paths"][route.path][route.method.lower()]["operationId"] == route.name


def test_every_operation_has_its_own_name_and_tells_of_problems(document: dict[str, Any]) -> None:
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert operation["summary"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]


def test_answers_are_as_described(
    document: dict[str, Any],
    exchange: LocalExchange,
    demo: Session,
    maker: Session,
    limit: Order,
    groups: Groups,
    symbol: str,
) -> None:
    placed(maker, limit(side="SELL", quantity="4"))
    order = placed(demo, limit(clientOrderId="d-1"))
    group = entered(demo, groups.bracket())["groupId"]
    session = opened(demo)["sessionId"]
    asked = {
        "/v1/me": "/v1/me",
        "/v1/orders": "/v1/orders",
        "/v1/orders/{orderId}": f"/v1/orders/{order['orderId']}",
        "/v1/orders/groups/{groupId}": f"/v1/orders/groups/{group}",
        "/v1/orders:by-client-id/{clientOrderId}": "/v1/orders:by-client-id/d-1",
        "/v1/order-sessions/{sessionId}": f"/v1/order-sessions/{session}",
        "/v1/portfolio": "/v1/portfolio",
        "/v1/portfolio/history": "/v1/portfolio/history",
        "/v1/portfolio/performance": "/v1/portfolio/performance?range=1D",
        "/v1/portfolio/lots": f"/v1/portfolio/lots?symbol={symbol}",
        "/v1/statements": "/v1/statements",
        "/v1/my-assets": "/v1/my-assets",
        "/v1/assets": "/v1/assets?search=a",
        "/v1/assets/top": "/v1/assets/top",
        "/v1/assets/{symbol}": f"/v1/assets/{symbol}",
        "/v1/quotes": f"/v1/quotes?symbols={symbol}",
        "/v1/quotes/{symbol}": f"/v1/quotes/{symbol}",
        "/v1/book/{symbol}": f"/v1/book/{symbol}",
        "/v1/trades/{symbol}": f"/v1/trades/{symbol}",
        "/v1/history/{symbol}": f"/v1/history/{symbol}?interval=1h",
        "/v1/clock": "/v1/clock",
        "/healthz": "/healthz",
        "/readyz": "/readyz",
        "/v1/admin/accounts/{accountId}": "/v1/admin/accounts/A00000004",
        "/v1/admin/instruments/{symbol}": f"/v1/admin/instruments/{symbol}",
        "/v1/admin/limits/account/{accountId}": "/v1/admin/limits/account/A00000004",
        "/v1/admin/limits/firm/{firm}": "/v1/admin/limits/firm/1",
        "/v1/admin/limits/symbol/{symbol}": f"/v1/admin/limits/symbol/{symbol}",
        "/v1/admin/limits/venue": "/v1/admin/limits/venue",
        "/v1/admin/totals": "/v1/admin/totals",
        "/v1/admin/status": "/v1/admin/status",
    }
    staff = exchange.session(exchange.settings.admin_token_file.read_text().strip())
    firm = {"firm": 1, "orders": 100, "who": "Ada", "why": "a first firm"}
    assert staff.request("POST", "/v1/admin/limit-firm", firm).status == 200
    files = {
        "/v1/statements/{name}": "application/pdf",
        "/v1/orders/{orderId}/confirmation.pdf": "application/pdf",
        "/v1/orders/{orderId}/confirmation.csv": "text/csv; charset=utf-8",
        "/v1/ticks/{symbol}": "application/vnd.apache.parquet",
    }
    for path, kind in files.items():
        assert set(document["paths"][path]["get"]["responses"]["200"]["content"]) == {kind}
    read = {path for path, item in document["paths"].items() if "get" in item}
    assert set(asked) == read - set(files)
    schemas = document["components"]["schemas"]
    wrong = []
    for path, address in asked.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        asking = staff if "/admin/" in path else demo
        wrong += differences(asking.get(address), schema, schemas, path)
    assert wrong == []


def test_every_admin_command_is_described_with_its_fields(document: dict[str, Any]) -> None:
    for command in COMMANDS.values():
        operation = document["paths"][f"/v1/admin/{command.name}"]["post"]
        assert operation["security"] == [{"admin": []}]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert list(schema["properties"]) == [*(field.camel for field in command.fields), "who", "why"]
        assert {"who", "why"} <= set(schema["required"])
        assert [one["name"] for one in operation["parameters"]] == ["Idempotency-Key"]


def test_changes_are_answered_as_described(
    document: dict[str, Any], exchange: LocalExchange, demo: Session, limit: Order, groups: Groups
) -> None:
    schemas = document["components"]["schemas"]
    order = placed(demo, limit())
    path = f"/v1/orders/{order['orderId']}"
    assert differences(order, schemas["Order"], schemas) == []
    assert differences(entered(demo, groups.oco()), schemas["OrderGroup"], schemas) == []
    assert differences(exchange.open_demo(), schemas["Session"], schemas) == []
    changed = demo.request("PATCH", path, {"quantity": "5"}).json
    assert differences(changed, schemas["ModifiedOrder"], schemas) == []
    assert differences(demo.request("DELETE", "/v1/orders").json, schemas["CancelAll"], schemas) == []
    refused = demo.request("POST", "/v1/orders", limit(side="SELL")).json
    assert differences(refused, schemas["Problem"], schemas) == []
