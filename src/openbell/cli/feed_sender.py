"""`openbell feed --to PORT FILE...`: sends recorded ticks, or lines typed in, to who listens for a feed."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from openbell.core.records import PRICE_SCALE, QUANTITY_SCALE
from openbell.market.feeds.frames import ERROR, HEAD, SYMBOLS, TAKEN, TAKEN_BODY, TICKS, frame
from openbell.market.feeds.kinds import chunks, format_of
from openbell.market.feeds.lines import lines
from openbell.market.feeds.listener import address
from openbell.market.feeds.source import BAD_LINE, Bad, Chunk, FeedError, Row, fixed
from openbell.market.ticks.batch import ASK, BID, ELIGIBLE, TRADE, of_rows, to_wire

TYPED = Path("-")
KINDS = {"trade": TRADE, "bid": BID, "ask": ASK}
ANSWER_S = 60.0
PRICE_DIGITS, QUANTITY_DIGITS = len(str(PRICE_SCALE)) - 1, len(str(QUANTITY_SCALE)) - 1


def send(to: str, files: Sequence[Path], form: str | None, day: date | None) -> int:
    """Send files to their ends, and print what became of their rows; the exit code.

    Rows that cannot be are counted, here or where they go, and do not change the code: 0 when all was sent,
    2 when a file or the address cannot be used, or the other side ends the connection.
    """
    try:
        sender = Sender(*address(to))
        try:
            for path in files:
                found = (
                    typed(sender)
                    if path == TYPED
                    else chunks(path, form or format_of(path), day, sender.number)
                )
                for chunk in found:
                    sender.send(chunk)
        finally:
            sender.close()
    except (FeedError, OSError) as error:
        print(f"openbell: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"taken": sender.taken, "refused": sender.refused, "bad": dict(sender.bad)}))
    return 0


class Sender:
    """A connection to a listener.

    Raises:
        OSError: it cannot be reached.

    Attributes:
        taken, refused: how many rows the other side found good, and how many not.
        bad: what could not be read here, by reason.
    """

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout=ANSWER_S)
        except OSError as error:
            raise OSError(f"nobody listens for a feed on {host}:{port}: {error.strerror or error}") from None
        self.taken = self.refused = 0
        self.bad: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        self._new: list[str] = []

    def number(self, symbol: str) -> int:
        """The number of a symbol on this connection, new if need be."""
        if symbol not in self._numbers:
            self._numbers[symbol] = len(self._numbers)
            self._new.append(symbol)
        return self._numbers[symbol]

    def send(self, chunk: Chunk) -> None:
        """Send rows, and wait until they are taken.

        Raises:
            FeedError: the other side ended the connection; it says why.
        """
        self.bad.update(bad.reason for bad in chunk.bad)
        if not chunk.rows:
            return
        if self._new:
            self._socket.sendall(frame(SYMBOLS, "\n".join(self._new).encode()))
            self._new = []
        self._socket.sendall(frame(TICKS, to_wire(of_rows(chunk.rows))))
        _, kind, length = HEAD.unpack(self._received(HEAD.size))
        body = self._received(length)
        if kind == ERROR:
            raise FeedError(f"the other side ended the feed: {body.decode(errors='replace')}")
        if kind != TAKEN:
            raise FeedError(f"who listens there speaks of something else (kind {kind}); is it a feed's port?")
        good, refused = TAKEN_BODY.unpack(body)
        self.taken += good
        self.refused += refused

    def _received(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise FeedError("the other side closed the connection")
            data += more
        return data

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


def typed(sender: Sender) -> Iterator[Chunk]:
    """Lines of standard input, each a tick of now: `GOLD,trade,2034.50,10`."""
    for item in lines(sys.stdin.buffer):
        if isinstance(item, Bad):
            yield Chunk([], [item])
            continue
        try:
            yield Chunk([tick(item.text, sender)], [])
        except ValueError as error:
            print(f"openbell: line {item.number}: {error}", file=sys.stderr)
            yield Chunk([], [Bad(BAD_LINE, f"line {item.number}", item.text.encode())])


def tick(text: str, sender: Sender) -> Row:
    """A line as a tick of now.

    Raises:
        ValueError: it is none; the message says what is asked for.
    """
    fields = [field.strip() for field in text.split(",")]
    if len(fields) != 4 or fields[1].lower() not in KINDS:
        raise ValueError(f"{text[:60]!r} is no SYMBOL,trade|bid|ask,PRICE,QUANTITY")
    kind = KINDS[fields[1].lower()]
    price, quantity = fixed(fields[2], PRICE_DIGITS), fixed(fields[3], QUANTITY_DIGITS)
    flags = ELIGIBLE if kind == TRADE else 0
    return kind, flags, sender.number(fields[0].upper()), time.time_ns(), price, quantity, 0, 0
