"""Orders as frames for the node's door, and who sends them: as fast as it takes them, or at a pace."""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
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
GOLDEN = 0x9E3779B97F4A7C15  # odd: the products are all different

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


class Rows:
    """Many frames of one command, a row each, whose fields are then written column by column."""

    def __init__(self, command: bytearray, count: int, first: int = 0) -> None:
        frame = FRAME.pack(REST + len(command), COMMAND, 0, 0, 0) + command
        self.count = count
        self.bytes: Bytes = np.tile(np.frombuffer(frame, np.uint8), (count, 1))
        self.put(FRAME.size - 8, np.arange(first, first + count), "<u8")

    def put(self, at: int, values: npt.ArrayLike, kind: str) -> None:
        """Write `values`, of numpy type `kind`, to byte `at` of each row."""
        made = np.ascontiguousarray(np.broadcast_to(np.asarray(values).astype(kind), self.count))
        self.bytes[:, at : at + made.itemsize] = made.view(np.uint8).reshape(self.count, -1)

    def head(self, field: str, values: npt.ArrayLike) -> None:
        """Write a 64-bit field of the command's header."""
        self.put(FRAME.size + getattr(records.Header, field).offset, values, "<u8")

    def keys(self, numbers: npt.NDArray[np.int64], kind: int) -> None:
        """Write request keys that are spread as a gateway's, which are hashes; `kind` tells runs apart."""
        self.head("key_low", (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN))
        self.head("key_high", kind + 1)

    def body(self, field: Any, values: npt.ArrayLike, kind: str = "<i8") -> None:
        """Write a field of the command's body."""
        self.put(FRAME.size + records.Header.SIZE + field.offset, values, kind)


def order_frames(
    count: int, instrument: int, first: int = 0, buyers: npt.NDArray[np.int64] | None = None
) -> Bytes:
    """COMMAND frames of `count` limit orders, a row each: by turns a sell and the buy that takes it.

    Their correlations, request keys and client ids count from `first`. Buyers are accounts as the sellers
    unless given.
    """
    body = records.NewOrder(
        price=PRICE, quantity=records.QUANTITY_SCALE, display=-1, order_type=codes.LIMIT, tif=codes.GTC
    )
    command = records.pack(codes.C_NEW_ORDER, bytes(body), b"bench-%08d" % 0, instrument=instrument)
    rows = Rows(command, count, first)
    number = np.arange(count)
    account = records.FIRST_ACCOUNT + (number // 2 * 7 + number % 2) % ACCOUNTS
    if buyers is not None:
        account[1::2] = buyers
    rows.head("account", account)
    rows.keys(number + first, instrument)
    rows.body(records.NewOrder.price, PRICE + number // 2 % 50 * 100)
    rows.body(records.NewOrder.side, np.where(number % 2, codes.BUY, codes.SELL), "u1")
    text = FRAME.size + records.Header.SIZE + records.NewOrder.SIZE + len("bench-")
    for place in range(8):
        rows.put(text + place, ord("0") + (number + first) // 10 ** (7 - place) % 10, "u1")
    return rows.bytes


class Caller(ABC):
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

    @abstractmethod
    def send(self) -> None:
        """Send all frames."""

    @abstractmethod
    def took(self, answers: int, now: float) -> None:
        """So many answers have come by `now`."""

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
