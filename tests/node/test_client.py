"""The client: many in flight, through reconnects, honest about what it does not know."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openbell.core import codes
from openbell.node.client import NodeClient, NodeUnavailable, OutcomeUnknown, SubscribeError, Unit
from openbell.node.node import Node
from openbell.node.protocol import RESULT
from tests.node.disks import HeldDisk
from tests.node.exchange import HOUSE, connect, deposit, furnish, open_account, start_node, until


async def collect(stream: object, last: int) -> list[Unit]:
    """Units of a subscription until position `last`."""
    found: list[Unit] = []
    async with asyncio.timeout(10):
        async for units in stream:  # type: ignore[attr-defined]
            found += units
            if found[-1].seq >= last:
                return found
    return found


async def test_without_a_node_connecting_fails_in_time(tmp_path: Path) -> None:
    with pytest.raises(NodeUnavailable, match=r"did not open in 0\.2 s"):
        await connect(tmp_path, retry_s=0.2)


async def test_many_commands_in_flight_each_get_their_own_answer(client: NodeClient) -> None:
    await furnish(client)
    answers = await asyncio.gather(*(client.send(deposit(amount)) for amount in range(1, 501)))
    assert {answer.code for answer in answers} == {codes.E_OK}
    assert [answer.seq for answer in answers] == sorted(answer.seq for answer in answers)
    account = (await client.query("account", account=HOUSE))["data"]
    assert account["cash"] == 10**12 + sum(range(1, 501))


async def test_a_caller_that_stops_waiting_harms_no_other(client: NodeClient) -> None:
    await furnish(client)
    waiting = asyncio.ensure_future(client.send(deposit(5)))
    await asyncio.sleep(0)
    waiting.cancel()
    assert (await client.send(deposit(6))).code == codes.E_OK
    await until(lambda: client._link is not None and not client._link.commands)
    assert (await client.query("account", account=HOUSE))["data"]["cash"] == 10**12 + 11


async def test_a_query_reads_what_the_commands_before_it_made_however_many_wait(client: NodeClient) -> None:
    await furnish(client)
    sent = [asyncio.ensure_future(client.send(deposit(1))) for _ in range(2_000)]
    await asyncio.sleep(0)
    answer, result = await client.send_and_query(deposit(5), "account", account=HOUSE)
    assert result is not None
    assert result["seq"] >= answer.seq
    assert result["data"]["cash"] == 10**12 + 2_005
    assert all(one.done() for one in sent)


async def test_a_query_that_was_lost_after_its_command_leaves_the_commands_answer(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    link = client._link
    assert link is not None
    take = link._take

    def take_answers_only(kind: int, number: int, payload: bytes) -> None:
        if kind == RESULT:
            link._abort("the test ends it here")
        else:
            take(kind, number, payload)

    link._take = take_answers_only  # type: ignore[method-assign]
    answer, result = await client.send_and_query(deposit(5), "account", account=HOUSE)
    assert (answer.code, result) == (codes.E_OK, None)
    await client.close()
    await node.stop()


async def test_what_was_sent_and_not_answered_is_unknown_and_later_commands_were_surely_not_sent(
    tmp_path: Path,
) -> None:
    disk = HeldDisk()
    node = await start_node(tmp_path, disk=disk)
    client = await connect(tmp_path)
    await furnish(client)
    disk.let_go.clear()
    sent = asyncio.ensure_future(client.send(deposit(5)))
    await until(lambda: len(node.sequencer.in_flight) == 1)
    with_query = asyncio.ensure_future(client.send_and_query(deposit(5), "totals"))
    await until(lambda: len(node.sequencer.in_flight) == 2)
    for connection in list(node.connections):
        assert connection.transport is not None
        connection.transport.abort()
    assert node.server is not None
    node.server.close()
    with pytest.raises(OutcomeUnknown):
        await sent
    with pytest.raises(OutcomeUnknown):
        await with_query
    assert not client.connected
    with pytest.raises(NodeUnavailable):
        await client.send(deposit(5))
    with pytest.raises(NodeUnavailable):
        await client.query("totals")
    disk.let_go.set()
    await client.close()
    await node.stop()


async def test_the_client_comes_back_by_itself_and_sees_what_was_acknowledged(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    term = client.welcome.term
    await node.stop()
    await until(lambda: not client.connected)
    node = await start_node(tmp_path)
    await until(lambda: client.connected)
    assert client.welcome.term > term
    assert (await client.query("account", account=HOUSE))["data"]["cash"] == 10**12
    assert (await client.send(deposit(1))).code == codes.E_OK
    await client.close()
    await node.stop()


async def test_a_subscription_goes_on_after_a_restart_without_gap_or_repeat(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    stream = client.subscribe(0, "ledger")
    await furnish(client)
    first = await collect(stream, int(node.exchange.position))
    await node.stop()
    await until(lambda: not client.connected)
    node = await start_node(tmp_path)
    await until(lambda: client.connected)
    last = (await client.send(deposit(1))).seq
    second = await collect(stream, last)
    assert [unit.seq for unit in first + second] == list(range(1, last + 1))
    await client.close()
    await node.stop()


async def test_subscribing_from_now_tells_where_now_is(client: NodeClient, node: Node) -> None:
    await furnish(client)
    stream = client.subscribe(None)
    begin = await stream.start()
    assert begin == stream.position == node.stream.published
    answer = await client.send(deposit(1))
    units = await collect(stream, answer.seq)
    assert units[0].seq == begin + 1
    assert len(units[-1].events) == 128 * answer.events


async def test_units_are_the_commands_with_their_events(client: NodeClient) -> None:
    stream = client.subscribe(0)
    made = bytes(open_account())
    answer = await client.send(made)
    unit = (await collect(stream, answer.seq))[-1]
    assert (unit.seq, unit.ts) == (answer.seq, answer.ts)
    assert unit.command[48:64] == made[48:64]
    assert len(unit.events) == 128 * answer.events > 0


async def test_closing_a_subscription_ends_its_iteration(client: NodeClient) -> None:
    stream = client.subscribe(None)
    await stream.start()
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    await stream.aclose()
    async with asyncio.timeout(5):
        while (await waiting) is not None:
            waiting = asyncio.ensure_future(anext(stream, None))


async def test_a_position_ahead_of_the_log_is_refused(client: NodeClient) -> None:
    with pytest.raises(SubscribeError, match="BAD_POSITION"):
        await client.subscribe(10**9).start()


async def test_an_ack_is_kept_across_restarts(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    stream = client.subscribe(0, "ledger")
    await furnish(client)
    await collect(stream, int(node.exchange.position))
    await client.ack(3)
    await until(lambda: node.readers.positions.get("ledger") == 3)
    await client.close()
    await node.stop()
    node = await start_node(tmp_path)
    assert node.readers.positions == {"ledger": 3}
    await node.stop()
