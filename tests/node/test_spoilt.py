"""Records spoilt in every way, through the door: each is answered, and the log replays to the same state."""

from __future__ import annotations

import asyncio
from pathlib import Path

from openbell.core import codes, snapshot
from openbell.node.client import NodeClient
from tests.core.fuzz import Fuzz, corpus
from tests.node.exchange import connect, deposit, furnish, start_node
from tests.node.test_recovery import from_the_start

RECORDS = 1500
AT_ONCE = 50


async def test_every_spoilt_record_is_answered_and_the_log_replays(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    said = await spoilt(client)
    assert len(said) > 15, "refused in many ways"
    assert node.exchange.position > RECORDS // 10, "some of them reach the log"
    assert (await client.send(deposit(1))).code == codes.E_OK
    await client.close()
    await node.stop()
    before = snapshot.state_hash(node.exchange)
    assert snapshot.state_hash(from_the_start(tmp_path)) == before


async def spoilt(client: NodeClient) -> set[int]:
    """Send them, many at once; the codes of the answers."""
    fuzz = Fuzz(5, corpus(), 0)
    found: set[int] = set()
    for _ in range(RECORDS // AT_ONCE):
        records = [bytes(fuzz.record()) for _ in range(AT_ONCE)]
        found |= {answer.code for answer in await asyncio.gather(*map(client.send, records))}
    return found
