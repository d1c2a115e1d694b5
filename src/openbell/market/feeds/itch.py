"""ITCH 5.0: NASDAQ's orders and trades, message by message (NASDAQ TotalView-ITCH 5.0 specification).

Times are nanoseconds after midnight in New York, prices 1/10,000 USD, all numbers big-endian. Executions (E,
C when printable), trades of orders that were not shown (P) and crosses (Q) are trades, a broken trade (B) is
a bust; the books that orders make give the best bids and offers.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

from openbell.market.feeds.levels import Levels
from openbell.market.feeds.source import (
    BAD_FRAME,
    BAD_LENGTH,
    BAD_TIME,
    DAY_MAX,
    SAMPLE_BYTES,
    SHARE,
    TOO_MUCH,
    TRUNCATED,
    UNKNOWN_MESSAGE,
    UNKNOWN_ORDER,
    UNKNOWN_SYMBOL,
    UNKNOWN_TRADE,
    Bad,
    Number,
    Row,
)
from openbell.market.ticks.batch import ASK, BID, BOUGHT, BUST, ELIGIBLE, SOLD, TRADE

# Lengths of all messages, by type.
LENGTHS = {
    b"S": 12, b"R": 39, b"H": 25, b"Y": 20, b"L": 26, b"V": 35, b"W": 12, b"K": 28, b"J": 35, b"h": 21,
    b"A": 36, b"F": 40, b"E": 31, b"C": 36, b"X": 23, b"D": 19, b"U": 35, b"P": 44, b"Q": 40, b"B": 19,
    b"I": 50, b"N": 20, b"O": 48,
}  # fmt: skip
STOCK_AT = {b"R": 11, b"A": 24, b"F": 24, b"P": 24, b"Q": 19}
HEAD = struct.Struct(">cHHHI")  # type, locate, tracking, time in two parts: 16 and 32 bits
ORDER = struct.Struct(">QcI8sI")
EXECUTED = struct.Struct(">QIQ")
EXECUTED_AT = struct.Struct(">QIQcI")
CANCELLED = struct.Struct(">QI")
DELETED = struct.Struct(">Q")
REPLACED = struct.Struct(">QQII")
CROSS = struct.Struct(">Q8sIQ")
BODY = 11
BLOCK = 1 << 16
TRADES_KEPT = 1 << 20  # that a broken trade can name

Message = tuple[str, bytes]  # where it is in its source, and its bytes
Resting = tuple[int, int, int, int]  # instrument, kind of its side's best, price, shares left


def framed(file: IO[bytes], name: str) -> Iterator[Message | Bad]:
    """The messages of a file: each behind its length in two bytes. A run of messages of no bytes, which a
    hole in a file looks like, is told once."""
    source = io.BufferedReader(cast(io.RawIOBase, file), BLOCK)
    at = empty = 0
    while True:
        head = source.read(2)
        length = int.from_bytes(head, "big")
        if len(head) == 2 and not length:
            more = _passed(source)
            empty += 1 + more
            at += 2 + 2 * more
            continue
        if empty:
            yield Bad(BAD_FRAME, f"{name}, before byte {at:,}: {empty:,} messages of no bytes", head)
            empty = 0
        if not head:
            source.detach()  # whoever opened the file closes it
            return
        message = source.read(length) if len(head) == 2 else b""
        if len(head) < 2 or len(message) < length:
            yield Bad(TRUNCATED, f"{name}, byte {at:,}", (head + message)[:SAMPLE_BYTES])
            source.detach()
            return
        yield f"{name}, byte {at:,}", message
        at += 2 + length


def _passed(source: io.BufferedReader[Any]) -> int:
    """Pass over lengths of zero that come next and are in the buffer; how many."""
    ahead = source.peek()
    zeros = (len(ahead) - len(ahead.lstrip(b"\0"))) // 2
    source.read(2 * zeros)
    return zeros


class Itch:
    """Turns messages of one day, `midnight` in New York as ns UTC, into rows."""

    def __init__(self, midnight: int, number: Number) -> None:
        self._midnight = midnight
        self._number = number
        self._numbers: dict[int, int | None] = {}  # by locate; None: a symbol that is not known
        self._orders: dict[int, Resting] = {}
        self._trades: dict[int, tuple[int, int]] = {}
        self._levels: dict[tuple[int, int], Levels] = {}
        self._best: dict[tuple[int, int], tuple[int, int]] = {}

    def read(self, messages: Iterable[Message | Bad]) -> Iterator[Row | Bad]:
        """The rows of messages, and what was set aside."""
        for item in messages:
            if isinstance(item, Bad):
                yield item
                continue
            where, message = item
            kind = message[:1]
            if kind not in LENGTHS:
                yield Bad(UNKNOWN_MESSAGE, f"{where}: type {kind!r}", message[:SAMPLE_BYTES])
            elif len(message) != LENGTHS[kind]:
                text = f"{where}: {len(message)} bytes, a message {kind!r} has {LENGTHS[kind]}"
                yield Bad(BAD_LENGTH, text, message[:SAMPLE_BYTES])
            else:
                yield from self._message(kind, where, message)

    def _message(self, kind: bytes, where: str, message: bytes) -> Iterator[Row | Bad]:
        _, locate, _, high, low = HEAD.unpack_from(message)
        at = self._midnight + (high << 32) + low
        if at - self._midnight >= DAY_MAX:
            yield Bad(BAD_TIME, f"{where}: {at - self._midnight:,} ns after midnight", message[:SAMPLE_BYTES])
            return
        if kind in STOCK_AT and locate not in self._numbers:
            symbol = message[STOCK_AT[kind] : STOCK_AT[kind] + 8].decode("latin-1").strip()
            self._numbers[locate] = self._number(symbol)
            if self._numbers[locate] is None:  # told once: all of its messages are passed by
                yield Bad(UNKNOWN_SYMBOL, f"{where}: {symbol}", message[:SAMPLE_BYTES])
        instrument = self._numbers.get(locate)
        if instrument is None:
            return
        if kind in b"AF":
            self._add(instrument, message)
        elif kind == b"B":
            yield from self._broken(instrument, at, where, message)
        elif kind in b"PQ":
            yield from self._print(kind, instrument, at, message)
        elif kind in b"ECXDU":
            order = DELETED.unpack_from(message, BODY)[0]
            resting = self._orders.get(order)
            if resting is None:
                yield Bad(UNKNOWN_ORDER, f"{where}: order {order}", message[:SAMPLE_BYTES])
                return
            yield from self._change(kind, at, where, order, resting, message)
        yield from self._told(instrument, at)

    def _add(self, instrument: int, message: bytes) -> None:
        order, side, count, _, price = ORDER.unpack_from(message, BODY)
        if order in self._orders:
            self._take(order, self._orders[order], self._orders[order][3])
        self._rest(order, (instrument, BID if side == b"B" else ASK, price, count))

    def _trade(self, flags: int, instrument: int, at: int, price: int, count: int, trade: int) -> Row:
        self._trades[trade] = (price, count * SHARE)
        if len(self._trades) > TRADES_KEPT:
            del self._trades[next(iter(self._trades))]
        return TRADE, ELIGIBLE | flags, instrument, at, price, count * SHARE, 0, trade

    def _print(self, kind: bytes, instrument: int, at: int, message: bytes) -> Iterator[Row]:
        """A trade that takes nothing from a book that is shown."""
        if kind == b"P":
            _, _, count, _, price = ORDER.unpack_from(message, BODY)
            trade = DELETED.unpack_from(message, 36)[0]
        else:
            count, _, price, trade = CROSS.unpack_from(message, BODY)
        if count:  # a cross in which nothing traded says so
            yield self._trade(0, instrument, at, price, count, trade)

    def _broken(self, instrument: int, at: int, where: str, message: bytes) -> Iterator[Row | Bad]:
        """A trade that is taken back."""
        trade = DELETED.unpack_from(message, BODY)[0]
        if trade in self._trades:
            yield BUST, 0, instrument, at, *self._trades.pop(trade), 0, trade
        else:
            yield Bad(UNKNOWN_TRADE, f"{where}: trade {trade}", message)

    def _change(
        self, kind: bytes, at: int, where: str, order: int, resting: Resting, message: bytes
    ) -> Iterator[Row | Bad]:
        """What happens to an order that rests."""
        instrument, side, price, left = resting
        gone, taker = left, SOLD if side == BID else BOUGHT
        if kind == b"U":
            _, new, count, new_price = REPLACED.unpack_from(message, BODY)
            self._take(order, resting, left)
            self._rest(new, (instrument, side, new_price, count))
            return
        if kind == b"E":
            _, gone, trade = EXECUTED.unpack_from(message, BODY)
            yield self._trade(taker, instrument, at, price, gone, trade)
        elif kind == b"C":
            _, gone, trade, printable, done_at = EXECUTED_AT.unpack_from(message, BODY)
            if printable == b"Y":  # otherwise a cross tells of it
                yield self._trade(taker, instrument, at, done_at, gone, trade)
        elif kind == b"X":
            _, gone = CANCELLED.unpack_from(message, BODY)
        if gone > left:
            yield Bad(TOO_MUCH, f"{where}: order {order} has {left} shares left", message)
        self._take(order, resting, min(gone, left))

    def _rest(self, order: int, resting: Resting) -> None:
        instrument, side, price, count = resting
        self._orders[order] = resting
        levels = self._levels.get((instrument, side))
        if levels is None:
            levels = self._levels[instrument, side] = Levels(highest=side == BID)
        levels.add(price, count)

    def _take(self, order: int, resting: Resting, count: int) -> None:
        instrument, side, price, left = resting
        self._levels[instrument, side].take(price, count)
        if left > count:
            self._orders[order] = (instrument, side, price, left - count)
        else:
            del self._orders[order]

    def _told(self, instrument: int, at: int) -> Iterator[Row]:
        """The sides of an instrument whose best is another now."""
        for side in (BID, ASK):
            levels = self._levels.get((instrument, side))
            if levels is None:
                continue
            best = levels.best()
            if best != self._best.get((instrument, side), (0, 0)):
                self._best[instrument, side] = best
                yield side, 0, instrument, at, best[0], best[1] * SHARE, 0, 0
