"""docs/api.md: its examples have exactly the fields that the code sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from openbell.core import codes
from openbell.gateway.api import make_api
from openbell.gateway.openapi import describe
from openbell.gateway.refusals import REFUSALS
from openbell.gateway.stream import messages
from openbell.gateway.stream.messages import Said

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()


def examples() -> list[dict[str, Any]]:
    """Every JSON object in a block of the page, the stream's lines one by one."""
    found: list[dict[str, Any]] = []
    decoder = json.JSONDecoder()
    for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        rest = block.strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            found.append(value)
            rest = rest[end:].strip()
    return found


STREAM = {
    struct.__struct_config__.tag: set(struct.__struct_encode_fields__) | {"type"}
    for struct in vars(messages).values()
    if isinstance(struct, type) and issubclass(struct, Said) and struct is not Said
}
SHOWN = [example for example in examples() if example.get("type") in STREAM]
HEARD = [example for example in examples() if "action" in example or example.get("type") == "subscribe"]
REST = [example for example in examples() if example not in SHOWN and example not in HEARD]


def test_every_message_of_the_stream_is_shown() -> None:
    assert {example["type"] for example in SHOWN} == set(STREAM)


@pytest.mark.parametrize("example", SHOWN, ids=lambda example: str(example["type"]))
def test_a_shown_message_has_the_fields_that_are_sent(example: dict[str, Any]) -> None:
    assert set(example) == STREAM[example["type"]]


@pytest.mark.parametrize("example", HEARD, ids=json.dumps)
def test_a_shown_client_message_is_understood(example: dict[str, Any]) -> None:
    assert set(example) <= set(messages.ClientMessage.__struct_encode_fields__)
    messages.read(msgspec.json.encode(example))


@pytest.fixture(scope="module")
def schemas() -> list[dict[str, Any]]:
    """Every object that the API's description names."""
    described = describe(make_api(cast(Any, None)))["components"]["schemas"]
    return [schema for schema in described.values() if "properties" in schema]


@pytest.mark.parametrize("example", REST, ids=lambda example: next(iter(example)))
def test_a_shown_body_has_the_fields_of_one_that_is_described(
    example: dict[str, Any], schemas: list[dict[str, Any]]
) -> None:
    assert [
        schema["title"]
        for schema in schemas
        if set(schema["required"]) <= set(example) <= set(schema["properties"])
    ]


@pytest.mark.parametrize("code", sorted(REFUSALS), ids=codes.REFUSAL_NAMES.get)
def test_every_refusal_is_on_the_page(code: int) -> None:
    refused = REFUSALS[code]
    assert f"| {refused.status} `{refused.code}` |" in PAGE
