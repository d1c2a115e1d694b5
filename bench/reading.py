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
    """What to do: read `paths` in turn, so many times a second (0: as often as answers come), over some
    connections. With `keep` the answers are told too."""

    port: int
    paths: list[str]
    token: str
    rate: float
    seconds: float
    connections: int = 8
    keep: bool = False


class Result(msgspec.Struct):
    """Latencies in microseconds from the due time, what was answered with which status, what was lost.

    Attributes:
        micros: at a rate in the order of the due times, but for what was lost.
        late_us_p99: how late reads were sent.
        seconds: from the first to the last.
        answers: of each path what it was answered, the same answer once.
    """

    micros: list[int]
    statuses: dict[str, int]
    lost: int
    late_us_p99: int
    seconds: float
    answers: dict[str, list[bytes]]


class Reading:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.authorization = f"Authorization: Bearer {job.token}\r\n".encode()
        self.clients = [Client("127.0.0.1", job.port) for _ in range(job.connections)]
        self.micros: list[int] = []
        self.late: list[int] = []
        self.statuses: Counter[str] = Counter()
        self.answers: dict[str, set[bytes]] = {}
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
        answers = {path: list(found) for path, found in self.answers.items()}
        return Result(self.micros, dict(self.statuses), self.lost, late_p99, seconds, answers)

    async def _at_a_rate(self) -> None:
        start, step = time.perf_counter() + 0.1, 1.0 / self.job.rate
        reads = []
        for sent in range(round(self.job.rate * self.job.seconds)):
            due = start + sent * step
            while (wait := due - time.perf_counter()) > 0:  # the loop's own clock counts whole milliseconds
                await asyncio.sleep(wait)
            self.late.append(int((time.perf_counter() - due) * 1e6))
            reads.append(asyncio.create_task(self._read(sent, due)))
        self.micros = [micros for micros in await asyncio.gather(*reads) if micros is not None]

    async def _at_once(self) -> None:
        until = time.perf_counter() + self.job.seconds

        async def ask(number: int) -> None:
            while (now := time.perf_counter()) < until:
                micros = await self._read(number, now)
                if micros is not None:
                    self.micros.append(micros)
                number += len(self.clients)

        await asyncio.gather(*(ask(number) for number in range(len(self.clients))))

    async def _read(self, number: int, due: float) -> int | None:
        """The microseconds from `due` to the answer of read `number`; None when it was lost."""
        path, client = self.job.paths[number % len(self.job.paths)], self.clients[number % len(self.clients)]
        try:
            reply = await client.request(b"GET", path.encode(), self.authorization)
        except LostError:
            self.lost += 1
            return None
        micros = int((time.perf_counter() - due) * 1e6)
        self.statuses[str(reply.status)] += 1
        if self.job.keep:
            self.answers.setdefault(path, set()).add(reply.body)
        return micros


if __name__ == "__main__":
    told = uvloop.run(Reading(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)).run())
    # Buffered whatever Python was told: without a buffer, only a part of what is long may be written.
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        out.write(msgspec.json.encode(told))
