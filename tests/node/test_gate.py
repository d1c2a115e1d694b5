"""Nothing leaves the node before the log has it durably."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openbell.core import codes
from openbell.node.gate import Gate
from openbell.node.intake import Run
from tests.node.disks import HeldDisk
from tests.node.exchange import HOUSE, connect, deposit, furnish, start_node, until


def test_what_waits_leaves_in_order_and_no_sooner() -> None:
    gate = Gate(5)
    left: list[int] = []
    for position in (5, 6, 6, 8):
        gate.hold(position, lambda position=position: left.append(position))  # type: ignore[misc]
    assert left == [5]
    gate.open(7)
    assert left == [5, 6, 6]
    gate.open(8)
    assert left == [5, 6, 6, 8]


def test_what_comes_late_does_not_overtake() -> None:
    gate = Gate(5)
    left: list[str] = []
    gate.hold(6, lambda: left.append("first"))
    gate.hold(5, lambda: left.append("second"))
    assert left == []
    gate.open(6)
    assert left == ["first", "second"]


def test_a_closed_gate_lets_nothing_out() -> None:
    gate = Gate(5)
    left: list[int] = []
    gate.hold(6, lambda: left.append(6))
    gate.close()
    gate.hold(5, lambda: left.append(5))
    gate.open(9)
    assert left == []


async def test_answers_results_and_units_wait_for_the_disk(tmp_path: Path) -> None:
    disk = HeldDisk()
    node = await start_node(tmp_path, disk=disk)
    client = await connect(tmp_path)
    await furnish(client)
    stream = client.subscribe(None)
    begin = await stream.start()
    disk.let_go.clear()
    position = int(node.exchange.position)
    answer = asyncio.ensure_future(client.send(deposit(77)))
    await until(lambda: node.exchange.position > position)  # applied while the disk is still busy
    result = asyncio.ensure_future(client.query("account", account=HOUSE))
    units = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.2)
    assert not answer.done()
    assert not result.done()
    assert not units.done()
    assert node.journal.durable == begin
    disk.let_go.set()
    assert (await answer).code == codes.E_OK
    assert (await result)["data"]["cash"] == 10**12 + 77
    assert (await units)[0].seq == begin + 1
    await client.close()
    await node.stop()


async def test_turns_go_on_while_a_batch_syncs_but_only_one_more(tmp_path: Path) -> None:
    disk = HeldDisk()
    node = await start_node(tmp_path, disk=disk)
    client = await connect(tmp_path)
    await furnish(client)
    node.sequencer.tick_at = 1 << 62  # no turn but ours
    await until(lambda: not node.sequencer.in_flight)
    disk.let_go.clear()
    answers = []
    for where in ((1, 0), (2, 0), (2, 1), (2, 2), (2, 3)):
        answers.append(asyncio.ensure_future(client.send(deposit(1))))
        # Each comes alone, to where it has to: on its way to the disk, or waiting.
        await until(lambda now=where: (len(node.sequencer.in_flight), len(node.intake)) == now)  # type: ignore[misc]
    disk.let_go.set()
    assert {answer.code for answer in await asyncio.gather(*answers)} == {codes.E_OK}
    await client.close()
    await node.stop()


async def test_a_command_that_the_core_cannot_take_stops_the_node_without_a_word(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    node.exchange.memory["scalars"][0].position += 1  # as if the core had broken its own rules
    with pytest.raises(Exception, match="connection to the node was lost"):
        await client.send(deposit(1))
    with pytest.raises(Exception, match="sequence is not the one after the last"):
        await node.ended
    with pytest.raises(Exception, match="connection"):
        await client.query("totals")
    await client.close()
    await node.stop()


async def test_a_turn_that_fails_stops_the_node_instead_of_leaving_it_mute(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    node.intake.runs.append(Run(None, -1))  # as if it had lost count of whose commands wait
    with pytest.raises(Exception, match="connection to the node was lost"):
        await client.send(deposit(1))
    with pytest.raises(IndexError):
        await node.ended
    await client.close()
    await node.stop()
