"""No space: new orders are refused by name, cancels go on, and all is well when space is back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from openbell.core import codes, records
from openbell.log.faulty import FaultyDisk
from openbell.node.client import OutcomeUnknown
from tests.node.exchange import HOUSE, LIMITS, connect, deposit, furnish, order, process, start_node, until
from tests.node.test_recovery import from_the_start

SEGMENT = LIMITS.segment_bytes


def cancel(number: int) -> bytearray:
    return records.pack(codes.C_CANCEL, bytes(records.Cancel(order=number)), account=HOUSE)


async def test_a_full_log_takes_cancels_only_until_there_is_space(tmp_path: Path) -> None:
    disk = FaultyDisk(1, capacity=SEGMENT)
    node = await start_node(tmp_path, disk=disk)
    client = await connect(tmp_path)
    await furnish(client)
    working = [(await client.send(order(codes.BUY, 900_000))).order for _ in range(20)]
    code = codes.E_OK
    while code == codes.E_OK:
        code = (await asyncio.gather(*(client.send(deposit(1)) for _ in range(200))))[-1].code
    assert code == codes.E_LOG_FULL
    before = node.journal.last
    assert (await client.send(order(codes.BUY, 900_000))).code == codes.E_LOG_FULL
    assert node.journal.last == before
    assert (await client.query("status"))["data"]["log_full"]
    for number in working:
        refused = asyncio.ensure_future(client.send(deposit(1)))
        answer, result = await client.send_and_query(cancel(number), "order", order=number)
        assert (await refused).code == codes.E_LOG_FULL
        assert answer.status == codes.ST_CANCELLED
        assert result is not None
        assert result["data"]["status"] == codes.ST_CANCELLED
    disk.capacity = 10 * SEGMENT
    async with asyncio.timeout(10):
        while (await client.send(deposit(1))).code != codes.E_OK:
            await asyncio.sleep(0.05)
    assert not (await client.query("status"))["data"]["log_full"]
    await client.close()
    await node.stop()


async def test_a_burst_into_a_filling_log_is_taken_or_refused_one_by_one(tmp_path: Path) -> None:
    node = await start_node(tmp_path, disk=FaultyDisk(1, capacity=SEGMENT))
    client = await connect(tmp_path)
    await furnish(client)
    answers = await asyncio.gather(*(client.send(deposit(1)) for _ in range(12_000)))
    taken = [answer for answer in answers if answer.code == codes.E_OK]
    assert {answer.code for answer in answers} == {codes.E_OK, codes.E_LOG_FULL}
    assert (await client.query("account", account=HOUSE))["data"]["cash"] == 10**12 + len(taken)
    await client.close()
    await node.stop()


def test_a_failed_sync_ends_the_process_without_an_answer(tmp_path: Path) -> None:
    failing = """
import errno, os
from openbell.log import disk
real = disk.sync_data
def sync_data(fd):
    if os.path.exists(sys.argv[1] + "/fail"):
        raise OSError(errno.EIO, "input/output error")
    real(fd)
disk.sync_data = sync_data
"""
    one = process(tmp_path, code=failing)

    async def send() -> None:
        client = await connect(tmp_path)
        await furnish(client)
        (tmp_path / "fail").touch()
        with pytest.raises(OutcomeUnknown):
            await client.send(deposit(5))
        await client.close()

    asyncio.run(send())
    assert one.wait(5) == 74
    (tmp_path / "fail").unlink()
    assert from_the_start(tmp_path).position >= 5


async def test_events_that_cannot_be_written_wait_in_memory(tmp_path: Path) -> None:
    node = await start_node(tmp_path)
    client = await connect(tmp_path)
    await furnish(client)
    written, fd = node.events.last, node.events.fd
    node.events.fd = os.open(os.devnull, os.O_RDONLY)  # every write fails
    answer = await client.send(deposit(1))
    assert answer.code == codes.E_OK
    await until(lambda: node.stream.writer.error is not None)
    assert node.events.last == written
    assert node.stream.writer.waiting[0].first == written + 1
    os.close(node.events.fd)
    node.events.fd = fd
    answer = await client.send(deposit(1))
    await until(lambda: node.events.last >= answer.seq)
    await client.close()
    await node.stop()
