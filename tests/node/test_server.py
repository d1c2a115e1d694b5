"""The door: what it answers, what it refuses, and that garbage does nothing."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbell.core import codes, records
from openbell.node.client import NodeClient, QueryError
from openbell.node.intake import Intake
from openbell.node.node import Node
from openbell.node.protocol import (
    ANSWER,
    COMMAND,
    ERROR,
    FRAME,
    HELLO,
    QUERY,
    REST,
    RESULT,
    SUBSCRIBE,
    WELCOME,
    frame,
    message,
)
from tests.node.exchange import HOUSE, connect, deposit, furnish, open_account, order, start_node, until


class Raw:
    """A connection without a client's manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, folder: Path, greet: bool = True) -> Raw:
        made = cls(*await asyncio.open_unix_connection(str(folder / "node.sock")))
        if greet:
            made.writer.write(message(HELLO, 0, {"version": 1, "name": "raw", "role": "test"}))
            assert (await made.frame())[0] == WELCOME
        return made

    async def frame(self) -> tuple[int, int, bytes]:
        """The next frame: kind, correlation, payload."""
        async with asyncio.timeout(5):
            length, kind, _, _, number = FRAME.unpack(await self.reader.readexactly(FRAME.size))
            return kind, number, await self.reader.readexactly(length - REST)

    async def ends_with(self) -> str:
        """The code of the ERROR that closes the connection; empty if it closes without."""
        code = ""
        try:
            while True:
                kind, _, payload = await self.frame()
                if kind == ERROR:
                    code = msgspec.msgpack.decode(payload)["code"]
        except (EOFError, ConnectionError):
            self.writer.close()
        return code


async def test_the_door_is_for_this_user_only(node: Node, tmp_path: Path) -> None:
    mode = (tmp_path / "node.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


async def test_a_command_is_answered_and_a_query_sees_it(client: NodeClient) -> None:
    await furnish(client)
    answer = await client.send(order(codes.BUY, 990_000))
    assert (answer.code, answer.status) == (codes.E_OK, codes.ST_OPEN)
    result = await client.query("order", order=answer.order)
    assert result["seq"] >= answer.seq
    assert result["data"]["leaves"] == records.QUANTITY_SCALE
    cancelled = await client.send(
        records.pack(codes.C_CANCEL, bytes(records.Cancel(order=answer.order)), account=HOUSE)
    )
    assert cancelled.status == codes.ST_CANCELLED
    assert (await client.query("order", order=answer.order))["data"]["status"] == codes.ST_CANCELLED


async def test_records_in_the_log_carry_what_the_sequencer_stamps(client: NodeClient, node: Node) -> None:
    stream = client.subscribe(0)
    await furnish(client)
    units = []
    while len(units) < 5:
        units += await anext(stream)
    heads = [records.Header.from_buffer_copy(unit.command) for unit in units]
    assert [head.seq for head in heads] == list(range(1, len(heads) + 1))
    sent = next(head for head in heads if head.type == codes.C_OPEN_ACCOUNT)
    assert sent.source == client.welcome.source
    assert sent.term == node.term
    assert 0 < sent.received_ns <= sent.ts


async def test_a_second_send_with_the_same_key_gets_the_first_answer(client: NodeClient) -> None:
    await furnish(client)
    made = order(codes.BUY, 990_000)
    first, again = await client.send(bytes(made)), await client.send(bytes(made))
    assert again.order == first.order
    assert again.flags & codes.REPLAYED


async def test_every_query_gives_data_and_its_position(client: NodeClient) -> None:
    await furnish(client)
    opened = bytes(records.Session(op=codes.SESSION_OPEN, span=10**9))
    await client.send(bytes(records.pack(codes.C_SESSION, opened, account=HOUSE, actor=7)))
    placed = await client.send(order(codes.BUY, 990_000, key_low=7, key_high=8))
    asked: dict[str, dict[str, Any]] = {
        "account": {"account": HOUSE},
        "order": {"order": placed.order},
        "order_by_key": {"account": HOUSE, "key_low": 7, "key_high": 8},
        "orders": {"account": HOUSE, "status": "working", "instrument": None, "before": 0, "limit": 10},
        "depth": {"instrument": 0, "levels": 5},
        "instrument": {"instrument": 0},
        "instruments": {},
        "idle_accounts": {"kind": codes.KIND_HOUSE, "before_ts": 2**62, "limit": 5},
        "session": {"account": HOUSE, "session": 7},
        "totals": {},
        "status": {},
    }
    found = {name: await client.query(name, **arguments) for name, arguments in asked.items()}
    assert all(result["seq"] >= placed.seq and result["data"] for result in found.values())
    assert found["orders"]["data"][0]["order"] == placed.order
    assert found["order_by_key"]["data"]["order"] == placed.order
    assert found["status"]["data"]["durable"] >= placed.seq


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("nonsense", {}, "UNKNOWN_QUERY"),
        ("account", {}, "BAD_QUERY"),
        ("account", {"account": "5"}, "BAD_QUERY"),
        ("account", {"account": -1}, "BAD_QUERY"),
        ("order", {"order": 2**64}, "BAD_QUERY"),
        ("order", {"order": 2**64 - 1}, "BAD_QUERY"),
        ("orders", {"account": 4, "status": "odd", "limit": 1}, "BAD_QUERY"),
        ("depth", {"instrument": 10**9, "levels": 5}, "BAD_QUERY"),
        ("idle_accounts", {"kind": 99, "before_ts": 0, "limit": 1}, "BAD_QUERY"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused_and_harms_nobody(
    client: NodeClient, name: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(QueryError) as caught:
        await client.query(name, **arguments)
    assert caught.value.code == code
    assert (await client.query("totals"))["data"]["accounts"] > 0


async def test_a_command_too_late_is_refused_before_the_log(client: NodeClient, node: Node) -> None:
    before = int(node.journal.last)
    answer = await client.send(deposit(1, valid_until=5))
    assert (answer.code, answer.seq, answer.limit) == (codes.E_TOO_LATE, 0, 5)
    assert answer.observed > 10**18
    assert node.journal.last == before


async def test_a_malformed_record_is_refused_before_the_log(client: NodeClient, node: Node) -> None:
    before = int(node.journal.last)
    for broken in (b"", b"x" * 50, bytes(deposit(1))[:-8], bytes(200), b"\xff" * 1_000, b"y" * 100_000):
        assert (await client.send(broken)).code == codes.E_BAD_RECORD
    assert node.journal.last == before
    assert (await client.send(open_account())).code == codes.E_OK


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "BAD_FRAME"),
        (b"\xff" * 64, "BAD_FRAME"),
        (bytes(64), "BAD_FRAME"),
        (frame(COMMAND, 1, deposit(1)), "NO_HELLO"),
        (message(HELLO, 0, {"version": 9}), "VERSION"),
        (frame(HELLO, 0, b"\xc1 no msgpack"), "BAD_FRAME"),
        (message(HELLO, 0, [1, 2]), "BAD_FRAME"),
    ],
)
async def test_a_stranger_at_the_door_is_told_why_and_let_go(
    node: Node, tmp_path: Path, data: bytes, code: str
) -> None:
    raw = await Raw.open(tmp_path, greet=False)
    raw.writer.write(data)
    assert await raw.ends_with() == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(99, 1), "BAD_FRAME"),
        (FRAME.pack(REST + 10, COMMAND, 1, 0, 1) + bytes(10), "BAD_FRAME"),
        (FRAME.pack(2**30, COMMAND, 0, 0, 1), "BAD_FRAME"),
        (frame(QUERY, 1, b"\xc1"), "BAD_FRAME"),
        (message(SUBSCRIBE, 1, {"position": 10**9}), "BAD_POSITION"),
        (message(SUBSCRIBE, 1, {"position": "x"}), "BAD_POSITION"),
        (message(SUBSCRIBE, 1, {"position": 0, "name": "../etc/passwd"}), "BAD_NAME"),
        (frame(5, 0, bytes(8)), "BAD_FRAME"),
        (message(HELLO, 0, {"version": 1}), "BAD_FRAME"),
    ],
)
async def test_a_client_that_breaks_the_protocol_is_told_and_let_go(
    node: Node, tmp_path: Path, data: bytes, code: str
) -> None:
    raw = await Raw.open(tmp_path)
    raw.writer.write(data)
    assert await raw.ends_with() == code


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=300)), min_size=10, max_size=20)
)
def test_any_bytes_get_an_error_a_close_or_patience(pieces: list[tuple[bool, bytes]], tmp_path: Path) -> None:
    async def send_all() -> None:
        node = await start_node(tmp_path)
        for greet, garbage in pieces:
            before = int(node.exchange.position)
            raw = await Raw.open(tmp_path, greet)
            raw.writer.write(garbage)
            raw.writer.write_eof()
            await raw.ends_with()
            assert node.exchange.position <= before + 1  # a tick at most
        client = await connect(tmp_path)
        assert (await client.query("totals"))["data"]["cash"] == 0
        await client.close()
        await node.stop()

    asyncio.run(send_all())


