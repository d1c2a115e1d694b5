"""Commands to the node of a running exchange, all of which must succeed."""

from __future__ import annotations

import asyncio
from typing import Any

from venue import Venue

from openbell.core import codes
from openbell.node.client import NodeClient

IN_FLIGHT = 512


async def connected(venue: Venue) -> NodeClient:
    """A client of the node."""
    return await NodeClient.connect(venue.folder / "node.sock", name="bench", role="bench")


async def sent(client: NodeClient, commands: list[bytearray]) -> list[Any]:
    """The answers to commands, all of which must succeed."""
    answers: list[Any] = []
    for start in range(0, len(commands), IN_FLIGHT):
        part = commands[start : start + IN_FLIGHT]
        answers += await asyncio.gather(*(client.send(bytes(command)) for command in part))
    for answer in answers:
        assert answer.code == codes.E_OK, codes.REFUSAL_NAMES.get(answer.code, answer.code)
    return answers
