"""Loading a board from the node, so that the event stream can carry it on without a gap.

The order matters: subscribe first (from now, or from some way back for the newest prints), then `load`,
then apply the stream's units. What the stream brings meanwhile waits in it; what the loaded state already
holds is skipped by its log position.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from openbell.core.records import Genesis, Header
from openbell.market.board import Board

QUERIES_AT_ONCE = 64


class Node(Protocol):
    """What loading needs of the node's client."""

    @property
    def genesis(self) -> bytes: ...
    async def query(self, name: str, **arguments: int) -> dict[str, Any]: ...


async def load(board: Board, node: Node) -> None:
    """Fill `board` with every instrument and its whole book; it may hold older state already.

    Raises:
        NodeUnavailable: the node cannot be reached; load again.
    """
    result = await node.query("instruments")
    for row in result["data"]:
        board.add(row, result["seq"])
    levels = Genesis.from_buffer_copy(node.genesis, Header.SIZE).levels
    room = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def load_depth(instrument: int) -> None:
        async with room:
            depth = await node.query("depth", instrument=instrument, levels=levels)
        board.set_depth(instrument, depth["data"], depth["seq"])

    await asyncio.gather(*(load_depth(row["instrument"]) for row in result["data"]))