async def test_a_query_longer_than_the_buffer_is_still_taken(node: Node, tmp_path: Path) -> None:
    raw = await Raw.open(tmp_path)
    raw.writer.write(message(QUERY, 5, {"name": "totals", "ignored": "x" * 900_000}))
    assert (await raw.frame())[:2] == (RESULT, 5)
    raw.writer.close()


async def test_frames_byte_by_byte_are_the_same_frames(node: Node, tmp_path: Path) -> None:
    raw = await Raw.open(tmp_path)
    for byte in frame(COMMAND, 3, open_account()):
        raw.writer.write(bytes([byte]))
        await raw.writer.drain()
        await asyncio.sleep(0)
    kind, number, payload = await raw.frame()
    assert (kind, number) == (ANSWER, 3)
    assert records.Answer.from_buffer_copy(payload).account == HOUSE
    raw.writer.close()


async def test_a_client_that_never_reads_costs_bounded_memory_and_holds_up_nobody(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    await furnish(client)
    raw = await Raw.open(tmp_path)
    query = message(QUERY, 1, {"name": "instruments"}) + message(QUERY, 2, {"name": "totals"})

    async def flood() -> None:
        for _ in range(3_000):
            raw.writer.write(query * 20)
            await raw.writer.drain()

    flooding = asyncio.create_task(flood())
    await until(lambda: any(connection.stopped for connection in node.connections))
    assert (await client.send(deposit(1))).code == codes.E_OK
    connection = next(one for one in node.connections if one.stopped)
    assert connection.transport is not None
    assert connection.transport.get_write_buffer_size() < 16 << 20
    flooding.cancel()
    raw.writer.transport.abort()


async def test_more_commands_than_can_wait_are_refused_by_name(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    node.sequencer.intake = node.intake = Intake(1 << 20, 1_000)
    node.sequencer.in_flight.extend((0, 0))  # as if two batches were not durable yet
    made = bytes(deposit(1))
    sent = [asyncio.ensure_future(client.send(made)) for _ in range(1_500)]
    done, _ = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    assert {one.result().code for one in done} == {codes.E_OVERLOADED}
    node.sequencer.in_flight.clear()
    node.arrived()
    found = [answer.code for answer in await asyncio.gather(*sent)]
    assert found == [codes.E_UNKNOWN_ACCOUNT] * 1_000 + [codes.E_OVERLOADED] * 500
