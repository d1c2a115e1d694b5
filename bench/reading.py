"""A load of reads over HTTP, in a process of its own: reads what to do from standard input.

At a rate, each read has a due time that no answer delays, and its latency counts from it. Without one, every
connection asks again as soon as it has its answer.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter

import msgspec
import uvloop

from openbell.simulator.client import Client, LostError

OPEN_S = 10.0


class Job(msgspec.Struct):
    """What to do: `path` so many times a second (0: as often as answers come), over some connections."""

    port: int
    path: str
    token: str
    rate: float
    seconds: float
    connections: int


class Result(msgspec.Struct):
    """Latencies in microseconds from the due time, what was answered with which status, what was lost.

    Attributes:
        late_us_p99: how late reads were sent.
        seconds: from the first to the last.
    """

    micros: list[int]
    statuses: dict[str, int]
    lost: int
    late_us_p99: int
    seconds: float


class Reading:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.path = job.path.encode()
        self.authorization = f"Authorization: Bearer {job.token}\r\n".encode()
        self.clients = [Client("127.0.0.1", job.port) for _ in range(job.connections)]
        self.micros: list[int] = []
        self.late: list[int] = []
        self.statuses: Counter[str] = Counter()
        self.lost = 0

    async def run(self) -> Result:
        """Send every read, wait for the last answers, and tell."""
        keepers = [asyncio.create_task(client.keep_open()) for client in self.clients]
        async with asyncio.timeout(OPEN_S):
            while not all(client.is_open for client in self.clients):
                await asyncio.sleep(0.01)
        gc.collect()
        gc.freeze()
        gc.disable()
        begun = time.perf_counter()
        await (self._at_a_rate() if self.job.rate else self._at_once())
        seconds = time.perf_counter() - begun
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        late = sorted(self.late)
        late_p99 = late[int(0.99 * (len(late) - 1))] if late else 0
        return Result(self.micros, dict(self.statuses), self.lost, late_p99, seconds)

    async def _at_a_rate(self) -> None:
        start, step = time.perf_counter() + 0.1, 1.0 / self.job.rate
        reads = []
        for sent in range(int(self.job.rate * self.job.seconds)):
            due = start + sent * step
            while (wait := due - time.perf_counter()) > 0:  # the loop's own clock counts whole milliseconds
                await asyncio.sleep(wait)
            self.late.append(int((time.perf_counter() - due) * 1e6))
            reads.append(asyncio.create_task(self._read(self.clients[sent % len(self.clients)], due)))
        await asyncio.gather(*reads)

    async def _at_once(self) -> None:
        until = time.perf_counter() + self.job.seconds

        async def ask(client: Client) -> None:
            while (now := time.perf_counter()) < until:
                await self._read(client, now)

        await asyncio.gather(*(ask(client) for client in self.clients))

    async def _read(self, client: Client, due: float) -> None:
        try:
            reply = await client.request(b"GET", self.path, self.authorization)
        except LostError:
            self.lost += 1
            return
        self.micros.append(int((time.perf_counter() - due) * 1e6))
        self.statuses[str(reply.status)] += 1


if __name__ == "__main__":
    told = uvloop.run(Reading(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)).run())
    sys.stdout.buffer.write(msgspec.json.encode(told))
