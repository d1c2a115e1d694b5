"""A running node and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openbell.node.client import NodeClient
from openbell.node.node import Node
from tests.node.exchange import connect, start_node


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = await start_node(tmp_path)
    yield made
    await made.stop()


@pytest.fixture
async def client(node: Node, tmp_path: Path) -> AsyncIterator[NodeClient]:
    made = await connect(tmp_path)
    yield made
    await made.close()
