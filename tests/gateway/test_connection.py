"""One connection's bounds: what a slow reader is owed, when it is closed, who makes room."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from picows import WSTransport

from openbell.gateway.commands import NodeClock
from openbell.gateway.services import Services
from openbell.gateway.stream import connection as connection_module
from openbell.gateway.stream import hub as hub_module
from openbell.gateway.stream.connection import BEHIND_BYTES, STALLED_BYTES, Connection
from openbell.gateway.stream.hub import Hub
from openbell.market.board import Board
from tests.gateway.test_group import SHARE, apply, board, level, payload, trade

__all__ = ["SHARE", "board"]


class Wire:
    """The transport below a connection, both picows' and the event loop's: a test says what is unsent."""

    def __init__(self, address: str = "203.0.113.9") -> None:
        self.sent: list[dict[str, Any]] = []
        self.unsent = 0
        self.code = 0
        self.is_close_frame_sent = False
        self.underlying_transport = self
        self._address = address

    def get_extra_info(self, name: str) -> Any:
        return (self._address, 1) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing pauses here."""

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, frames: bytes) -> None:
        while frames:
            size, start = frames[1], 2
            if size == 126:
                size, start = int.from_bytes(frames[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(frames[2:10], "big"), 10
            self.sent.append(payload(frames[: start + size]))
            frames = frames[start + size :]

    def send_close(self, code: int, reason: bytes) -> None:
        self.code, self.is_close_frame_sent = code, True

    def disconnect(self, graceful: bool = True) -> None:
        """The far end is gone."""

    def kinds(self) -> list[str]:
        kinds = [message["type"] for message in self.sent]
        self.sent.clear()
        return kinds


@pytest.fixture
def hub(board: Board) -> Hub:
    services = SimpleNamespace(board=board, clock=NodeClock())
    return Hub(cast(Services, services))


def connect(hub: Hub, address: str = "203.0.113.9") -> tuple[Connection, Wire]:
    made, wire = Connection(hub, None), Wire(address)
    made.on_ws_connected(cast(WSTransport, wire))
    return made, wire


def say(one: Connection, text: bytes) -> None:
    one._hear(text)


SUBSCRIBE = b'{"action":"subscribe","symbol":"AAPL","channels":["ticks","book","trades"],"interval":0}'


async def test_a_reader_that_falls_behind_gets_the_state_when_there_is_room(hub: Hub, board: Board) -> None:
    one, wire = connect(hub)
    say(one, SUBSCRIBE)
    wire.kinds()
    wire.unsent = BEHIND_BYTES + 1
    for seq, price in ((11, 98), (12, 97), (13, 96)):
        apply(board, seq, level(price, 5), trade(seq, price))
        hub.publish()
    first = wire.kinds()  # what was on its way when the wire filled
    assert len(first) <= 3
    wire.unsent = 0
    one.settle()
    assert sorted(wire.kinds()) == ["BOOK_SNAPSHOT", "TICK"]
    apply(board, 14, level(95, 5))
    hub.publish()
    assert "BOOK_DELTA" in wire.kinds()


async def test_a_full_wire_is_never_written_to(hub: Hub, board: Board) -> None:
    one, wire = connect(hub)
    say(one, SUBSCRIBE)
    wire.unsent = BEHIND_BYTES + 1
    apply(board, 11, level(98, 5))
    hub.publish()
    wire.kinds()
    for seq in range(12, 200):
        apply(board, seq, level(98, seq))
        hub.publish()
        one.settle()
    assert wire.sent == []
    assert list(one.owed) == [("book", 0)]


async def test_a_reader_that_stalls_is_closed(hub: Hub) -> None:
    one, wire = connect(hub)
    wire.unsent = STALLED_BYTES + 1
    one.write(b"")
    assert wire.code == 4008


async def test_a_reader_that_stays_behind_is_closed(
    hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "STALLED_S", 0.02)
    one, wire = connect(hub)
    say(one, SUBSCRIBE)
    wire.unsent = BEHIND_BYTES + 1
    apply(board, 11, level(98, 5))
    hub.publish()
    assert one in hub.behind
    await asyncio.sleep(0.05)
    one.settle()
    assert wire.code == 4008
    assert one not in hub.behind


async def test_a_closed_connection_listens_to_nothing(hub: Hub, board: Board) -> None:
    one, wire = connect(hub)
    say(one, SUBSCRIBE)
    one.close(4001, "the session ended")
    wire.kinds()
    apply(board, 11, level(98, 5))
    hub.publish()
    assert (wire.sent, one.topics, one.group.empty) == ([], set(), True)


async def test_the_oldest_makes_room_for_the_newest(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "CONNECTIONS_MAX", 2)
    wires = [connect(hub, f"203.0.113.{number}")[1] for number in range(3)]
    assert [wire.code for wire in wires] == [4009, 0, 0]
    assert len(hub) == 2


async def test_one_address_does_not_crowd_out_another(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "CONNECTIONS_AN_ADDRESS_MAX", 2)
    _, other = connect(hub, "198.51.100.1")
    wires = [connect(hub)[1] for _ in range(4)]
    assert [wire.code for wire in wires] == [4009, 4009, 0, 0]
    assert other.code == 0


async def test_a_flood_of_messages_ends_the_connection(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "REFUSED_MAX", 5)
    one, wire = connect(hub)
    for _ in range(connection_module.MESSAGES_AT_ONCE_MAX + 10):
        say(one, b'{"action":"ping"}')
    kinds = wire.kinds()
    assert (kinds.count("PONG"), kinds.count("ERROR")) == (connection_module.MESSAGES_AT_ONCE_MAX, 5)
    assert wire.code == 1008


async def test_a_new_interval_loses_nothing(hub: Hub, board: Board) -> None:
    one, wire = connect(hub)
    say(one, b'{"action":"subscribe","symbol":"AAPL","channels":["book"],"interval":10000}')
    apply(board, 11, level(98, 5))
    hub.publish()
    wire.kinds()
    say(one, b'{"action":"subscribe","symbol":"AAPL","interval":0}')
    said = [message for message in wire.sent if message["type"] == "BOOK_SNAPSHOT"]
    assert [one["price"] for one in said[-1]["bids"]] == ["98.00"]


async def test_every_connection_hears_a_heartbeat_when_it_is_due(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    _, early = connect(hub)
    now += 3
    _, late = connect(hub)
    now += 2.5
    hub._beat()
    assert (early.kinds(), late.kinds()) == (["HEARTBEAT"], [])
    now += 2.5
    hub._beat()
    assert (early.kinds(), late.kinds()) == ([], ["HEARTBEAT"])


async def test_many_heartbeats_are_spread_over_steps(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "BEATS_A_STEP_MAX", 2)
    monkeypatch.setattr(hub_module, "HEARTBEAT_S", 0.0)
    wires = [connect(hub)[1] for _ in range(5)]
    hub._beat()
    assert sum(len(wire.sent) for wire in wires) == 2
