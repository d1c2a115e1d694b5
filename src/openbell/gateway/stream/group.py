"""Connections of one interval: what changed is gathered, made into frames once, and shared out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from openbell.core.codes import BUY, SIDE_NAMES
from openbell.gateway.stream import messages
from openbell.market.board import Board, Changes
from openbell.market.ticker import Print

if TYPE_CHECKING:
    from openbell.gateway.stream.connection import Connection

TICKS, QUOTES, TRADES, BOOK = "ticks", "quotes", "trades", "book"
MARKET_CHANNELS = (TICKS, QUOTES, TRADES, BOOK)
TRADES_A_FLUSH_MAX = 100
BOOK_LEVELS = 2_048
SLICE = 64  # instruments told before others get a turn: about a millisecond

Topic = tuple[str, int]  # channel, instrument


class Group:
    """The connections that take market data every `interval_ms` (0: with every change)."""

    def __init__(self, board: Board, interval_ms: int) -> None:
        self.interval_ms = interval_ms
        self.due_ms = 0
        self._board = board
        self._members: dict[Topic, set[Connection]] = {}
        # The position of the last message on each topic: the next one's prevSeq.
        self._told: dict[Topic, int] = {}
        # What the last TICK of an instrument said: a change of sizes alone makes no new one.
        self._ticked: dict[int, tuple[int, ...]] = {}
        self._quotes: set[int] = set()
        self._levels: dict[int, set[tuple[int, int]]] = {}
        self._prints: dict[int, list[Print]] = {}
        self._cut: set[int] = set()

    def join(self, topic: Topic, connection: Connection) -> None:
        """Tell `connection` of this topic from now on."""
        members = self._members.get(topic)
        if members is None:
            members = self._members[topic] = set()
            self._told[topic] = self._seq(topic)
        members.add(connection)

    def _seq(self, topic: Topic) -> int:
        """The position that a snapshot of `topic` made now would show."""
        channel, number = topic
        if channel == TRADES:
            return self._board.tape_seq(number)
        return self._board.ticker(number).book_seq if channel == BOOK else self._board.quote(number).seq

    def leave(self, topic: Topic, connection: Connection) -> None:
        """Tell `connection` no more of this topic."""
        members = self._members.get(topic)
        if members is not None:
            members.discard(connection)
            if not members:
                del self._members[topic], self._told[topic]
                self._ticked.pop(topic[1], None)

    @property
    def empty(self) -> bool:
        """Whether nobody listens."""
        return not self._members

    def gather(self, changes: Changes) -> None:
        """Keep what changed until the next flush; the latest counts."""
        members = self._members
        for number in changes.quotes:
            if (TICKS, number) in members or (QUOTES, number) in members:
                self._quotes.add(number)
        for number, levels in changes.levels.items():
            if (BOOK, number) in members:
                self._levels.setdefault(number, set()).update(levels)
        for number, prints in changes.prints.items():
            if (TRADES, number) in members:
                tape = self._prints.setdefault(number, [])
                tape.extend(prints)
                if len(tape) > TRADES_A_FLUSH_MAX:
                    del tape[:-TRADES_A_FLUSH_MAX]
                    self._cut.add(number)

    def flush(self) -> None:
        """Send what was gathered to everyone who listens."""
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[None]:
        """Send what was gathered in slices: orders need not wait until a whole market has been told."""
        quotes, prints, levels, cut = self._quotes, self._prints, self._levels, self._cut
        self.clear()
        touched: set[Connection] = set()
        work: list[Callable[[], None]] = [
            *(partial(self._flush_quote, number, touched) for number in quotes),
            *(
                partial(self._flush_trades, number, tape, number in cut, touched)
                for number, tape in prints.items()
            ),
            *(partial(self._flush_book, number, changed, touched) for number, changed in levels.items()),
        ]
        for done, tell in enumerate(work, 1):
            tell()
            if done % SLICE == 0:
                _write(touched)
                yield
        _write(touched)

    def clear(self) -> None:
        """Forget what was gathered."""
        self._quotes, self._levels, self._prints, self._cut = set(), {}, {}, set()

    def _share(self, topic: Topic, seq: int, frames: list[bytes], touched: set[Connection]) -> None:
        self._told[topic] = seq
        for connection in self._members[topic]:
            connection.queue(topic, frames)
            touched.add(connection)

    def _flush_quote(self, number: int, touched: set[Connection]) -> None:
        quote = self._board.quote(number)
        topic = (TICKS, number)
        said = (quote.price, quote.bid, quote.ask, quote.volume, quote.close)
        if topic in self._members and self._ticked.get(number) != said:
            self._ticked[number] = said
            made = messages.tick(quote, self._told[topic], False)
            self._share(topic, quote.seq, [made], touched)
        topic = (QUOTES, number)
        if topic in self._members:
            made = messages.quote_message(quote, self._told[topic], False)
            self._share(topic, quote.seq, [made], touched)

    def _flush_trades(
        self, number: int, prints: Iterable[Print], cut: bool, touched: set[Connection]
    ) -> None:
        topic = (TRADES, number)
        if topic not in self._members:
            return
        symbol = self._board.ticker(number).symbol
        previous = self._told[topic]
        frames: list[bytes] = []
        for made in prints:
            if cut and not frames:
                previous = made.seq - 1  # what came before was cut: the gap shows
            frames.append(messages.trade(symbol, made, previous, SIDE_NAMES.get(made.side)))
            previous = made.seq
        self._share(topic, previous, frames, touched)

    def _flush_book(self, number: int, levels: set[tuple[int, int]], touched: set[Connection]) -> None:
        topic = (BOOK, number)
        if topic not in self._members:
            return
        now = [(side, self._board.level(number, side, price)) for side, price in levels]
        bids = sorted((level for side, level in now if side == BUY), reverse=True)
        asks = sorted(level for side, level in now if side != BUY)
        made = messages.book_delta(self._board, number, bids, asks, self._told[topic])
        self._share(topic, self._board.ticker(number).book_seq, [made], touched)


def _write(touched: set[Connection]) -> None:
    for connection in touched:
        connection.write_queued()
    touched.clear()


def snapshot(board: Board, topic: Topic) -> bytes:
    """The state now of one topic, for a connection that begins or has fallen behind; no trades."""
    channel, number = topic
    if channel == TICKS:
        quote = board.quote(number)
        return messages.tick(quote, quote.seq, True)
    if channel == QUOTES:
        quote = board.quote(number)
        return messages.quote_message(quote, quote.seq, True)
    if channel == BOOK:
        return messages.book_snapshot(board.ticker(number).symbol, board.depth(number, BOOK_LEVELS))
    return b""
