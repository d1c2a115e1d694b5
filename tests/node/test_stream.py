"""The stream: from memory, from files where memory ends, and no faster than a subscriber reads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openbell.node.client import NodeClient, SubscribeError
from openbell.node.events import EventFiles, EventsGone
from openbell.node.node import Node
from openbell.node.protocol import UNITS, units_in
from openbell.node.stream import Stream
from tests.node.exchange import connect, deposit, furnish, until
from tests.node.test_events import block


class Listener:
    """A connection that keeps what it is sent, up to `room` frames at a time."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.paused = False
        self.room = room
        self.seen: list[int] = []
        self.units_follow = False
        self.ended = False

    def write(self, data: bytes | bytearray) -> None:
        if self.units_follow:
            self.seen += [unit.seq for unit in units_in(data)]
            self.room -= 1
            self.paused = self.room <= 0
        self.units_follow = not self.units_follow and data[4] == UNITS

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """300 positions in files, about the last 30 of them in memory too."""
    made = Stream(EventFiles(tmp_path / "events", file_bytes=3_000), 0, ring_bytes=10 * len(block(1).units))
    for first in range(1, 301, 3):
        made.publish([block(first)])
    assert 20 < len(made.ring) * 3 < 40
    return made


@pytest.mark.parametrize("position", [0, 100, 268, 270, 271, 272, 290, 299, 300])
async def test_a_subscriber_gets_everything_after_its_position_once(stream: Stream, position: int) -> None:
    listener = Listener()
    stream.subscribe(listener, position).pump()
    await until(lambda: listener.seen == list(range(position + 1, 301)))
    stream.publish([block(301), block(304)])
    await until(lambda: listener.seen == list(range(position + 1, 307)))


async def test_a_slow_subscriber_is_sent_no_more_than_it_takes(stream: Stream) -> None:
    listener = Listener(room=2)
    subscriber = stream.subscribe(listener, 270)
    subscriber.pump()
    for first in range(301, 601, 3):
        stream.publish([block(first)])
    assert listener.seen == list(range(271, 277))
    listener.room, listener.paused = 1_000, False
    subscriber.pump()  # what it missed is only in the files by now
    await until(lambda: listener.seen == list(range(271, 601)))
    stream.publish([block(601)])
    await until(lambda: listener.seen[-1] == 603)


async def test_for_a_patient_subscriber_units_gather_a_moment_and_none_stays_behind(stream: Stream) -> None:
    patient, prompt = Listener(), Listener()
    stream.subscribe(patient, 300, patient=True).pump()
    stream.subscribe(prompt, 300).pump()
    stream.publish([block(301)])
    stream.publish([block(304)])
    assert (patient.seen, prompt.seen) == ([], list(range(301, 307)))
    await until(lambda: patient.seen == prompt.seen)
    stream.publish([block(307)])
    stream.pump()
    assert patient.seen == list(range(301, 310))


async def test_what_is_not_kept_any_more_is_said_so(stream: Stream) -> None:
    stream.files.release(200)
    with pytest.raises(EventsGone):
        stream.subscribe(Listener(), 10)


async def test_a_file_that_goes_under_a_subscriber_ends_it(stream: Stream) -> None:
    listener = Listener()
    subscriber = stream.subscribe(listener, 0)
    for path in stream.files.release(200):
        path.unlink()
    subscriber.pump()
    await until(lambda: listener.ended)
    assert not stream.subscribers


async def test_a_client_far_behind_catches_up_over_the_socket(node: Node, client: NodeClient) -> None:
    await furnish(client)
    node.stream.ring_bytes = 10_000
    for _ in range(10):
        await asyncio.gather(*(client.send(deposit(1)) for _ in range(500)))
    seen: list[int] = []
    stream = client.subscribe(0)
    async with asyncio.timeout(20):
        async for units in stream:
            seen += [unit.seq for unit in units]
            if seen[-1] >= 5_000:
                break
    assert seen == list(range(1, len(seen) + 1))


async def test_a_consumer_that_does_not_read_holds_up_no_command(
    node: Node, client: NodeClient, tmp_path: Path
) -> None:
    await furnish(client)
    lazy = await connect(tmp_path, "lazy")
    stream = lazy.subscribe(0)
    await stream.start()
    for _ in range(30):
        await asyncio.gather(*(client.send(deposit(1)) for _ in range(500)))
    await until(lambda: any(one.sink.paused for one in node.stream.subscribers))
    waiting = [one.transport.get_write_buffer_size() for one in node.connections if one.transport]
    assert max(waiting) < 4 << 20
    seen = 0
    async for units in stream:
        assert units[0].seq == seen + 1
        seen = units[-1].seq
        if seen > 15_000:
            break
    await lazy.close()


async def test_a_named_reader_that_comes_after_its_units_went_is_told(node: Node, client: NodeClient) -> None:
    await furnish(client)
    node.events.restart(node.events.last)
    node.stream.ring.clear()
    with pytest.raises(SubscribeError, match="POSITION_GONE"):
        await client.subscribe(0, "late").start()
