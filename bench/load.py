"""An open-loop load of orders over HTTP, in a process of its own: reads what to do from standard input.

Each message has a due time that does not depend on any answer, and its latency counts from that time, so
that a slow answer delays no later message and hides none (Tene, How NOT to Measure Latency, 2013).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import Counter, deque
from random import Random

import msgspec
import uvloop

from openbell.simulator.client import Client, Reply
from openbell.simulator.stock import cents, dollars

RESTING_MAX = 10  # working orders an account keeps; beyond, its next message cancels the oldest
TAKE_PART = 0.4  # of new orders: marketable and immediate; the rest wait far from the market
UNANSWERED_MAX = 20_000  # more than this and the load is given up: the server cannot keep this rate
DRAIN_S = 10.0


class Symbol(msgspec.Struct):
    """One instrument to trade and its best prices as decimal strings."""

    symbol: str
    bid: str
    ask: str


class Job(msgspec.Struct):
    """What to do: messages a second for some seconds, over a number of connections."""

    port: int
    rate: float
    seconds: float
    connections: int
    tokens: list[str]
    symbols: list[Symbol]
    seed: int


class Acknowledged(msgspec.Struct, array_like=True):
    """An order as its last acknowledgement told it; `account` is the token's place in the job."""

    account: int
    order: str
    symbol: str
    side: str
    status: str
    filled: str
    value: str


class Result(msgspec.Struct):
    """Latencies in microseconds from the due time, what was refused or lost, what was acknowledged."""

    new_us: list[int]
    cancel_us: list[int]
    refused: dict[str, int]
    lost: int
    given_up: bool
    late_us_p99: int
    orders: list[Acknowledged]


class Answer(msgspec.Struct):
    """What is read of an order's answer."""

    orderId: str = ""  # noqa: N815 - the API's name
    status: str = ""
    symbol: str = ""
    side: str = ""
    filledQty: str = "0"  # noqa: N815
    filledValue: str = "0"  # noqa: N815
    code: str | None = None


class Trader:
    """One account's part of the load: rests, takes and cancels by its own seed and its own answers."""

    def __init__(self, number: int, job: Job) -> None:
        self.number = number
        self.authorization = f"Authorization: Bearer {job.tokens[number]}\r\n".encode()
        self.resting: deque[str] = deque()
        self.held: list[Symbol] = []
        self.orders: dict[str, Answer] = {}
        self._random = Random(f"{job.seed}/{number}")
        self._symbols = job.symbols

    def next(self) -> tuple[bytes, bytes, bytes, Symbol | None]:
        """Method, path, body, and the symbol if a share of it is being sold."""
        if len(self.resting) >= RESTING_MAX:
            return b"DELETE", b"/v1/orders/" + self.resting.popleft().encode(), b"", None
        symbol = self._random.choice(self._symbols)
        if self._random.random() >= TAKE_PART:
            return b"POST", b"/v1/orders", _order(symbol, "BUY", cents(symbol.bid) * 9 // 10, "DAY"), None
        if self.held:
            symbol = self.held.pop()
            return (
                b"POST",
                b"/v1/orders",
                _order(symbol, "SELL", cents(symbol.bid) * 95 // 100, "IOC"),
                symbol,
            )
        return b"POST", b"/v1/orders", _order(symbol, "BUY", cents(symbol.ask) * 105 // 100, "IOC"), None

    def learn(self, method: bytes, reply: Reply, sold: Symbol | None) -> str | None:
        """Take in an answer; a refusal's code."""
        answer = ANSWER.decode(reply.body)
        if reply.status not in (200, 201):
            if sold is not None:
                self.held.append(sold)
            return answer.code or str(reply.status)
        self.orders[answer.orderId] = answer
        if method == b"POST":
            if answer.status in ("OPEN", "PARTIALLY_FILLED"):
                self.resting.append(answer.orderId)
            elif answer.filledQty != "0" and answer.side == "BUY":
                self.held += [one for one in self._symbols if one.symbol == answer.symbol]
        return None


class Load:
    """Runs one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.traders = [Trader(number, job) for number in range(len(job.tokens))]
        self.clients = [Client("127.0.0.1", job.port) for _ in range(job.connections)]
        self.result = Result([], [], {}, 0, False, 0, [])
        self.refused: Counter[str] = Counter()
        self.unanswered = 0
        self.late: list[int] = []

    async def run(self) -> Result:
        """Send every message at its time, wait for the last answers, and tell."""
        keepers = [asyncio.create_task(client.keep_open()) for client in self.clients]
        async with asyncio.timeout(DRAIN_S):
            while not all(client.is_open for client in self.clients):
                await asyncio.sleep(0.01)
        gc.collect()
        gc.freeze()
        gc.disable()
        await self._send_all()
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        loop = asyncio.get_running_loop()
        until = loop.time() + DRAIN_S
        while self.unanswered and loop.time() < until:
            await asyncio.sleep(0.01)
        self.result.lost += self.unanswered
        self.result.refused = dict(self.refused)
        self.result.late_us_p99 = sorted(self.late)[int(0.99 * (len(self.late) - 1))]
        self.result.orders = [
            Acknowledged(trader.number, name, a.symbol, a.side, a.status, a.filledQty, a.filledValue)
            for trader in self.traders
            for name, a in trader.orders.items()
        ]
        return self.result

    async def _send_all(self) -> None:
        count, step = int(self.job.rate * self.job.seconds), 1.0 / self.job.rate
        start = time.perf_counter() + 0.1
        sent = 0
        while sent < count:
            now = time.perf_counter()  # the loop's own clock counts whole milliseconds
            due = start + sent * step
            if now < due:
                await asyncio.sleep(due - now)
                continue
            if self.unanswered > UNANSWERED_MAX:
                self.result.given_up = True
                return
            self.late.append(int((now - due) * 1e6))
            self._send(self.traders[sent % len(self.traders)], due)
            sent += 1
            if sent % 64 == 0:
                await asyncio.sleep(0)  # behind the schedule: let answers be read between

    def _send(self, trader: Trader, due: float) -> None:
        client = self.clients[trader.number % len(self.clients)]
        method, path, body, sold = trader.next()
        try:
            future = client.submit(method, path, trader.authorization, body)
        except ConnectionError:
            self.result.lost += 1
            return
        self.unanswered += 1
        latencies = self.result.new_us if method == b"POST" else self.result.cancel_us

        def answered(done: asyncio.Future[Reply]) -> None:
            self.unanswered -= 1
            if done.cancelled() or done.exception() is not None:
                self.result.lost += 1
                return
            latencies.append(int((time.perf_counter() - due) * 1e6))
            code = trader.learn(method, done.result(), sold)
            if code is not None:
                self.refused[code] += 1

        future.add_done_callback(answered)


def _order(symbol: Symbol, side: str, price: int, time_in_force: str) -> bytes:
    return (
        f'{{"symbol":"{symbol.symbol}","side":"{side}","type":"LIMIT","quantity":"1",'
        f'"price":"{dollars(price)}","timeInForce":"{time_in_force}"}}'
    ).encode()


ANSWER = msgspec.json.Decoder(Answer)

if __name__ == "__main__":
    told = uvloop.run(Load(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)).run())
    sys.stdout.buffer.write(msgspec.json.encode(told))
