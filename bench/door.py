"""Orders as frames for the node's door, and who sends them: as fast as it takes them, or at a pace."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from openbell.core import codes, records
from openbell.node.client import NodeClient
from openbell.node.protocol import COMMAND, FRAME, HELLO, REST, WELCOME, message

ACCOUNTS = 64
SHARES = 10_000_000
PRICE = 1_000_000
ANSWER_FRAME = FRAME.size + records.Answer.SIZE
CODE_AT = FRAME.size + records.Answer.code.offset
TICK_S = 0.001  # how often a paced sender sends
RECEIVE = 1 << 20

Bytes = npt.NDArray[np.uint8]


def listing(symbol: str) -> bytearray:
    """An instrument that trades at any price."""
    low, high = records.symbol_words(symbol)
    body = records.List(
        symbol_low=low, symbol_high=high, tick_size=100, lot_size=records.QUANTITY_SCALE,
        reference_price=PRICE, last_lot=records.QUANTITY_SCALE, market_collar=500, limit_collar=1_000,
        flags=codes.PROTECTIONS_OFF, realm=1,
    )  # fmt: skip
    return records.pack(codes.C_LIST, bytes(body))


def furnishing(instruments: int) -> list[bytearray]:
    """Commands that list instruments and open accounts with money and shares of each."""
    made = [listing(f"BENCH{number}") for number in range(instruments)]
    issue = bytes(records.Issue(quantity=SHARES * records.QUANTITY_SCALE, price=PRICE))
    for account in range(records.FIRST_ACCOUNT, records.FIRST_ACCOUNT + ACCOUNTS):
        opened = records.OpenAccount(kind=codes.KIND_PARTICIPANT, realm=1)
        made.append(records.pack(codes.C_OPEN_ACCOUNT, bytes(opened)))
        made.append(records.pack(codes.C_DEPOSIT, bytes(records.Amount(amount=10**15)), account=account))
        for number in range(instruments):
            made.append(records.pack(codes.C_ISSUE, issue, account=account, instrument=number))
    return made


async def furnish(client: NodeClient, instruments: int) -> None:
    """Send what `furnishing` makes; all of it must succeed."""
    for command in furnishing(instruments):
        answer = await client.send(command)
        assert answer.code == codes.E_OK, answer


def order_frames(count: int, instrument: int, first: int = 0) -> Bytes:
    """COMMAND frames of `count` limit orders, a row each: by turns a sell and the buy that takes it.

    Their correlations, request keys and client ids count from `first`.
    """
    body = records.NewOrder(
        price=PRICE, quantity=records.QUANTITY_SCALE, display=-1, order_type=codes.LIMIT, tif=codes.GTC
    )
    command = records.pack(codes.C_NEW_ORDER, bytes(body), b"bench-%08d" % 0, instrument=instrument)
    frame = FRAME.pack(REST + len(command), COMMAND, 0, 0, 0) + command
    rows = np.tile(np.frombuffer(frame, np.uint8), (count, 1))
    number = np.arange(count)
    head, order = FRAME.size, FRAME.size + records.Header.SIZE

    def put(at: int, values: npt.NDArray[Any], kind: str) -> None:
        made = np.ascontiguousarray(values.astype(kind))
        rows[:, at : at + made.itemsize] = made.view(np.uint8).reshape(count, -1)

    put(FRAME.size - 8, number + first, "<u8")
    put(head + records.Header.key_low.offset, number + first + 1, "<u8")
    put(head + records.Header.key_high.offset, np.full(count, instrument + 1), "<u8")
    account = records.FIRST_ACCOUNT + (number // 2 * 7 + number % 2) % ACCOUNTS
    put(head + records.Header.account.offset, account, "<u8")
    put(order + records.NewOrder.price.offset, PRICE + number // 2 % 50 * 100, "<i8")
    put(order + records.NewOrder.side.offset, np.where(number % 2, codes.BUY, codes.SELL), "u1")
    text = order + records.NewOrder.SIZE + len("bench-")
    for place in range(8):
        put(text + place, ord("0") + (number + first) // 10 ** (7 - place) % 10, "u1")
    return rows


class Caller:
    """A connection to the node's door that takes all answers into one array."""

    def __init__(self, path: Path, frames: Bytes) -> None:
        self.frames = memoryview(frames.reshape(-1).data)
        self.size = frames.shape[1]
        self.count = frames.shape[0]
        self.answers = bytearray(self.count * ANSWER_FRAME)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.sendall(message(HELLO, 0, {"version": 1, "name": "bench", "role": "admin"}))
        length, kind, *_ = FRAME.unpack(self.socket.recv(FRAME.size, socket.MSG_WAITALL))
        assert kind == WELCOME
        msgspec.msgpack.decode(self.socket.recv(length - REST, socket.MSG_WAITALL))

    def run(self) -> None:
        """Send everything, take every answer."""
        sending = threading.Thread(target=self.send)
        sending.start()
        view, have = memoryview(self.answers), 0
        while have < len(self.answers):
            got = self.socket.recv_into(view[have : have + RECEIVE])
            assert got, "the node closed the connection"
            have += got
            self.took(have // ANSWER_FRAME, time.perf_counter())
        sending.join()
        self.socket.close()

    def send(self) -> None:
        """Send all frames."""
        raise NotImplementedError

    def took(self, answers: int, now: float) -> None:
        """So many answers have come by `now`."""
        raise NotImplementedError

    def check(self, first: int = 0) -> None:
        """Every answer says OK, in the order of the commands."""
        answers = np.frombuffer(self.answers, dtype=np.uint8).reshape(self.count, ANSWER_FRAME)
        found = np.ascontiguousarray(answers[:, CODE_AT : CODE_AT + 2]).view(np.uint16)
        assert not found.any(), f"refused with {sorted(set(found.flatten().tolist()))}"
        numbers = np.ascontiguousarray(answers[:, 8:16]).view(np.uint64).flatten()
        expected = np.arange(first, first + self.count, dtype=np.uint64)
        assert (numbers == expected).all(), "answers in another order than the commands"


class Flood(Caller):
    """Sends batches with a window, and times each batch from its first byte sent to its last answer."""

    def __init__(self, path: Path, frames: Bytes, batch: int, in_flight: int) -> None:
        super().__init__(path, frames)
        self.batch = batch
        self.window = threading.Semaphore(in_flight)
        self.sent: list[float] = []
        self.times: list[float] = []

    def send(self) -> None:
        step = self.batch * self.size
        for at in range(0, len(self.frames), step):
            self.window.acquire()
            self.sent.append(time.perf_counter())
            self.socket.sendall(self.frames[at : at + step])

    def took(self, answers: int, now: float) -> None:
        while len(self.times) < answers // self.batch:
            self.times.append(now - self.sent[len(self.times)])
            self.window.release()


class Paced(Caller):
    """Sends so many orders a second, every millisecond its part, and times each from when it was due."""

    def __init__(self, path: Path, frames: Bytes, rate: int) -> None:
        super().__init__(path, frames)
        self.step = max(1, round(rate * TICK_S))
        self.began = time.perf_counter() + 0.05
        self.times = np.empty(self.count)
        self.have = 0

    def send(self) -> None:
        for tick, first in enumerate(range(0, self.count, self.step)):
            rest = self.began + tick * TICK_S - time.perf_counter()
            if rest > 0:
                time.sleep(rest)
            self.socket.sendall(self.frames[first * self.size : (first + self.step) * self.size])

    def took(self, answers: int, now: float) -> None:
        ticks = np.arange(self.have, answers) // self.step
        self.times[self.have : answers] = now - self.began - ticks * TICK_S
        self.have = answers


def percentiles(seconds: Any, shares: tuple[float, ...] = (50, 99, 99.9)) -> list[float]:
    """Milliseconds at some percentiles of times in seconds."""
    return [round(float(value) * 1e3, 3) for value in np.percentile(seconds, shares)]
